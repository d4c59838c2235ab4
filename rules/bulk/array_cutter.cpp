#include "rules/bulk/array_cutter.hpp"

#include <algorithm>
#include <utility>

#include "rules/bulk/record_passes.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

[[noreturn]] void fail_no_array(std::uint64_t line) {
  fail_at_line(line,
               "the text is no JSON array, `[…]`; if each line is a record, use the format NDJSON");
}

}  // namespace

bool ArrayCutter::full() const { return at_ != At::inside && text_.size() >= piece_bytes_; }

bool ArrayCutter::cut(std::string& buffer, bool last, BulkPiece& piece) {
  const char* at = buffer.data();
  const char* const end = at + buffer.size();
  while (at != end && !full()) at = step(at, end);
  buffer.erase(0, static_cast<std::size_t>(at - buffer.data()));
  if (!full()) {
    if (!last) return false;
    if (at_ != At::end) {
      fail_at_line(line_, "the text ends before its array does; get the whole file and try again");
    }
    if (text_.empty()) return false;
  }
  piece.head = pieces_ == 0 ? "[" : ",";
  piece.text = std::exchange(text_, {});
  piece.number = pieces_++;
  piece.line = text_line_;
  return true;
}

const char* ArrayCutter::step(const char* at, const char* end) {
  if (at_ == At::inside) return inside(at, end);
  if (mark_bytes_ < kMark.size()) {
    if (*at == kMark[mark_bytes_]) {
      ++mark_bytes_;
      return at + 1;
    }
    if (mark_bytes_ != 0) fail_no_array(line_);
    mark_bytes_ = kMark.size();  // there is none
  }
  if (json::is_space(*at)) {
    blank(*at);
    return at + 1;
  }
  if (at_ == At::element || (at_ == At::first && *at != ']')) {
    if (*at != '{') {
      fail_at_line(line_,
                   "each element of the array must be a JSON object, `{…}`; correct the file");
    }
    at_ = At::inside;
    element_line_ = line_;
    element_bytes_ = 0;
    if (text_.empty()) text_line_ = line_;
    return at;
  }
  between(*at);
  return at + 1;
}

void ArrayCutter::blank(char c) {
  if (c != '\n') return;
  ++line_;
  if (!text_.empty()) text_ += c;  // so that lines can be counted
}

void ArrayCutter::between(char c) {
  switch (at_) {
    case At::array:
      if (c != '[') fail_no_array(line_);
      at_ = At::first;
      return;
    case At::first:
      at_ = At::end;  // it is the `]`
      return;
    case At::after:
      if (c != ',' && c != ']') {
        fail_at_line(line_, "a comma or `]` must stand behind each element; correct the file");
      }
      at_ = c == ',' ? At::element : At::end;
      return;
    default:
      fail_at_line(line_, "something stands behind the array; a file holds one array alone");
  }
}

const char* ArrayCutter::inside(const char* at, const char* end) {
  const char* const from = at;
  const std::size_t room = limits::kRecordBytes + 1 - element_bytes_;
  if (static_cast<std::size_t>(end - at) > room) end = at + room;
  while (at != end && at_ == At::inside) {
    if (in_string_) {
      at = string_.run(at, end);
      if (string_.bad) fail_record(element_line_, BodyFault::syntax);
      in_string_ = !string_.closed;
      continue;
    }
    const char c = *at++;
    if (c == '"') {
      string_ = {};
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      open(c == '[');
    } else if (c == '}' || c == ']') {
      close(c == ']');
    } else if (c == '\n') {
      ++line_;
    }
  }
  element_bytes_ += static_cast<std::size_t>(at - from);
  if (element_bytes_ > limits::kRecordBytes) {
    fail_at_line(element_line_, "the record is longer than " +
                                    std::to_string(limits::kRecordBytes) + " bytes; take it out");
  }
  text_.append(from, at);
  if (at_ == At::after) text_ += kElementEnd;
  return at;
}

void ArrayCutter::open(bool array) {
  if (nesting_.full()) fail_record(element_line_, BodyFault::limit);
  nesting_.push(array);
}

void ArrayCutter::close(bool array) {
  if (nesting_.in_array() != array) fail_record(element_line_, BodyFault::syntax);
  nesting_.pop();
  if (nesting_.depth() == 0) at_ = At::after;
}

}  // namespace zoom_proxy
