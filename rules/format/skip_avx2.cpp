// The passing over of containers with AVX2 and carry-less multiplication, for machines that have
// them: masks of quotes and brackets in 64 bytes, as simdjson's authors showed (Langdale and
// Lemire, "Parsing Gigabytes of JSON per Second", 2019).

#include "rules/format/skip.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <bit>

#define ZOOM_PROXY_AVX2 __attribute__((target("avx2,pclmul,bmi,bmi2")))

namespace zoom_proxy::scan {

namespace {

constexpr std::ptrdiff_t kBlock = 64;

/// Bit i of each mask says something about byte i of a block.
struct Masks {
  std::uint64_t quotes;
  std::uint64_t backslashes;
  std::uint64_t controls;
  std::uint64_t brackets;
  std::uint64_t closing;  ///< of brackets: `]` or `}`
  std::uint64_t curly;    ///< of brackets: `{` or `}`
};

ZOOM_PROXY_AVX2 inline std::uint64_t where(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

ZOOM_PROXY_AVX2 inline std::uint64_t equal(__m256i low, __m256i high, char c) {
  const __m256i wanted = _mm256_set1_epi8(c);
  return where(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

ZOOM_PROXY_AVX2 inline Masks masks(const char* at) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32));
  const __m256i last_control = _mm256_set1_epi8(0x1F);
  const __m256i curly_bit = _mm256_set1_epi8(0x20);  // `[` and `{`, `]` and `}` differ by it alone
  const __m256i low_curly = _mm256_or_si256(low, curly_bit);
  const __m256i high_curly = _mm256_or_si256(high, curly_bit);
  Masks out;
  out.quotes = equal(low, high, '"');
  out.backslashes = equal(low, high, '\\');
  out.controls = where(_mm256_cmpeq_epi8(_mm256_min_epu8(low, last_control), low),
                       _mm256_cmpeq_epi8(_mm256_min_epu8(high, last_control), high));
  out.closing = equal(low_curly, high_curly, '}');
  out.brackets = out.closing | equal(low_curly, high_curly, '{');
  out.curly = where(_mm256_slli_epi16(low, 2), _mm256_slli_epi16(high, 2));  // that bit to the top
  return out;
}

/// The bytes that a backslash escapes; `carry` says that the block's first byte is one, and then
/// that the next block's is.
inline std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& carry) {
  std::uint64_t escaped = carry ? 1 : 0;
  std::uint64_t left = backslashes & ~escaped;
  carry = false;
  while (left != 0) {
    const std::uint64_t bit = left & (~left + 1);
    carry = bit >> 63 != 0;
    escaped |= bit << 1;
    left &= ~(bit | bit << 1);
  }
  return escaped;
}

/// Bit i: how many bits up to i are set, modulo 2.
ZOOM_PROXY_AVX2 inline std::uint64_t parity(std::uint64_t bits) {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8(-1), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

}  // namespace

bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("pclmul") != 0 &&
         __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
}

ZOOM_PROXY_AVX2 const char* skip_avx2(const char* at, const char* end, Skip& skip,
                                      json::Nesting& nesting) {
  std::uint64_t in_string = skip.in_string ? ~std::uint64_t{0} : 0;
  bool escaped = skip.escaped;
  for (; end - at >= kBlock; at += kBlock) {
    const Masks block = masks(at);
    bool escapes_next = escaped;
    std::uint64_t quotes = block.quotes;
    if (block.backslashes != 0 || escaped) {
      quotes &= ~escaped_bytes(block.backslashes, escapes_next);
    }
    // From each opening quote up to before its closing one.
    const std::uint64_t inside = parity(quotes) ^ in_string;
    if (((block.controls & inside) | (block.backslashes & ~inside)) != 0) break;  // a fault, maybe
    std::size_t depth = nesting.depth();
    const std::size_t base = depth / json::Nesting::kWordBits * json::Nesting::kWordBits;
    std::uint64_t kinds = nesting.word();
    std::uint64_t left = block.brackets & ~inside;
    for (; left != 0; left &= left - 1) {
      const std::uint64_t bit = left & (~left + 1);
      const bool array = (block.curly & bit) == 0;
      if ((block.closing & bit) == 0) {
        if (depth - base == json::Nesting::kWordBits || depth == limits::kJsonDepth) break;
        json::Nesting::set(kinds, depth - base, array);
        ++depth;
      } else {
        if (depth == base) break;
        if (((kinds >> (depth - 1 - base) & 1) != 0) != array) break;
        if (--depth == skip.floor) {
          nesting.set_depth(depth);
          skip.in_string = false;
          skip.escaped = false;
          return at + std::countr_zero(bit) + 1;
        }
      }
    }
    if (left != 0) break;  // deeper or shallower than one word holds, or a fault: byte by byte
    nesting.word() = kinds;
    nesting.set_depth(depth);
    in_string = inside >> 63 != 0 ? ~std::uint64_t{0} : 0;
    escaped = escapes_next;
  }
  skip.in_string = in_string != 0;
  skip.escaped = escaped;
  return at;
}

}  // namespace zoom_proxy::scan

#else

namespace zoom_proxy::scan {

bool has_avx2() { return false; }

const char* skip_avx2(const char* at, const char*, Skip&, json::Nesting&) { return at; }

}  // namespace zoom_proxy::scan

#endif
