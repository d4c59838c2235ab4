// The portable twin is encode() of rules/format/encoding.cpp.

#include "rules/format/base64_ssse3.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#define ZOOM_PROXY_SSSE3 __attribute__((target("ssse3")))

namespace zoom_proxy {
namespace {

constexpr std::size_t kStep = 12;  // bytes in, sixteen characters out

/// Read from 16 - n on: the last n bytes of a register, then zeros.
constexpr std::array<std::uint8_t, 32> kKeepLast = [] {
  std::array<std::uint8_t, 32> order{};
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<std::uint8_t>(i < 16 ? i : 0x80);
  }
  return order;
}();

ZOOM_PROXY_SSSE3 inline __m128i load(const std::uint8_t* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// By four: a hash just written as two halves is read at once that way, but not by a load across.
ZOOM_PROXY_SSSE3 inline __m128i load_step(const std::uint8_t* from) noexcept {
  const __m128i low = _mm_unpacklo_epi32(_mm_loadu_si32(from), _mm_loadu_si32(from + 4));
  return _mm_unpacklo_epi64(low, _mm_loadu_si32(from + 8));
}

/// Three bytes abc of each lane become its four numbers of six bits, the first one lowest.
ZOOM_PROXY_SSSE3 inline __m128i split(__m128i bytes) noexcept {
  const __m128i bacb =
      _mm_shuffle_epi8(bytes, _mm_set_epi8(10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1));
  // Products shift each 16-bit half by an amount of its own.
  const __m128i even = _mm_mulhi_epu16(_mm_and_si128(bacb, _mm_set1_epi32(0x0FC0'FC00)),
                                       _mm_set1_epi32(0x0400'0040));
  const __m128i odd = _mm_mullo_epi16(_mm_and_si128(bacb, _mm_set1_epi32(0x003F'03F0)),
                                      _mm_set1_epi32(0x0100'0010));
  return _mm_or_si128(even, odd);
}

/// The character of each number: the number plus what its range of the alphabet is shifted by.
ZOOM_PROXY_SSSE3 inline __m128i characters(__m128i numbers) noexcept {
  // Ranges: 0 for a-z, 1..10 for the digits, 11 and 12 for - and _, 13 for A-Z.
  const __m128i upper =
      _mm_and_si128(_mm_cmplt_epi8(numbers, _mm_set1_epi8(26)), _mm_set1_epi8(13));
  const __m128i range = _mm_or_si128(_mm_subs_epu8(numbers, _mm_set1_epi8(51)), upper);
  constexpr char kDigit = '0' - 52;
  const __m128i shifts =
      _mm_setr_epi8('a' - 26, kDigit, kDigit, kDigit, kDigit, kDigit, kDigit, kDigit, kDigit,
                    kDigit, kDigit, '-' - 62, '_' - 63, 'A', 0, 0);
  return _mm_add_epi8(numbers, _mm_shuffle_epi8(shifts, range));
}

ZOOM_PROXY_SSSE3 void encode(std::span<const std::uint8_t> bytes, char* to) noexcept {
  const std::uint8_t* const end = bytes.data() + bytes.size();
  for (std::size_t left = bytes.size();; left -= kStep, to += 16) {
    const __m128i next = left >= kStep
                             ? load_step(end - left)
                             : _mm_shuffle_epi8(load(end - 16), load(&kKeepLast[16 - left]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), characters(split(next)));
    if (left <= kStep) return;
  }
}

}  // namespace

Base64UrlEncode base64url_ssse3() noexcept {
  return __builtin_cpu_supports("ssse3") ? encode : nullptr;
}

}  // namespace zoom_proxy

#else

namespace zoom_proxy {

Base64UrlEncode base64url_ssse3() noexcept { return nullptr; }

}  // namespace zoom_proxy

#endif
