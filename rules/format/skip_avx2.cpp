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

// What distinguishes the brackets: one bit between `[` and `{`, `]` and `}`, two between opening
// and closing ones.
constexpr char kCurly = 0x20;
constexpr char kSide = 0x06;
constexpr char kOpening = '[' & kSide;
constexpr char kClosing = ']' & kSide;
static_assert(('{' & kSide) == kOpening && ('}' & kSide) == kClosing);
constexpr char kBracket = '[' | kCurly | kSide;

ZOOM_PROXY_AVX2 inline std::uint64_t where(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

ZOOM_PROXY_AVX2 inline std::uint64_t equal(__m256i low, __m256i high, char c) {
  const __m256i wanted = _mm256_set1_epi8(c);
  return where(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

/// 64 bytes. Bit i of each mask says something about byte i.
struct Block {
  __m256i low;
  __m256i high;

  ZOOM_PROXY_AVX2 explicit Block(const char* at)
      : low(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))),
        high(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32))) {}

  ZOOM_PROXY_AVX2 std::uint64_t quotes() const { return equal(low, high, '"'); }
  ZOOM_PROXY_AVX2 std::uint64_t backslashes() const { return equal(low, high, '\\'); }
  ZOOM_PROXY_AVX2 std::uint64_t controls() const {
    return where(_mm256_cmpeq_epi8(_mm256_min_epu8(low, last_control()), low),
                 _mm256_cmpeq_epi8(_mm256_min_epu8(high, last_control()), high));
  }
  /// True when there are backslashes or controls: in few blocks.
  ZOOM_PROXY_AVX2 bool rare() const {
    const __m256i backslash = _mm256_set1_epi8('\\');
    const __m256i least = _mm256_min_epu8(low, high);
    const __m256i found = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(high, backslash)),
        _mm256_cmpeq_epi8(_mm256_min_epu8(least, last_control()), least));
    return _mm256_testz_si256(found, found) == 0;
  }
  /// And a few bytes that stand in strings alone: `Y`, `_`, `y`, DEL.
  ZOOM_PROXY_AVX2 std::uint64_t brackets() const {
    const __m256i alike = _mm256_set1_epi8(kCurly | kSide);
    return equal(_mm256_or_si256(low, alike), _mm256_or_si256(high, alike), kBracket);
  }

 private:
  ZOOM_PROXY_AVX2 static __m256i last_control() { return _mm256_set1_epi8(0x1F); }
};

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
    const Block block(at);
    const bool rare = block.rare() || escaped;
    bool escapes_next = false;
    std::uint64_t quotes = block.quotes();
    if (rare) {
      escapes_next = escaped;
      quotes &= ~escaped_bytes(block.backslashes(), escapes_next);
    }
    // From each opening quote up to before its closing one.
    const std::uint64_t inside = parity(quotes) ^ in_string;
    if (rare && ((block.controls() & inside) | (block.backslashes() & ~inside)) != 0) {
      break;  // a fault, maybe
    }
    std::size_t depth = nesting.depth();
    const std::size_t base = depth / json::Nesting::kWordBits * json::Nesting::kWordBits;
    std::uint64_t kinds = nesting.word();
    std::uint64_t left = block.brackets() & ~inside;
    for (; left != 0; left &= left - 1) {
      const char* const bracket = at + std::countr_zero(left);
      const bool array = (*bracket & kCurly) == 0;
      if ((*bracket & kSide) == kOpening) {
        if (depth - base == json::Nesting::kWordBits || depth == limits::kJsonDepth) break;
        json::Nesting::set(kinds, depth - base, array);
        ++depth;
      } else if ((*bracket & kSide) == kClosing) {
        if (depth == base) break;
        if (((kinds >> (depth - 1 - base) & 1) != 0) != array) break;
        if (--depth == skip.floor) {
          nesting.set_depth(depth);
          skip.in_string = false;
          skip.escaped = false;
          return bracket + 1;
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
