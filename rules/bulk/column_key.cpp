#include "rules/bulk/column_key.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "rules/format/csv.hpp"
#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Soft hyphen, zero width, directions, word joiner, byte order mark.
constexpr std::array kUnseen = {Range{0xAD, 0xAD}, Range{0x200B, 0x200F}, Range{0x202A, 0x202E},
                                Range{0x2060, 0x2069}, Range{0xFEFF, 0xFEFF}};

constexpr std::array kBlanks = {Range{0xA0, 0xA0}, Range{0x2000, 0x200A}, Range{0x202F, 0x202F},
                                Range{0x205F, 0x205F}, Range{0x3000, 0x3000}};

template <std::size_t N>
bool stands_in(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range one) { return one.first <= c && c <= one.last; });
}

/// Capital letters, and where the small ones are.
struct Capitals {
  char32_t first;
  char32_t last;
  int to_small;    ///< what is added
  unsigned every;  ///< 2: capital and small letters take turns, the first is a capital
};

// Each is what Unicode's simple case folding says, but for the dotted and the dotless i, which are
// both `i`, as in Java.
constexpr std::array kCapitals = {
    // Latin-1
    Capitals{0xC0, 0xD6, 32, 1},
    Capitals{0xD8, 0xDE, 32, 1},
    // Latin Extended-A
    Capitals{0x100, 0x12E, 1, 2},
    Capitals{0x130, 0x130, 'i' - 0x130, 1},
    Capitals{0x131, 0x131, 'i' - 0x131, 1},
    Capitals{0x132, 0x136, 1, 2},
    Capitals{0x139, 0x147, 1, 2},
    Capitals{0x14A, 0x176, 1, 2},
    Capitals{0x178, 0x178, 0xFF - 0x178, 1},
    Capitals{0x179, 0x17D, 1, 2},
    // Romanian, Vietnamese
    Capitals{0x1A0, 0x1A4, 1, 2},
    Capitals{0x1AF, 0x1AF, 1, 1},
    Capitals{0x218, 0x21A, 1, 2},
    Capitals{0x1EA0, 0x1EFE, 1, 2},
    // Greek; the small sigma at a word's end is the other one
    Capitals{0x386, 0x386, 38, 1},
    Capitals{0x388, 0x38A, 37, 1},
    Capitals{0x38C, 0x38C, 64, 1},
    Capitals{0x38E, 0x38F, 63, 1},
    Capitals{0x391, 0x3A1, 32, 1},
    Capitals{0x3A3, 0x3AB, 32, 1},
    Capitals{0x3C2, 0x3C2, 1, 1},
    // Cyrillic
    Capitals{0x400, 0x40F, 80, 1},
    Capitals{0x410, 0x42F, 32, 1},
    Capitals{0x460, 0x480, 1, 2},
    Capitals{0x48A, 0x4BE, 1, 2},
    Capitals{0x4C0, 0x4C0, 15, 1},
    Capitals{0x4C1, 0x4CD, 1, 2},
    Capitals{0x4D0, 0x52E, 1, 2},
};

char32_t small_letter(char32_t c) {
  const auto range = std::ranges::find_if(kCapitals, [c](const Capitals& one) {
    return one.first <= c && c <= one.last && (c - one.first) % one.every == 0;
  });
  return range == kCapitals.end() ? c : c + static_cast<char32_t>(range->to_small);
}

/// The character at the front of `text`, which loses it, if its bytes are two or three; all that is
/// folded or left out has so many. Else 0, and the text keeps it.
char32_t take_wide(std::string_view& text) {
  const auto byte = [&](std::size_t i) -> char32_t { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && byte(i) >> 6 == 2; };
  char32_t c = 0;
  std::size_t size = 2;
  if (byte(0) >> 5 == 6 && follows(1)) {
    c = (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  } else if (byte(0) >> 4 == 14 && follows(1) && follows(2)) {
    c = (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    size = 3;
  }
  if (c != 0) text.remove_prefix(size);
  return c;
}

void append(char32_t c, std::string& out) {
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return add(c);
  if (c < 0x800) {
    add(0xC0 | c >> 6);
  } else {
    add(0xE0 | c >> 12);
    add(0x80 | (c >> 6 & 0x3F));
  }
  add(0x80 | (c & 0x3F));
}

}  // namespace

std::string column_key(std::string_view name) {
  std::string key;
  while (!name.empty()) {
    const char32_t c = take_wide(name);
    if (c == 0) {
      key += ascii_lower(name.front());
      name.remove_prefix(1);
    } else if (stands_in(kBlanks, c)) {
      key += ' ';
    } else if (!stands_in(kUnseen, c)) {
      append(small_letter(c), key);
    }
  }
  return std::string(csv_trim(key));
}

std::string odd_character(std::string_view name) {
  while (!name.empty()) {
    const char32_t c = take_wide(name);
    if (c == 0) {
      name.remove_prefix(1);
    } else if (stands_in(kBlanks, c) || stands_in(kUnseen, c)) {
      std::array<char, 16> text{};
      std::snprintf(text.data(), text.size(), "U+%04X", static_cast<unsigned>(c));
      return text.data();
    }
  }
  return "";
}

}  // namespace zoom_proxy
