#pragma once
// HMAC-SHA256 (RFC 2104, FIPS 180-4) of short texts, by the million: the states after the two pads
// of the key are kept, so that an id costs two compressions and nothing else.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zoom_proxy {

using Digest = std::array<std::uint8_t, 32>;

constexpr std::size_t kSha256BlockBytes = 64;

/// The eight words of the hash between two blocks.
using Sha256State = std::array<std::uint32_t, 8>;

constexpr Sha256State kSha256Start = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

/// What processors do differently. Blocks may be at any alignment.
struct Sha256Implementation {
  std::string_view name;

  /// The compression function, over `count` blocks one behind the other.
  void (*compress)(Sha256State& state, const std::uint8_t* blocks, std::size_t count) noexcept;

  /// Ends an HMAC: compresses the last inner block, then the outer one made of the outcome.
  void (*end_hmac)(const Sha256State& inner, const Sha256State& outer, const std::uint8_t* block,
                   Digest& digest) noexcept;
};

/// What this machine can run, the fastest first; OpenSSL's, which runs anywhere, last.
[[nodiscard]] std::span<const Sha256Implementation> sha256_implementations() noexcept;

/// By the SHA extensions of x86-64; null where the processor has none.
[[nodiscard]] const Sha256Implementation* sha256_shani() noexcept;

/// The states after the pads of the key: as secret as the key. Cleansed on destruction.
struct HmacKey {
  Sha256State inner;
  Sha256State outer;

  explicit HmacKey(std::string_view key) noexcept;
  ~HmacKey();
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;
};

/// HMAC-SHA256. One inner compression for a text of at most 55 bytes. No allocation.
[[nodiscard]] Digest hmac_sha256(const Sha256Implementation& by, const HmacKey& key,
                                 std::string_view text) noexcept;

}  // namespace zoom_proxy
