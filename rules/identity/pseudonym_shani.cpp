// The compression function of SHA-256 by the SHA extensions of x86-64: the one file of the
// pseudonyms with instructions of one processor. Elsewhere it offers nothing.

#include "rules/identity/sha256.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define ZOOM_PROXY_SHANI __attribute__((target("sha,sse4.1")))

namespace zoom_proxy {
namespace {

constexpr int kEndMark = -0x7FFF'FFFF - 1;  // a one behind the text, as a word: 0x80000000

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

/// The instructions want the words as ABEF and CDGH, the first letter in the highest lane.
struct Lanes {
  __m128i abef;
  __m128i cdgh;
};

/// The sixteen words of a block, as numbers.
struct Message {
  __m128i words[4];
};

ZOOM_PROXY_SHANI inline __m128i swap_bytes(__m128i words) noexcept {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203));
}

/// By halves: two words just written are read at once that way, but not by a load across both.
ZOOM_PROXY_SHANI inline Message load_message(const std::uint8_t* block) noexcept {
  Message message;
  for (__m128i& words : message.words) {
    const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(block));
    const auto* high = reinterpret_cast<const __m64*>(block + 8);
    words = swap_bytes(_mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(low), high)));
    block += 16;
  }
  return message;
}

ZOOM_PROXY_SHANI inline Lanes load_state(const Sha256State& state) noexcept {
  const auto* words = reinterpret_cast<const __m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1B);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

/// The state in its usual order, four words each.
struct Halves {
  __m128i first;
  __m128i second;
};

ZOOM_PROXY_SHANI inline Halves in_order(const Lanes& lanes) noexcept {
  const __m128i feba = _mm_shuffle_epi32(lanes.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(lanes.cdgh, 0xB1);
  return {_mm_blend_epi16(feba, dchg, 0xF0), _mm_alignr_epi8(dchg, feba, 8)};
}

template <typename Bytes>
ZOOM_PROXY_SHANI inline void store(const Halves& halves, Bytes& out) noexcept {
  auto* to = reinterpret_cast<__m128i*>(out.data());
  _mm_storeu_si128(to, halves.first);
  _mm_storeu_si128(to + 1, halves.second);
}

/// One block: sixteen times four rounds, each with the four words of the message schedule whose
/// turn it is, which then make room for those sixteen further on.
ZOOM_PROXY_SHANI inline Lanes compress_block(const Lanes& before, Message message) noexcept {
  const auto* constants = reinterpret_cast<const __m128i*>(kRoundConstants.data());
  auto& w = message.words;
  Lanes now = before;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __m128i four = _mm_add_epi32(w[i % 4], _mm_load_si128(constants + i));
    now.cdgh = _mm_sha256rnds2_epu32(now.cdgh, now.abef, four);
    now.abef = _mm_sha256rnds2_epu32(now.abef, now.cdgh, _mm_shuffle_epi32(four, 0x0E));
    if (i < 12) {
      const __m128i last = w[(i + 3) % 4];
      const __m128i seven_back = _mm_alignr_epi8(last, w[(i + 2) % 4], 4);
      const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), seven_back);
      w[i % 4] = _mm_sha256msg2_epu32(sum, last);
    }
  }
  return {_mm_add_epi32(before.abef, now.abef), _mm_add_epi32(before.cdgh, now.cdgh)};
}

ZOOM_PROXY_SHANI void compress(Sha256State& state, const std::uint8_t* blocks,
                               std::size_t count) noexcept {
  Lanes lanes = load_state(state);
  for (; count > 0; --count, blocks += kSha256BlockBytes) {
    lanes = compress_block(lanes, load_message(blocks));
  }
  store(in_order(lanes), state);
}

/// The inner hash never leaves the registers.
ZOOM_PROXY_SHANI void end_hmac(const Sha256State& inner, const Sha256State& outer,
                               const std::uint8_t* block, Digest& digest) noexcept {
  const Halves hash = in_order(compress_block(load_state(inner), load_message(block)));
  constexpr int kBits = (kSha256BlockBytes + sizeof(Digest)) * 8;
  const Message second = {
      {hash.first, hash.second, _mm_set_epi32(0, 0, 0, kEndMark), _mm_set_epi32(kBits, 0, 0, 0)}};
  const Halves words = in_order(compress_block(load_state(outer), second));
  store({swap_bytes(words.first), swap_bytes(words.second)}, digest);
}

bool has_shani() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kSse = bit_SSSE3 | bit_SSE4_1;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kSse) != kSse) return false;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0;
}

}  // namespace

const Sha256Implementation* sha256_shani() noexcept {
  static constexpr Sha256Implementation kShani = {"SHA-NI", compress, end_hmac};
  return has_shani() ? &kShani : nullptr;
}

}  // namespace zoom_proxy

#else

namespace zoom_proxy {

const Sha256Implementation* sha256_shani() noexcept { return nullptr; }

}  // namespace zoom_proxy

#endif
