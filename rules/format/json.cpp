#include "rules/format/json.hpp"

#include <algorithm>

namespace zoom_proxy::json {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The four hex digits at `at`; the text must be long enough and valid.
std::uint32_t code_unit(std::string_view text, std::size_t at) {
  std::uint32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    unit = unit << 4 | static_cast<std::uint32_t>(hex_digit(text[i]));
  }
  return unit;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto push = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xC0 | point >> 6);
    push(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    push(0xE0 | point >> 12);
    push(0x80 | (point >> 6 & 0x3F));
    push(0x80 | (point & 0x3F));
  } else {
    push(0xF0 | point >> 18);
    push(0x80 | (point >> 12 & 0x3F));
    push(0x80 | (point >> 6 & 0x3F));
    push(0x80 | (point & 0x3F));
  }
}

/// Undoes the \u escape whose `u` stands at `at`, with its low half where there is one; returns the
/// place after it.
std::size_t unescape_unicode(std::string_view inside, std::size_t at, std::string& out) {
  const std::uint32_t unit = code_unit(inside, at + 1);
  at += 5;
  if (unit < 0xD800 || unit > 0xDFFF) {
    append_utf8(unit, out);
    return at;
  }
  const bool has_low = unit < 0xDC00 && inside.substr(at, 2) == "\\u";
  const std::uint32_t low = has_low ? code_unit(inside, at + 2) : 0;
  if (low >= 0xDC00 && low <= 0xDFFF) {
    append_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
    return at + 6;
  }
  out.push_back('?');
  return at;
}

}  // namespace

bool valid_escapes(std::string_view inside) {
  for (std::size_t at = inside.find('\\'); at != std::string_view::npos;
       at = inside.find('\\', at)) {
    if (at + 1 >= inside.size()) return false;
    const char c = inside[at + 1];
    at += 2;
    if (c == 'u') {
      if (at + 4 > inside.size()) return false;
      for (std::size_t i = at; i < at + 4; ++i) {
        if (hex_digit(inside[i]) < 0) return false;
      }
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool valid_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool leading_zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

void unescape(std::string_view inside, std::string& out) {
  std::size_t at = 0;
  while (at < inside.size()) {
    const std::size_t slash = std::min(inside.find('\\', at), inside.size());
    out.append(inside.substr(at, slash - at));
    if (slash == inside.size()) break;
    at = slash + 1;
    switch (inside[at]) {
      case 'u':
        at = unescape_unicode(inside, at, out);
        continue;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      default:
        out.push_back(inside[at]);
    }
    ++at;
  }
}

void append_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";  // as the peer writes them
  constexpr std::string_view kControls = "\b\t\n\f\r";
  constexpr std::string_view kControlLetters = "btnfr";
  out.push_back('"');
  while (!text.empty()) {
    const char* const end = text.data() + text.size();
    const char* const stop = scan::string_special(text.data(), end);
    const auto plain = static_cast<std::size_t>(stop - text.data());
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    const char c = text[plain];
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (const std::size_t at = kControls.find(c); at != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(kControlLetters[at]);
    } else {
      out.append("\\u00");
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
    text.remove_prefix(plain + 1);
  }
  out.push_back('"');
}

}  // namespace zoom_proxy::json
