#pragma once
// A CSV text with a header, in pieces: what column rules and record rules share.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/format/csv.hpp"

namespace zoom_proxy {

/// Cuts the text. Not thread-safe; once the header is there, the getters are.
class CsvPieces {
 public:
  /// `piece_bytes`: of BulkOptions.
  CsvPieces(char delimiter, std::size_t piece_bytes)
      : delimiter_(delimiter), piece_bytes_(piece_bytes) {}

  /// Comes first, until it is true: takes the header off the front of the buffer. False when more
  /// input is needed. Throws BulkError: none there, too long, not UTF-8, too many columns, none
  /// with a name, or a person's data in its place.
  [[nodiscard]] bool read_header(std::string& buffer, bool last);

  /// As BulkSanitizer::cut; the header is in no piece. A text of a header alone gives one piece
  /// without rows. Throws BulkError: a row too long.
  [[nodiscard]] bool cut(std::string& buffer, bool last, BulkPiece& piece);

  /// The names, trimmed; an unnamed column's is empty.
  [[nodiscard]] const std::vector<std::string>& header() const noexcept { return header_; }
  /// The first line end of the text: LF, CR or CRLF.
  [[nodiscard]] const std::string& line_end() const noexcept { return line_end_; }

 private:
  void check_header() const;

  const char delimiter_;
  const std::size_t piece_bytes_;
  bool begun_ = false;  ///< past a byte order mark
  bool first_ = true;   ///< no piece has been cut
  std::vector<std::string> header_;
  std::string line_end_ = "\n";
  std::uint64_t line_ = 1;
  std::uint64_t number_ = 0;
};

/// The rows of a piece, each as wide as the header. Throws BulkError, naming line and column: a row
/// that is too short or too long, a quote that is not closed, a NUL, not UTF-8.
class CsvRows {
 public:
  /// Both must outlive it; the piece's text is used up.
  CsvRows(BulkPiece& piece, char delimiter, const std::vector<std::string>& header);

  [[nodiscard]] bool next();
  /// Of the input, at which the row begins.
  [[nodiscard]] std::uint64_t line() const noexcept { return piece_.line + reader_.line(); }
  /// Trimmed; blank cells are empty.
  [[nodiscard]] std::span<const std::string_view> cells() const noexcept {
    return std::span(reader_.cells()).first(header_.size());
  }

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void check_width() const;
  void check_text() const;

  const BulkPiece& piece_;
  const std::vector<std::string>& header_;
  bool suspect_;  ///< the text holds a NUL or is not UTF-8: the row that does is looked for
  CsvReader reader_;
};

}  // namespace zoom_proxy
