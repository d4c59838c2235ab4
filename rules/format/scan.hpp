#pragma once
// Finding the next interesting byte in a string: portable, eight bytes at a time.

#include <bit>
#include <cstdint>
#include <cstring>

namespace zoom_proxy::scan {

namespace detail {
inline constexpr std::uint64_t kOnes = 0x0101010101010101U;
inline constexpr std::uint64_t kHighs = 0x8080808080808080U;

/// High bit of each byte that is zero; exact for the lowest such byte, which is all we ask for.
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
      const std::uint64_t hit = quote | slash | control;
      if (hit != 0) return at + std::countr_zero(hit) / 8;
    }
  }
  while (at != end && !detail::ends_run(static_cast<unsigned char>(*at))) ++at;
  return at;
}

}  // namespace zoom_proxy::scan
