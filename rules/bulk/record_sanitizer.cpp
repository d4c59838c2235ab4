#include "rules/bulk/record_sanitizer.hpp"

#include <algorithm>
#include <stdexcept>

#include "rules/bulk/array_cutter.hpp"
#include "rules/bulk/csv_records.hpp"
#include "rules/bulk/row_order.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

std::uint64_t lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

/// Pieces hold whole JSON records, a byte behind each.
class JsonRecords : public BulkSanitizer {
 public:
  JsonRecords(const RecordPrograms& programs, const TokenCodec& codec, EgressGuard guard,
              const BulkOptions& options)
      : options_(options), programs_(programs), codec_(codec), guard_(guard) {}

  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }

 protected:
  /// `ends` stands behind each record of the piece, `behind` shall stand behind what becomes of it.
  void sanitize_records(BulkPiece& piece, char ends, char behind, std::string& out,
                        BulkCounts& counts) const {
    RecordPasses passes(programs_, codec_, guard_);
    out += piece.head;
    RowOrder order(options_, piece, out);
    std::uint64_t line = piece.line;
    for (std::string_view rest = piece.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find(ends), rest.size());
      const std::string_view record = rest.substr(0, end);
      const std::size_t begin = std::min(record.find_first_not_of(" \t\r\n"), record.size());
      if (begin != record.size()) {
        out += passes.sanitize(record.substr(begin), line + lines(record.substr(0, begin)));
        out += behind;
        order.row_ended();
        ++counts.rows;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
      line += lines(record) + (ends == '\n' ? 1 : 0);
    }
    order.flush();
    passes.add_to(counts);
    piece.text.clear();
  }

  const BulkOptions options_;

 private:
  const RecordPrograms& programs_;
  const TokenCodec& codec_;
  const EgressGuard guard_;
  std::vector<std::string> warnings_;  ///< none: there is no head to warn of
};

class Ndjson : public JsonRecords {
 public:
  using JsonRecords::JsonRecords;

  bool cut(std::string& buffer, bool last, BulkPiece& piece) override {
    const std::size_t size = piece_bytes(buffer, last);
    if (size == 0) return false;
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    const std::size_t mark = number_ == 0 && buffer.starts_with(kMark) ? kMark.size() : 0;
    piece.head.clear();
    piece.text.assign(buffer, mark, size - mark);
    piece.number = number_++;
    piece.line = line_;
    buffer.erase(0, size);
    line_ += lines(piece.text);
    return true;
  }

  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override {
    sanitize_records(piece, '\n', '\n', out, counts);
  }

  void finish(std::string&) override {}

 private:
  /// As many whole lines as fit into a piece, or one longer line; 0: not yet clear.
  [[nodiscard]] std::size_t piece_bytes(const std::string& buffer, bool last) const {
    const std::size_t wanted = options_.piece_bytes();
    if (buffer.size() < wanted) return last ? buffer.size() : 0;
    const std::size_t fitting = buffer.rfind('\n', wanted - 1);
    if (fitting != std::string::npos) return fitting + 1;
    const std::size_t end = buffer.find('\n', wanted);
    if (std::min(end, buffer.size()) > limits::kRecordBytes) {
      fail_at_line(line_, "the record is longer than " + std::to_string(limits::kRecordBytes) +
                              " bytes; take it out");
    }
    if (end != std::string::npos) return end + 1;
    return last ? buffer.size() : 0;
  }

  std::uint64_t number_ = 0;
  std::uint64_t line_ = 1;
};

class JsonArray : public JsonRecords {
 public:
  using JsonRecords::JsonRecords;

  bool cut(std::string& buffer, bool last, BulkPiece& piece) override {
    return cutter_.cut(buffer, last, piece);
  }

  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override {
    sanitize_records(piece, ArrayCutter::kElementEnd, ',', out, counts);
    out.pop_back();  // of a piece's last element; it has one
  }

  void finish(std::string& out) override { out += cutter_.pieces() == 0 ? "[]" : "]"; }

 private:
  ArrayCutter cutter_{options_.piece_bytes()};
};

}  // namespace

std::unique_ptr<BulkSanitizer> make_record_sanitizer(const RecordPrograms& programs,
                                                     RecordFormat format, const TokenCodec& codec,
                                                     EgressGuard guard,
                                                     const BulkOptions& options) {
  switch (format) {
    case RecordFormat::ndjson:
      return std::make_unique<Ndjson>(programs, codec, guard, options);
    case RecordFormat::json_array:
      return std::make_unique<JsonArray>(programs, codec, guard, options);
    case RecordFormat::csv:
      return std::make_unique<CsvRecords>(programs, codec, guard, options);
    case RecordFormat::automatic:
      break;
  }
  throw std::logic_error("a record sanitizer for a format that is none");
}

}  // namespace zoom_proxy
