#pragma once
// CSV as the peer reads and writes it: RFC 4180, any one-byte delimiter, CR, LF or CRLF at the end
// of a record, blanks around cells ignored, blank lines skipped.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

/// Where a text that begins with a record can be cut: behind the last record that ends in its first
/// `limit` bytes; where none does, behind the first one that ends at all; 0 when none is known to
/// end. A last line without its end is not known to. Blank lines count as records.
[[nodiscard]] std::size_t csv_cut(std::string_view text, std::size_t limit, char delimiter);

/// Reads the records of a text that holds nothing but whole ones. The text is the reader's to
/// overwrite: doubled quotes are halved in place. Not thread-safe; the text must outlive it.
class CsvReader {
 public:
  enum class Fault {
    none,
    open_quote,        ///< a quoted cell does not end
    text_after_quote,  ///< something else than a delimiter behind a quoted cell
  };

  CsvReader(std::span<char> text, char delimiter)
      : at_(text.data()), end_(text.data() + text.size()), delimiter_(delimiter) {}

  /// The next record into cells(). False at the end and after a fault.
  [[nodiscard]] bool next();

  /// Trimmed, without quotes; until the next call. Of a record at fault: those before the fault.
  [[nodiscard]] const std::vector<std::string_view>& cells() const noexcept { return cells_; }
  /// Lines before that record.
  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }
  [[nodiscard]] Fault fault() const noexcept { return fault_; }

 private:
  [[nodiscard]] std::string_view quoted_cell();
  void end_line();

  char* at_;
  char* const end_;
  const char delimiter_;
  std::vector<std::string_view> cells_;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 0;
  Fault fault_ = Fault::none;
};

/// Appends a cell for a text with commas; in quotes only where it must be, or where the peer's
/// library puts some too: before a cell that begins with a character up to `#`, or ends with a
/// blank.
void append_csv_cell(std::string_view cell, std::string& out);

/// Without blanks and control characters at its ends, as Java's String.trim.
[[nodiscard]] std::string_view csv_trim(std::string_view cell) noexcept;

}  // namespace zoom_proxy
