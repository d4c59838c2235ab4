#pragma once
// Deterministic encryption of one value: what stands behind the hash in a `p~` token.

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/identity/pseudonym.hpp"

namespace zoom_proxy {

/// AES-256-SIV (RFC 5297) with the value's hash as associated data, or for the peer's algorithm
/// AES-256-CBC with the first half of the hash as initialization vector. The key comes from a
/// password by PBKDF2-HMAC-SHA256 (slow: some tens of milliseconds) and is cleansed on destruction.
/// Immutable, thread-safe. Throws std::runtime_error when OpenSSL cannot do its work.
class ValueCipher {
 public:
  /// No allocation for usual ids and addresses.
  using Bytes = boost::container::small_vector<std::uint8_t, 256>;

  ValueCipher(PseudonymAlgorithm algorithm, std::string_view password, std::string_view salt);
  ~ValueCipher();
  ValueCipher(ValueCipher&&) noexcept;
  ValueCipher& operator=(ValueCipher&&) noexcept;

  /// Appends the sealed value.
  void seal(const Digest& hash, std::string_view value, Bytes& out) const;

  /// The value, or nothing when it was not sealed with this key. The peer's CBC notices only bad
  /// padding: there the caller has to compare the value's hash.
  [[nodiscard]] std::optional<std::string> open(const Digest& hash,
                                                std::span<const std::uint8_t> sealed) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace zoom_proxy
