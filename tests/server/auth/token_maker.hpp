#pragma once
// An issuer of ID tokens, good and bad, with keys of its own, made at the start. Its recipes are
// those of tests/attacks/jwt.jsonl (tests/README.md). OpenSSL alone: nothing of the product.

#include <openssl/evp.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace zoom_proxy::testing {

[[nodiscard]] std::string base64url(std::string_view bytes);

class TokenMaker {
 public:
  using Key = std::shared_ptr<EVP_PKEY>;

  /// The key with that `kid`: rsa-N (RSA, 2048 bits), ec-N (P-256); made when first asked for.
  [[nodiscard]] Key key(const std::string& id) const;
  [[nodiscard]] static Key make_rsa(unsigned bits);
  [[nodiscard]] static Key make_ec(const char* curve);

  /// The public half as JWK (RFC 7517); `more` stands in front of its other members.
  [[nodiscard]] static std::string jwk(const std::string& id, EVP_PKEY* key,
                                       const std::string& more = "");
  /// rsa-1, rsa-2 and ec-1 as a key set.
  [[nodiscard]] std::string key_set() const;

  /// A token in compact form, of exactly these texts, signed by the recipe.
  [[nodiscard]] std::string token(const std::string& header, const std::string& claims,
                                  const std::string& recipe) const;

  /// The bytes of a signature by the recipe. `id`: the kid that the header names.
  [[nodiscard]] std::string signature(const std::string& input, const std::string& recipe,
                                      const std::string& id) const;

  /// `count` bytes that the private operation of an RSA key makes of a block: a signature whose
  /// padding is up to the caller.
  [[nodiscard]] static std::string raw_rsa(EVP_PKEY* key, std::string_view block);
  /// r and s, 32 bytes each (RFC 7518 section 3.4).
  [[nodiscard]] static std::string ecdsa(EVP_PKEY* key, std::string_view input);
  /// 63 bytes: one whose r begins with a zero, and that left out.
  [[nodiscard]] static std::string without_leading_zero(EVP_PKEY* key, std::string_view input);
  /// The order of P-256's group, 32 bytes.
  [[nodiscard]] static std::string group_order();

 private:
  mutable std::map<std::string, Key> keys_;
};

}  // namespace zoom_proxy::testing
