#include "rules/format/csv.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "rules/format/scan.hpp"

namespace zoom_proxy {
namespace {

/// A NUL is none, unlike in Java: it must be seen.
bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' && c != '\0'; }
bool ends_line(char c) { return c == '\n' || c == '\r'; }

/// Behind the blanks before a cell.
template <class Char>
Char* skip_blanks(Char* at, std::type_identity_t<Char>* end, char delimiter) {
  while (at != end && is_blank(*at) && !ends_line(*at) && *at != delimiter) ++at;
  return at;
}

/// The delimiter or line end behind a cell that is not in quotes, or the end.
const char* cell_end(const char* at, const char* end, char delimiter) {
  at = scan::csv_special(at, end, end, delimiter);
  while (at != end && *at == '"') at = scan::csv_special(at + 1, end, end, delimiter);
  return at;
}

/// The quote that ends a cell, whose inside begins at `at`; null when there is none.
const char* closing_quote(const char* at, const char* end) {
  for (;; at += 2) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (at == nullptr || at + 1 == end || at[1] != '"') return at;
  }
}

/// Behind the record that begins at `at`; null when it is not known to end.
const char* record_end(const char* at, const char* end, char delimiter) {
  for (;; ++at) {
    at = skip_blanks(at, end, delimiter);
    if (at != end && *at == '"') {
      at = closing_quote(at + 1, end);
      if (at == nullptr || at + 1 == end) return nullptr;
      ++at;
    }
    at = cell_end(at, end, delimiter);
    if (at == end) return nullptr;
    if (*at == '\n') return at + 1;
    if (*at != '\r') continue;
    if (at + 1 == end) return nullptr;  // a line feed may follow
    return at[1] == '\n' ? at + 2 : at + 1;
  }
}

}  // namespace

std::size_t csv_cut(std::string_view text, std::size_t limit, char delimiter) {
  limit = std::min(limit, text.size());
  const std::string_view first = text.substr(0, limit);
  if (first.find('"') == std::string_view::npos) {
    const std::size_t line_end = first.rfind('\n');
    if (line_end != std::string_view::npos) return line_end + 1;
  }
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* cut = begin;
  while (cut != end) {
    const char* const next = record_end(cut, end, delimiter);
    if (next == nullptr) break;
    const bool beyond = static_cast<std::size_t>(next - begin) > limit;
    if (beyond && cut != begin) break;
    cut = next;
    if (beyond) break;
  }
  return static_cast<std::size_t>(cut - begin);
}

/// Behind a line end at at_, counted.
void CsvReader::end_line() {
  if (at_ == end_) return;
  const bool carriage_return = *at_ == '\r';
  ++at_;
  if (carriage_return && at_ != end_ && *at_ == '\n') ++at_;
  ++next_line_;
}

bool CsvReader::next() {
  cells_.clear();
  if (fault_ != Fault::none) return false;
  for (;;) {
    line_ = next_line_;
    at_ = skip_blanks(at_, end_, delimiter_);
    if (at_ == end_) return false;
    if (!ends_line(*at_)) break;
    end_line();
  }
  for (;;) {
    at_ = skip_blanks(at_, end_, delimiter_);
    if (at_ != end_ && *at_ == '"') {
      const std::string_view cell = quoted_cell();
      if (fault_ != Fault::none) return false;
      cells_.push_back(cell);
    } else {
      char* const begin = at_;
      at_ += cell_end(at_, end_, delimiter_) - at_;
      char* last = at_;
      while (last != begin && is_blank(last[-1])) --last;
      cells_.emplace_back(begin, static_cast<std::size_t>(last - begin));
    }
    if (at_ == end_ || *at_ != delimiter_) break;
    ++at_;
  }
  end_line();
  return true;
}

std::string_view CsvReader::quoted_cell() {
  char* const begin = ++at_;
  char* write = begin;
  for (;;) {
    char* const quote =
        static_cast<char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
    if (quote == nullptr) {
      fault_ = Fault::open_quote;
      return {};
    }
    if (write != at_) std::memmove(write, at_, static_cast<std::size_t>(quote - at_));
    write += quote - at_;
    at_ = quote + 1;
    if (at_ == end_ || *at_ != '"') break;
    *write++ = '"';
    ++at_;
  }
  const std::string_view cell(begin, static_cast<std::size_t>(write - begin));
  for (std::size_t i = 0; i < cell.size(); ++i) {  // a CRLF is one line's end
    next_line_ +=
        cell[i] == '\n' || (cell[i] == '\r' && (i + 1 == cell.size() || cell[i + 1] != '\n'));
  }
  at_ = skip_blanks(at_, end_, delimiter_);
  if (at_ != end_ && *at_ != delimiter_ && !ends_line(*at_)) fault_ = Fault::text_after_quote;
  return csv_trim(cell);
}

std::string_view csv_trim(std::string_view cell) noexcept {
  while (!cell.empty() && is_blank(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && is_blank(cell.back())) cell.remove_suffix(1);
  return cell;
}

void append_csv_cell(std::string_view cell, std::string& out) {
  if (cell.empty()) return;
  const char* const end = cell.data() + cell.size();
  const bool plain = static_cast<unsigned char>(cell.front()) > '#' && !is_blank(cell.back()) &&
                     scan::csv_special(cell.data(), end, end, ',') == end;
  if (plain) {
    out += cell;
    return;
  }
  out += '"';
  for (;;) {
    const std::size_t quote = cell.find('"');
    out += cell.substr(0, quote);
    if (quote == std::string_view::npos) break;
    out += "\"\"";
    cell.remove_prefix(quote + 1);
  }
  out += '"';
}

}  // namespace zoom_proxy
