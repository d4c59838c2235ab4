#pragma once
// Cuts a text that is one JSON array into pieces of whole elements. What stands between elements is
// checked here, the elements themselves by who reads them.

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/format/json.hpp"
#include "rules/format/nesting.hpp"

namespace zoom_proxy {

/// Not thread-safe.
class ArrayCutter {
 public:
  /// Stands behind each element of a piece: a byte that JSON does not have.
  static constexpr char kElementEnd = '\x1E';

  /// `piece_bytes`: of BulkOptions.
  explicit ArrayCutter(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {}

  /// As BulkSanitizer::cut. A piece holds at least one element; line breaks inside and between them
  /// are as they were.
  [[nodiscard]] bool cut(std::string& buffer, bool last, BulkPiece& piece);

  /// Pieces so far.
  [[nodiscard]] std::uint64_t pieces() const { return pieces_; }

 private:
  enum class At : std::uint8_t { array, first, element, inside, after, end };

  [[nodiscard]] bool full() const;
  const char* step(const char* at, const char* end);
  const char* inside(const char* at, const char* end);
  void open(bool array);
  void close(bool array);
  void between(char c);
  void blank(char c);

  const std::size_t piece_bytes_;
  At at_ = At::array;
  std::size_t mark_bytes_ = 0;  ///< of a byte order mark seen; all of them: no longer looking
  json::StringScan string_;
  bool in_string_ = false;
  json::Nesting nesting_;          ///< open containers of the element
  std::size_t element_bytes_ = 0;  ///< of the element under way
  std::uint64_t element_line_ = 1;
  std::uint64_t line_ = 1;
  std::uint64_t pieces_ = 0;
  std::string text_;             ///< of the piece under way; empty until an element begins
  std::uint64_t text_line_ = 1;  ///< at which it begins
};

}  // namespace zoom_proxy
