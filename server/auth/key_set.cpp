#include "server/auth/key_set.hpp"

#include <cjose/jwk.h>
#include <cjose/jws.h>

#include <algorithm>
#include <array>

#include "server/auth/strict_json.hpp"

namespace zoom_proxy {
namespace {

constexpr std::size_t kLeastRsaBits = 2048;  // RFC 7518 section 3.3
constexpr std::size_t kMostRsaBits = 8192;   // the time of a check grows with its square
constexpr std::size_t kEs256Bytes = 64;      // RFC 7518 section 3.4: r and s

struct Kind {
  SignatureAlgorithm algorithm;
  std::string_view name;      ///< `alg`
  std::string_view key_type;  ///< `kty`
  cjose_jwk_kty_t cjose_type;
};
constexpr std::array<Kind, 2> kKinds{{
    {SignatureAlgorithm::rs256, "RS256", "RSA", CJOSE_JWK_KTY_RSA},
    {SignatureAlgorithm::es256, "ES256", "EC", CJOSE_JWK_KTY_EC},
}};

/// Absent, or that text.
bool absent_or(const json_t* key, const char* member, std::string_view text) {
  return json_object_get(key, member) == nullptr || json_text(key, member) == text;
}

bool may_verify(const json_t* key) {
  const json_t* operations = json_object_get(key, "key_ops");
  if (operations == nullptr) return true;
  for (std::size_t i = 0; i < json_array_size(operations); ++i)
    if (json_text(json_array_get(operations, i)) == "verify") return true;
  return false;
}

/// The public half alone (RFC 7518 section 6): whatever else stands there is not wanted.
JsonObject public_members(const json_t* key) {
  JsonObject out(json_object());
  for (const char* member : {"kty", "kid", "n", "e", "crv", "x", "y"})
    if (json_t* value = json_object_get(key, member)) json_object_set(out.get(), member, value);
  return out;
}

/// How long a signature by the key is; nothing when the key is too weak or of another curve.
std::optional<std::size_t> signature_size(const cjose_jwk_t* jwk, const Kind& kind) {
  cjose_err error{};
  if (cjose_jwk_get_kty(jwk, &error) != kind.cjose_type) return std::nullopt;
  if (kind.algorithm == SignatureAlgorithm::es256) {
    if (cjose_jwk_EC_get_curve(jwk, &error) != CJOSE_JWK_EC_P_256) return std::nullopt;
    return kEs256Bytes;
  }
  const std::size_t bits = cjose_jwk_get_keysize(jwk, &error);
  if (bits < kLeastRsaBits || bits > kMostRsaBits) return std::nullopt;
  return (bits + 7) / 8;
}

std::optional<KeySet::Key> read_key(const json_t* key) {
  const auto type = json_text(key, "kty");
  const auto kind = std::ranges::find_if(kKinds, [&](const Kind& k) { return type == k.key_type; });
  const auto id = json_text(key, "kid");
  if (kind == kKinds.end() || !id || id->empty()) return std::nullopt;
  if (!absent_or(key, "use", "sig") || !absent_or(key, "alg", kind->name) || !may_verify(key))
    return std::nullopt;
  cjose_err error{};
  const JsonObject members = public_members(key);
  const std::shared_ptr<cjose_jwk_t> jwk(cjose_jwk_import_json(members.get(), &error),
                                         cjose_jwk_release);
  if (!jwk) return std::nullopt;
  const auto bytes = signature_size(jwk.get(), *kind);
  if (!bytes) return std::nullopt;
  return KeySet::Key{std::string(*id), kind->algorithm, *bytes, jwk};
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind.algorithm;
  return std::nullopt;
}

std::optional<KeySet> KeySet::parse(std::string_view text) {
  if (text.size() > kMostBytes) return std::nullopt;
  const JsonObject document = parse_json_object(text);
  const json_t* keys = json_object_get(document.get(), "keys");
  if (!json_is_array(keys)) return std::nullopt;
  KeySet set;
  const std::size_t count = std::min(json_array_size(keys), kMostKeys);
  for (std::size_t i = 0; i < count; ++i) {
    if (auto key = read_key(json_array_get(keys, i))) set.keys_.push_back(std::move(*key));
  }
  return set;
}

const KeySet::Key* KeySet::find(std::string_view id, SignatureAlgorithm algorithm) const {
  const auto found = std::ranges::find_if(
      keys_, [&](const Key& key) { return key.id == id && key.algorithm == algorithm; });
  return found == keys_.end() ? nullptr : &*found;
}

bool signed_by(const std::string& token, const KeySet::Key& key) {
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> jws(
      cjose_jws_import(token.data(), token.size(), &error), cjose_jws_release);
  return jws && cjose_jws_verify(jws.get(), key.jwk.get(), &error);
}

}  // namespace zoom_proxy
