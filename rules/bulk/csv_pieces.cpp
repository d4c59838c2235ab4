#include "rules/bulk/csv_pieces.hpp"

#include <algorithm>

#include "rules/bulk/column_key.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/yaml.hpp"
#include "rules/identity/email.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

bool is_text(std::string_view bytes) {
  Utf8Check check;
  return bytes.find('\0') == std::string_view::npos && check.feed(bytes) && check.complete();
}

std::string at_line(std::uint64_t line) { return "line " + std::to_string(line) + ": "; }

/// As the reader counts them; what a quoted cell holds counts, too.
std::uint64_t count_lines(std::string_view text) {
  std::uint64_t lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  if (text.find('\r') == std::string_view::npos) return lines;
  for (std::size_t at = 0; (at = text.find('\r', at)) != std::string_view::npos; ++at) {
    if (at + 1 == text.size() || text[at + 1] != '\n') ++lines;
  }
  return lines;
}

[[noreturn]] void fail_encoding(std::uint64_t line, const std::string& column) {
  throw BulkError(at_line(line) + (column.empty() ? "the text" : "the column " + column) +
                  " is not UTF-8, or holds a NUL character; export the file as UTF-8");
}

}  // namespace

bool CsvPieces::cut(std::string& buffer, bool last, BulkPiece& piece) {
  if (!last && buffer.size() < piece_bytes_) return false;
  if (buffer.empty() && !first_) return false;
  const bool all = last && buffer.size() <= piece_bytes_;
  std::size_t size = all ? buffer.size() : csv_cut(buffer, piece_bytes_, delimiter_);
  if (size == 0 && last) size = buffer.size();
  const std::size_t record = size > piece_bytes_ ? size : 0;
  if (std::max(record, size == 0 ? buffer.size() : 0) > limits::kRecordBytes) {
    throw BulkError(at_line(line_) + "a row longer than " + std::to_string(limits::kRecordBytes) +
                    " bytes; is a quote missing?");
  }
  if (size == 0 && !all) return false;
  first_ = false;
  piece.head.clear();
  piece.text.assign(buffer, 0, size);
  piece.number = number_++;
  piece.line = line_;
  buffer.erase(0, size);
  line_ += count_lines(piece.text);
  return true;
}

bool CsvPieces::read_header(std::string& buffer, bool last) {
  if (!begun_) {
    if (!last && buffer.size() < kMark.size()) return false;
    if (buffer.starts_with("\xFF\xFE") || buffer.starts_with("\xFE\xFF")) {
      throw BulkError("line 1: the text is UTF-16; export the file as UTF-8");
    }
    if (buffer.starts_with(kMark)) buffer.erase(0, kMark.size());
    begun_ = true;
  }
  for (;;) {
    std::size_t size = csv_cut(buffer, 0, delimiter_);
    if (size == 0 && last) size = buffer.size();
    if (size == 0) {
      if (buffer.size() > limits::kRecordBytes || last) {
        throw BulkError(at_line(line_) +
                        (last ? "the text has no header; its first line must name the columns"
                              : "the header does not end; is a quote missing?"));
      }
      return false;
    }
    std::string line = buffer.substr(0, size);
    if (!is_text(line)) fail_encoding(line_, {});
    const std::size_t end = line.find_last_not_of("\r\n") + 1;
    if (end < size)
      line_end_ = line.substr(end, line[end] == '\r' && line[end + 1] == '\n' ? 2 : 1);
    const std::uint64_t lines = count_lines(line);
    CsvReader reader(line, delimiter_);
    const bool found = reader.next();
    if (reader.fault() != CsvReader::Fault::none) {
      throw BulkError(
          at_line(line_) +
          "the header has a quote that is not closed, or text behind one; is this CSV with "
          "the delimiter of the rules?");
    }
    if (found) {
      header_.assign(reader.cells().begin(), reader.cells().end());
      check_header();
    }
    buffer.erase(0, size);
    line_ += lines;
    if (found) return true;
  }
}

/// A text without a header begins with a person's data, which would leave as the columns' names.
void CsvPieces::check_header() const {
  if (std::ranges::all_of(header_, [](const auto& name) { return column_key(name).empty(); })) {
    throw BulkError(at_line(line_) + "the header is empty; the first line must name the columns");
  }
  if (header_.size() > limits::kColumns) {
    throw BulkError(at_line(line_) + "the header has more than " +
                    std::to_string(limits::kColumns) +
                    " columns; is this CSV with the delimiter of the rules?");
  }
  for (const std::string& name : header_) {
    if (find_email(name) == std::string_view::npos) continue;
    throw BulkError(at_line(line_) +
                    "the header holds an e-mail address, so it is none; export the file with a "
                    "first line that names the columns");
  }
}

CsvRows::CsvRows(BulkPiece& piece, char delimiter, const std::vector<std::string>& header)
    : piece_(piece),
      header_(header),
      suspect_(!is_text(piece.text)),
      reader_(piece.text, delimiter) {}

bool CsvRows::next() {
  if (reader_.next()) {
    if (suspect_) check_text();
    check_width();
    return true;
  }
  if (reader_.fault() == CsvReader::Fault::open_quote) {
    fail("a quote is not closed");
  } else if (reader_.fault() == CsvReader::Fault::text_after_quote) {
    fail("there is text behind a closing quote; a quote inside quotes must be doubled");
  }
  if (suspect_) fail_encoding(piece_.line + reader_.line(), {});
  return false;
}

void CsvRows::fail(const std::string& what) const {
  const std::size_t at = reader_.cells().size();
  std::string place = at_line(piece_.line + reader_.line());
  if (at < header_.size() && !header_[at].empty())
    place += "column " + in_quotes(header_[at]) + ": ";
  throw BulkError(place + what + "; correct the export");
}

void CsvRows::check_width() const {
  const auto& cells = reader_.cells();
  if (cells.size() == header_.size()) return;
  if (cells.size() < header_.size()) {
    fail("the row ends here: it has " + std::to_string(cells.size()) + " cells, the header " +
         std::to_string(header_.size()));
  }
  const auto extra = std::span(cells).subspan(header_.size());
  if (std::ranges::all_of(extra, &std::string_view::empty)) return;
  fail("the row has " + std::to_string(cells.size()) + " cells, the header " +
       std::to_string(header_.size()) + "; a value with a comma must be in quotes");
}

void CsvRows::check_text() const {
  const auto& cells = reader_.cells();
  const auto bad = std::ranges::find_if_not(cells, is_text);
  if (bad == cells.end()) return;
  const auto at = static_cast<std::size_t>(bad - cells.begin());
  fail_encoding(piece_.line + reader_.line(),
                at < header_.size() && !header_[at].empty() ? in_quotes(header_[at]) : "");
}

}  // namespace zoom_proxy
