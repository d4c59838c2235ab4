#pragma once
// The public keys of whoever makes ID tokens: a JSON Web Key Set (RFC 7517), and the check of a
// signature with one of them. Pure.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct _cjose_jwk_int;  // cjose's key

namespace zoom_proxy {

/// The algorithms that are taken, and no others (RFC 7518 sections 3.3 and 3.4).
enum class SignatureAlgorithm { rs256, es256 };

/// "RS256" or "ES256", exactly.
[[nodiscard]] std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name);

/// Immutable; reading is thread-safe.
class KeySet {
 public:
  /// Bytes of a key set's text: Google's has 1 kB, large issuers' some 20.
  static constexpr std::size_t kMostBytes = std::size_t{256} * 1024;
  /// Keys that are looked at.
  static constexpr std::size_t kMostKeys = 100;

  struct Key {
    std::string id;  ///< `kid`
    SignatureAlgorithm algorithm;
    std::size_t signature_bytes;  ///< exactly so many
    std::shared_ptr<_cjose_jwk_int> jwk;
  };

  /// Nothing when the text is no key set. Keys that cannot be used here are left out: without
  /// `kid`, for other than signatures, RSA below 2048 or above 8192 bits, other curves than P-256.
  [[nodiscard]] static std::optional<KeySet> parse(std::string_view text);

  /// Null when there is none of that name and kind.
  [[nodiscard]] const Key* find(std::string_view id, SignatureAlgorithm algorithm) const;
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

 private:
  std::vector<Key> keys_;
};

/// Whether `token` (JWS compact serialization, RFC 7515 section 3.1), whose header names the key's
/// algorithm, was signed by the key.
[[nodiscard]] bool signed_by(const std::string& token, const KeySet::Key& key);

}  // namespace zoom_proxy
