#include "tests/server/auth/token_maker.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <vector>

namespace zoom_proxy::testing {
namespace {

constexpr int kHalf = 32;  ///< bytes of a P-256 number

void require(bool fine, const std::string& what) {
  if (!fine) throw std::runtime_error("token maker: " + what);
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

using Number = std::unique_ptr<BIGNUM, void (*)(BIGNUM*)>;

Number number(std::string_view big_endian) {
  return {BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr), BN_free};
}

std::string padded(const BIGNUM* value, int size) {
  std::string out(static_cast<std::size_t>(size), '\0');
  require(BN_bn2binpad(value, bytes(out), size) == size, "number");
  return out;
}

/// A number of a key as JWK has it: as short as can be for RSA, of full size for coordinates.
std::string parameter(const EVP_PKEY* key, const char* name, int size) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &raw) == 1, name);
  const Number value(raw, BN_free);
  return base64url(padded(raw, size > 0 ? size : BN_num_bytes(raw)));
}

std::string sign(EVP_PKEY* key, std::string_view input, const EVP_MD* digest, bool pss = false) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  require(EVP_DigestSignInit(context.get(), &options, digest, nullptr, key) == 1, "sign");
  if (pss) require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1, "PSS");
  std::size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, bytes(input), input.size());
  std::string out(size, '\0');
  require(EVP_DigestSign(context.get(), bytes(out), &size, bytes(input), input.size()) == 1,
          "sign");
  out.resize(size);
  return out;
}

std::string hmac(std::string_view key, std::string_view input) {
  std::string out(32, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(input), input.size(),
       bytes(out), &size);
  return out;
}

std::string public_key_der(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  require(size > 0, "DER");
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

/// An ES256 signature of the good key, spoiled.
std::string altered(const std::string& good, const std::string& how) {
  const std::string r = good.substr(0, kHalf);
  const std::string s = good.substr(kHalf);
  const std::string zero(kHalf, '\0');
  if (how == "zero") return zero + zero;
  if (how == "r-zero") return zero + s;
  if (how == "s-zero") return r + zero;
  if (how == "r-n") return TokenMaker::group_order() + s;
  if (how == "s-n") return r + TokenMaker::group_order();
  if (how == "short") return good.substr(0, good.size() - 1);
  if (how == "long") return good + '\0';
  if (how == "leading-zero") return '\0' + good;
  if (how == "half") return r;
  if (how == "negated-s") {
    const Number n = number(TokenMaker::group_order());
    const Number minus = number(s);
    BN_sub(minus.get(), n.get(), minus.get());
    return r + padded(minus.get(), kHalf);
  }
  throw std::runtime_error("token maker: no such recipe: ES256-" + how);
}

std::string tagged(int tag, const std::string& content) {
  return std::string{static_cast<char>(tag), static_cast<char>(content.size())} + content;
}

/// The numbers of a signature as DER has them (RFC 3279 section 2.2.3), but for one thing.
std::string odd_der(const std::string& good, const std::string& how) {
  constexpr int kInteger = 0x02;
  constexpr int kSequence = 0x30;
  const auto number = [&](std::string half) {
    const std::size_t first = half.find_first_not_of('\0');
    half.erase(0, first);
    const bool high = (static_cast<unsigned char>(half.front()) & 0x80U) != 0;
    if (high && how != "negative") half.insert(0, 1, '\0');
    if (how == "leading-zeros") half.insert(0, 2, '\0');
    return tagged(kInteger, half);
  };
  const std::string both = number(good.substr(0, kHalf)) + number(good.substr(kHalf));
  if (how == "long-length")
    return std::string{kSequence, '\x81', static_cast<char>(both.size())} + both;
  if (how == "indefinite-length")
    return std::string{kSequence, '\x80'} + both + std::string(2, '\0');
  if (how == "third-number")
    return tagged(kSequence, both + tagged(kInteger, std::string(1, '\1')));
  const std::string whole = tagged(kSequence, both);
  if (how == "rubbish-behind") return whole + std::string(2, '\0');
  require(how == "leading-zeros" || how == "negative", "no such recipe: ES256-der-" + how);
  return whole;
}

std::string_view after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
}

}  // namespace

