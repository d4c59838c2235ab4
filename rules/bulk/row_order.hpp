#pragma once
// The order in which the records of a piece leave: as they came, or shuffled in blocks, so that
// their order carries nothing.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {

/// Collects one piece's output, record by record; what `out` holds before stays where it is.
class RowOrder {
 public:
  RowOrder(const BulkOptions& options, const BulkPiece& piece, std::string& out)
      : shuffle_(options.shuffle), state_(options.seed ^ (piece.number * kGolden)), out_(out) {}

  /// The record that was just appended to `out` ends here.
  void row_ended() {
    if (!shuffle_) return;
    if (ends_.empty()) begin_ = start_;
    ends_.push_back(out_.size());
    start_ = out_.size();
    if (ends_.size() == limits::kShuffledRows) flush();
  }
  /// Behind the last one.
  void flush();

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;

  /// SplitMix64 (Steele, Lea and Flood 2014): the same on every machine, as no standard
  /// distribution is.
  std::uint64_t next() {
    std::uint64_t z = state_ += kGolden;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  bool shuffle_;
  std::uint64_t state_;
  std::string& out_;
  std::size_t begin_ = 0;            ///< of the block
  std::size_t start_ = out_.size();  ///< of the record under way
  std::vector<std::size_t> ends_;    ///< of its records
};

inline void RowOrder::flush() {
  if (ends_.size() > 1) {
    const std::string block = out_.substr(begin_, ends_.back() - begin_);
    std::vector<std::string_view> rows;
    std::size_t at = begin_;
    for (const std::size_t end : ends_) {
      rows.push_back(std::string_view(block).substr(at - begin_, end - at));
      at = end;
    }
    for (std::size_t i = rows.size() - 1; i > 0; --i) {
      std::swap(rows[i], rows[static_cast<std::size_t>(next() % (i + 1))]);
    }
    out_.resize(begin_);
    for (const std::string_view row : rows) out_ += row;
  }
  ends_.clear();
}

}  // namespace zoom_proxy
