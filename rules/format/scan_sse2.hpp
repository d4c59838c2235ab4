#pragma once
// The innermost loops over JSON text with SSE2, which every x86-64 machine has: inlined, not chosen
// at run time. What each does is said in scan_portable.hpp.

#if defined(__SSE2__)

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "rules/format/scan_portable.hpp"

namespace zoom_proxy::scan::sse2 {

namespace detail {
inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

inline std::uint32_t where(__m128i bytes) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}

inline __m128i equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

inline std::uint32_t specials(__m128i bytes) {
  const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return where(_mm_or_si128(_mm_or_si128(equal(bytes, '"'), equal(bytes, '\\')), controls));
}

inline std::uint32_t at_signs(__m128i bytes) {
  const auto [plain, percent, wide] = portable::kAtSignBegins;
  return where(
      _mm_or_si128(_mm_or_si128(equal(bytes, plain), equal(bytes, percent)), equal(bytes, wide)));
}
}  // namespace detail

inline const char* string_special(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const std::uint32_t special = detail::specials(detail::load(at));
    if (special != 0) return at + std::countr_zero(special);
  }
  return portable::string_special(at, end);
}

inline bool same_bytes(const char* a, const char* b, std::uint32_t which) {
  return (~detail::where(_mm_cmpeq_epi8(detail::load(a), detail::load(b))) & which) == 0;
}

inline const char* digits_end(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const __m128i value = _mm_sub_epi8(detail::load(at), _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    const std::uint32_t others = detail::where(digit) ^ 0xFFFF;
    if (others != 0) return at + std::countr_zero(others);
  }
  return portable::digits_end(at, end);
}

inline std::size_t ascii_run(const char* at, const char* end) {
  const char* const begin = at;
  for (; end - at >= 128; at += 128) {
    __m128i bytes = detail::load(at);
    for (int i = 16; i < 128; i += 16) bytes = _mm_or_si128(bytes, detail::load(at + i));
    if (detail::where(bytes) != 0) break;
  }
  return static_cast<std::size_t>(at - begin) + portable::ascii_run(at, end);
}

inline bool holds_at_sign(const char* at, const char* stop, const char* end) {
  for (; at < stop; at += 32) {
    if (end - at < 32) return portable::holds_at_sign(at, stop, end);
    const std::uint64_t found = detail::at_signs(detail::load(at)) |
                                std::uint64_t{detail::at_signs(detail::load(at + 16))} << 16;
    // Behind the stop it counts not.
    if (found != 0 && at + std::countr_zero(found) < stop) return true;
  }
  return false;
}

inline const char* short_string_end(const char* at, const char* end) {
  constexpr int kSteps = 4;
  for (int step = 0; step < kSteps && end - at >= 32; ++step, at += 32) {
    const std::uint64_t special = detail::specials(detail::load(at)) |
                                  std::uint64_t{detail::specials(detail::load(at + 16))} << 16;
    if (special == 0) continue;
    at += std::countr_zero(special);
    return *at == '"' ? at : nullptr;
  }
  return nullptr;
}

inline const char* csv_special(const char* at, const char* stop, const char* end, char delimiter) {
  for (; at < stop; at += 16) {
    if (end - at < 16) return portable::csv_special(at, stop, end, delimiter);
    const __m128i bytes = detail::load(at);
    const __m128i ends = _mm_or_si128(detail::equal(bytes, '\n'), detail::equal(bytes, '\r'));
    const __m128i marks = _mm_or_si128(detail::equal(bytes, '"'), detail::equal(bytes, delimiter));
    const std::uint32_t found = detail::where(_mm_or_si128(ends, marks));
    // Behind the stop it counts not.
    if (found != 0) return std::min(at + std::countr_zero(found), stop);
  }
  return stop;
}

}  // namespace zoom_proxy::scan::sse2

#endif