std::string base64url(std::string_view plain) {
  std::string out(4 * ((plain.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(bytes(out), bytes(plain), static_cast<int>(plain.size()));
  out.resize(static_cast<std::size_t>(size));
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

TokenMaker::Key TokenMaker::make_rsa(unsigned bits) {
  Key made(EVP_RSA_gen(bits), EVP_PKEY_free);
  require(made != nullptr, "RSA key");
  return made;
}

TokenMaker::Key TokenMaker::make_ec(const char* curve) {
  Key made(EVP_EC_gen(curve), EVP_PKEY_free);
  require(made != nullptr, "EC key");
  return made;
}

TokenMaker::Key TokenMaker::key(const std::string& id) const {
  Key& made = keys_[id];
  if (!made) made = id.starts_with("rsa") ? make_rsa(2048) : make_ec("P-256");
  return made;
}

std::string TokenMaker::jwk(const std::string& id, EVP_PKEY* key, const std::string& more) {
  std::string text = "{" + more + "\"kid\":\"" + id + "\",";
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    return text + R"("kty":"RSA","n":")" + parameter(key, OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
           parameter(key, OSSL_PKEY_PARAM_RSA_E, 0) + "\"}";
  }
  const int size = (EVP_PKEY_get_bits(key) + 7) / 8;
  const std::string curve = "P-" + std::to_string(EVP_PKEY_get_bits(key));
  return text + R"("kty":"EC","crv":")" + curve + R"(","x":")" +
         parameter(key, OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" +
         parameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, size) + "\"}";
}

std::string TokenMaker::key_set() const {
  std::string text = R"({"keys":[)";
  for (const char* id : {"rsa-1", "rsa-2", "ec-1"}) {
    if (!text.ends_with('[')) text += ',';
    text += jwk(id, key(id).get(), R"("use":"sig",)");
  }
  return text + "]}";
}

std::string TokenMaker::token(const std::string& header, const std::string& claims,
                              const std::string& recipe) const {
  std::string protected_header = header;
  constexpr std::string_view kEmbedded = "-jwk-in-header";
  std::string how = recipe;
  if (how.ends_with(kEmbedded)) {
    how.resize(how.size() - kEmbedded.size());
    const std::string id = how.starts_with("ES") ? "ec-other" : "rsa-other";
    protected_header.pop_back();
    protected_header += ",\"jwk\":" + jwk(id, key(id).get()) + "}";
  }
  const std::string input = base64url(protected_header) + '.' + base64url(claims);
  const std::string mark = "\"kid\":\"";
  const std::size_t at = header.find(mark);
  const std::string id =
      at == header.npos
          ? ""
          : header.substr(at + mark.size(), header.find('"', at + mark.size()) - at - mark.size());
  return input + '.' + base64url(signature(input, how, id));
}

std::string TokenMaker::signature(const std::string& input, const std::string& recipe,
                                  const std::string& id) const {
  const auto rsa = [&](const char* name) { return key(name).get(); };
  if (recipe == "none") return {};
  if (recipe == "RS256-good-key") return sign(rsa("rsa-1"), input, EVP_sha256());
  if (recipe == "RS256-second-key") return sign(rsa("rsa-2"), input, EVP_sha256());
  if (recipe == "RS256-other-key") return sign(rsa("rsa-other"), input, EVP_sha256());
  if (recipe == "RS384-good-key") return sign(rsa("rsa-1"), input, EVP_sha384());
  if (recipe == "RS512-good-key") return sign(rsa("rsa-1"), input, EVP_sha512());
  if (recipe == "PS256-good-key") return sign(rsa("rsa-1"), input, EVP_sha256(), true);
  if (recipe == "ES256-good-key") return ecdsa(key("ec-1").get(), input);
  if (recipe == "ES256-other-key") return ecdsa(key("ec-other").get(), input);
  if (recipe == "ES256-der") return sign(key("ec-1").get(), input, EVP_sha256());
  if (recipe == "HS256-with-public-key-der") return hmac(public_key_der(rsa("rsa-1")), input);
  if (recipe == "HS256-with-jwk-n")
    return hmac(parameter(rsa("rsa-1"), OSSL_PKEY_PARAM_RSA_N, 0), input);
  if (recipe == "HS256-with-jwk-json") return hmac(jwk(id, key(id).get()), input);
  if (recipe == "HS256-with-empty-key") return hmac("", input);
  if (recipe == "HS256-with-kid") return hmac(id, input);
  const std::string_view how = after(recipe, "ES256-");
  require(!how.empty(), "no such recipe: " + recipe);
  if (const std::string_view der = after(how, "der-"); !der.empty())
    return odd_der(ecdsa(key("ec-1").get(), input), std::string(der));
  if (how == "without-leading-zero") return without_leading_zero(key("ec-1").get(), input);
  return altered(ecdsa(key("ec-1").get(), input), std::string(how));
}

std::string TokenMaker::raw_rsa(EVP_PKEY* key, std::string_view block) {
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(
      EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  std::size_t size = block.size();
  std::string out(size, '\0');
  require(EVP_PKEY_sign_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1 &&
              EVP_PKEY_sign(context.get(), bytes(out), &size, bytes(block), block.size()) == 1,
          "raw RSA");
  return out;
}

std::string TokenMaker::ecdsa(EVP_PKEY* key, std::string_view input) {
  const std::string der = sign(key, input, EVP_sha256());
  const unsigned char* at = bytes(der);
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> both(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  return padded(ECDSA_SIG_get0_r(both.get()), kHalf) + padded(ECDSA_SIG_get0_s(both.get()), kHalf);
}

std::string TokenMaker::without_leading_zero(EVP_PKEY* key, std::string_view input) {
  for (;;) {  // one in 256
    const std::string good = ecdsa(key, input);
    if (good.front() == '\0') return good.substr(1);
  }
}

std::string TokenMaker::group_order() {
  const std::unique_ptr<EC_GROUP, void (*)(EC_GROUP*)> group(
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), EC_GROUP_free);
  return padded(EC_GROUP_get0_order(group.get()), kHalf);
}

}  // namespace zoom_proxy::testing
