#pragma once
// The innermost loops over JSON text for any machine, eight bytes at a time. The twins for known
// machines do the same and nothing else: tests/rules/format/scan_test.cpp compares them.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace zoom_proxy::scan::portable {

namespace detail {
inline constexpr std::uint64_t kOnes = 0x0101010101010101U;
inline constexpr std::uint64_t kHighs = 0x8080808080808080U;

/// High bit of each byte that is zero; exact for the lowest such byte, and for whether there is
/// one.
constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

inline std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr bool ends_run(unsigned char c) { return c == '"' || c == '\\' || c < 0x20; }
}  // namespace detail

/// The first byte in [at, end) that is `"`, `\` or a control character (below 0x20); `end` if none.
inline const char* string_special(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      const std::uint64_t word = detail::load(at);
      const std::uint64_t quote = detail::zero_bytes(word ^ (detail::kOnes * '"'));
      const std::uint64_t slash = detail::zero_bytes(word ^ (detail::kOnes * '\\'));
      const std::uint64_t control = (word - detail::kOnes * 0x20) & ~word & detail::kHighs;
      if ((quote | slash | control) != 0) break;
    }
  }
  while (at != end && !detail::ends_run(static_cast<unsigned char>(*at))) ++at;
  return at;
}

/// True when those of the 16 bytes at `a` and `b` are the same whose bit is set in `which`.
inline bool same_bytes(const char* a, const char* b, std::uint32_t which) {
  for (; which != 0; which &= which - 1) {
    const int i = std::countr_zero(which);
    if (a[i] != b[i]) return false;
  }
  return true;
}

/// The first byte in [at, end) that is no digit; `end` if none.
inline const char* digits_end(const char* at, const char* end) {
  while (at != end && *at >= '0' && *at <= '9') ++at;
  return at;
}

/// How many bytes at the start of [at, end) are ASCII for certain: all, or up to a few before the
/// first that is not.
inline std::size_t ascii_run(const char* at, const char* end) {
  const char* const begin = at;
  while (end - at >= 8 && (detail::load(at) & detail::kHighs) == 0) at += 8;
  return static_cast<std::size_t>(at - begin);
}

/// What an `@` may begin with: itself, percent-encoded, or full-width (U+FF20) in UTF-8.
inline constexpr std::array<char, 3> kAtSignBegins = {'@', '%', '\xEF'};

/// True when such a byte stands in [at, stop); up to `end` may be read.
inline bool holds_at_sign(const char* at, const char* stop, const char* end) {
  static_cast<void>(end);
  return std::any_of(kAtSignBegins.begin(), kAtSignBegins.end(), [&](char c) {
    return std::memchr(at, c, static_cast<std::size_t>(stop - at)) != nullptr;
  });
}

/// The quote that ends the string whose inside begins at `at`, when no byte before it is special
/// and it comes soon; else null.
inline const char* short_string_end(const char* at, const char* end) {
  const char* const stop = string_special(at, end);
  return stop != end && *stop == '"' ? stop : nullptr;
}

/// The first byte in [at, stop) that is a quote, CR, LF or the delimiter; `stop` if none. Up to
/// `end` may be read.
inline const char* csv_special(const char* at, const char* stop, const char* end, char delimiter) {
  static_cast<void>(end);
  while (at != stop && *at != delimiter && *at != '"' && *at != '\n' && *at != '\r') ++at;
  return at;
}

}  // namespace zoom_proxy::scan::portable
