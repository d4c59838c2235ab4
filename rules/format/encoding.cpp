#include "rules/format/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "rules/format/base64_ssse3.hpp"
#include "rules/format/scan.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Value of a base64 character, 0xFF for any other.
using Values = std::array<std::uint8_t, 256>;

constexpr Values values_of(std::string_view alphabet) {
  Values values{};
  values.fill(0xFF);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr Values kStandardValues = values_of(kStandard);
constexpr Values kUrlSafeValues = values_of(kUrlSafe);

/// Writes ceil(4n/3) characters without padding.
void encode(std::span<const std::uint8_t> bytes, std::string_view alphabet, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() * 4 + 2) / 3);
  char* to = out.data() + before;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned group = unsigned{bytes[i]} << 16 | unsigned{bytes[i + 1]} << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = alphabet[group >> shift & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const unsigned group = unsigned{bytes[i]} << 16 | (left == 2 ? unsigned{bytes[i + 1]} << 8 : 0U);
  *to++ = alphabet[group >> 18 & 63];
  *to++ = alphabet[group >> 12 & 63];
  if (left == 2) *to++ = alphabet[group >> 6 & 63];
}

/// Reads text without padding; refuses foreign characters and bits that belong to no byte.
std::optional<std::string> decode(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(c)];
    if (value == 0xFF) return std::nullopt;
    pending = (pending << 6 | value) & 0xFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(pending >> bits & 0xFF);
    }
  }
  if ((pending & ((1U << bits) - 1)) != 0) return std::nullopt;
  return out;
}

/// Value of a hexadecimal digit, -1 for any other character.
int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// States of Utf8Check: how many continuation bytes are due, and what the next one may be.
enum Utf8State : std::uint8_t {
  kStart,
  kOneMore,
  kTwoMore,
  kThreeMore,
  kAfterE0,  ///< A0..BF, then one more: no overlong form
  kAfterED,  ///< 80..9F, then one more: no surrogate
  kAfterF0,  ///< 90..BF, then two more: no overlong form
  kAfterF4,  ///< 80..8F, then two more: nothing past U+10FFFF
  kDead,
};

Utf8State after_lead(std::uint8_t byte) noexcept {
  if (byte < 0x80) return kStart;
  if (byte < 0xC2) return kDead;
  if (byte < 0xE0) return kOneMore;
  if (byte == 0xE0) return kAfterE0;
  if (byte == 0xED) return kAfterED;
  if (byte < 0xF0) return kTwoMore;
  if (byte == 0xF0) return kAfterF0;
  if (byte < 0xF4) return kThreeMore;
  return byte == 0xF4 ? kAfterF4 : kDead;
}

Utf8State after_continuation(std::uint8_t state, std::uint8_t byte) noexcept {
  if ((byte & 0xC0) != 0x80) return kDead;
  switch (state) {
    case kOneMore:
      return kStart;
    case kTwoMore:
      return kOneMore;
    case kThreeMore:
      return kTwoMore;
    case kAfterE0:
      return byte >= 0xA0 ? kOneMore : kDead;
    case kAfterED:
      return byte < 0xA0 ? kOneMore : kDead;
    case kAfterF0:
      return byte >= 0x90 ? kTwoMore : kDead;
    case kAfterF4:
      return byte < 0x90 ? kTwoMore : kDead;
    default:
      return kDead;
  }
}

/// The code point that begins at `text[at]` (valid UTF-8) and its length in bytes; anything that
/// is not valid comes out as one byte of no white space.
struct CodePoint {
  char32_t value;
  std::size_t size;
};

CodePoint code_point(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  // White space is never longer than three bytes, and the two-byte range holds none.
  if ((lead & 0xF0) != 0xE0 || text.size() - at < 3) return {0xFFFD, 1};
  const unsigned value = (lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
  return {char32_t{value}, 3};
}

/// Java's Character.isWhitespace: Unicode space, line and paragraph separators but the non-breaking
/// ones, and some controls.
constexpr bool is_java_white_space(char32_t c) noexcept {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A && c != 0x2007) || c == 0x2028 || c == 0x2029 ||
         c == 0x205F || c == 0x3000;
}

}  // namespace

void append_base64url(std::span<const std::uint8_t> bytes, std::string& out) {
  static const Base64UrlEncode fast = base64url_ssse3();
  if (fast == nullptr || bytes.size() < kBase64MinBytes) return encode(bytes, kUrlSafe, out);
  const std::size_t before = out.size();
  const std::size_t size = before + (bytes.size() * 4 + 2) / 3;
  out.resize(size + kBase64SlackBytes);
  fast(bytes, out.data() + before);
  out.resize(size);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, kUrlSafeValues);
}

std::string encode_base64(std::span<const std::uint8_t> bytes) {
  std::string out;
  encode(bytes, kStandard, out);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, kStandardValues);
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && text.size() - i > 2) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += plus_is_space && c == '+' ? ' ' : c;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

bool Utf8Check::feed(std::string_view piece) noexcept {
  std::uint8_t state = state_;
  std::size_t i = 0;
  const auto next = [&] { return static_cast<std::uint8_t>(piece[i++]); };
  while (i < piece.size() && state != kDead) {
    if (state != kStart) {
      state = after_continuation(state, next());
      continue;
    }
    if (static_cast<std::uint8_t>(piece[i]) < 0x80) {
      i += scan::ascii_run(piece.data() + i, piece.data() + piece.size());
    }
    // The block that ended the run, byte by byte up to the next character beyond ASCII.
    while (i < piece.size() && state == kStart) state = after_lead(next());
  }
  state_ = state;
  return state != kDead;
}

bool is_blank(std::string_view utf8) noexcept {
  for (std::size_t i = 0; i < utf8.size();) {
    const CodePoint c = code_point(utf8, i);
    if (!is_java_white_space(c.value)) return false;
    i += c.size;
  }
  return true;
}

std::size_t utf16_length(std::string_view utf8) noexcept {
  // Every character has one lead byte; those of four bytes become surrogate pairs.
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<std::uint8_t>(c);
    units +=
        static_cast<std::size_t>((byte & 0xC0) != 0x80) + static_cast<std::size_t>(byte >= 0xF0);
  }
  return units;
}

char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

}  // namespace zoom_proxy
