#pragma once
// AES-256-SIV (RFC 5297) out of single AES blocks. OpenSSL's own copies and sets up four contexts
// for each text, which takes ten times as long as an id's few blocks.

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "rules/identity/sha256.hpp"

namespace zoom_proxy {

constexpr std::size_t kSivTagBytes = 16;  // the synthetic IV, in front of the ciphertext

/// A block of AES, its bytes as they are in memory.
using AesBlock = std::array<std::uint64_t, 2>;

/// Two AES-256 encryptions in ECB mode without padding: one with each half of the key.
struct SivContexts {
  EVP_CIPHER_CTX* mac;
  EVP_CIPHER_CTX* counter;
};

/// What depends on the key alone. Cleansed on destruction. Throws std::runtime_error, here and
/// below, when OpenSSL does not encrypt.
struct SivSubkeys {
  AesBlock whole;   ///< for a last block that is full: K1 of CMAC (RFC 4493)
  AesBlock padded;  ///< for one that is not: K2
  AesBlock start;   ///< S2V before the first text, doubled already

  explicit SivSubkeys(const SivContexts& contexts);
  ~SivSubkeys();
  SivSubkeys(const SivSubkeys&) = delete;
  SivSubkeys& operator=(const SivSubkeys&) = delete;
};

/// Writes tag and ciphertext (kSivTagBytes + text.size()) to `out`, with `hash` as the one
/// associated datum. Time depends on the length alone.
void siv_seal(const SivContexts& contexts, const SivSubkeys& subkeys, const Digest& hash,
              std::span<const std::uint8_t> text, std::uint8_t* out);

/// Writes the text (sealed.size() - kSivTagBytes; there is at least a tag) to `out`. False, and
/// zeros, when it was not sealed so.
[[nodiscard]] bool siv_open(const SivContexts& contexts, const SivSubkeys& subkeys,
                            const Digest& hash, std::span<const std::uint8_t> sealed,
                            std::uint8_t* out);

}  // namespace zoom_proxy
