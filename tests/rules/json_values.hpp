#pragma once
// Comparing JSON as values with key order, duplicates included: strings by what they say, numbers
// by value. Written for tests and apart from the product; no library's parser keeps duplicate keys
// and lone surrogates.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace zoom_proxy::test {

namespace detail {

inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Text of a code unit escape as it would stand unescaped, or the escape itself for surrogates.
inline std::string plain_unit(unsigned unit, const std::string& as_written) {
  if (unit >= 0xD800 && unit <= 0xDFFF) return as_written;
  std::string out;
  if (unit < 0x80) {
    out += static_cast<char>(unit);
  } else if (unit < 0x800) {
    out += static_cast<char>(0xC0 | unit >> 6);
    out += static_cast<char>(0x80 | (unit & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | unit >> 12);
    out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (unit & 0x3F));
  }
  return out;
}

inline unsigned hex4(std::string_view text) {
  return static_cast<unsigned>(std::strtoul(std::string(text.substr(0, 4)).c_str(), nullptr, 16));
}

/// The escape that starts at text[at] (the backslash), undone; moves `at` past it.
inline std::string undo_escape(std::string_view text, std::size_t& at) {
  const char c = text[at + 1];
  if (c != 'u') {
    at += 2;
    const std::string_view from = "bfnrt";
    const std::string_view to = "\b\f\n\r\t";
    const std::size_t index = from.find(c);
    return std::string(1, index == std::string_view::npos ? c : to[index]);
  }
  const unsigned unit = hex4(text.substr(at + 2));
  if (unit >= 0xD800 && unit < 0xDC00 && text.substr(at + 6, 2) == "\\u") {
    const unsigned low = hex4(text.substr(at + 8));
    if (low >= 0xDC00 && low < 0xE000) {
      const unsigned point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      at += 12;
      std::string out;
      out += static_cast<char>(0xF0 | point >> 18);
      out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
      return out;
    }
  }
  char written[8];
  std::snprintf(written, sizeof written, "\\u%04X", unit);
  at += 6;
  return plain_unit(unit, written);
}

}  // namespace detail

/// A text that is equal for two JSON texts exactly when they have the same values in the same
/// order.
inline std::string canonical_json(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (detail::is_space(c)) {
      ++at;
    } else if (c == '"') {
      out += '\x01';  // quotes of values, told apart from quotes inside them
      for (++at; at < text.size() && text[at] != '"';) {
        if (text[at] == '\\') {
          out += detail::undo_escape(text, at);
        } else {
          out += text[at++];
        }
      }
      out += '\x02';
      ++at;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      std::size_t stop = at;
      while (stop < text.size() &&
             std::string_view("+-.eE0123456789").find(text[stop]) != std::string_view::npos) {
        ++stop;
      }
      const std::string number(text.substr(at, stop - at));
      const bool integer = number.find_first_of(".eE") == std::string::npos && number != "-0";
      char printed[64];
      std::snprintf(printed, sizeof printed, "%.17g", std::strtod(number.c_str(), nullptr) + 0.0);
      out += integer ? number : printed;
      out += ' ';
      at = stop;
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

}  // namespace zoom_proxy::test
