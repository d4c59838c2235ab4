#include "rules/engine.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "rules/compiler.hpp"
#include "rules/rule_reader.hpp"
#include "rules/zoom_calls.hpp"

namespace zoom_proxy {

namespace {

std::string sha1_hex(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1");
  }
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back(kHex[digest[i] >> 4]);
    out.push_back(kHex[digest[i] & 15]);
  }
  return out;
}

/// Reversible tokens without a key would fail each request: say it at start-up.
void check_key(const Endpoint& endpoint, const TokenCodec& codec) {
  if (codec.reversible()) return;
  for (const Transform& transform : endpoint.transforms) {
    if (transform.operation.effect() == Effect::reversible) {
      throw ConfigError(
          transform.place,
          "the rules ask for reversible pseudonyms, but no encryption key is set; set "
          "PSOXY_ENCRYPTION_KEY or pseudonyms.encryption_key");
    }
  }
}

}  // namespace

Engine::Engine(const RulesText& text, std::shared_ptr<const TokenCodec> codec, EgressGuard guard)
    : codec_(std::move(codec)),
      guard_(guard),
      rules_(read_rules(text.yaml, text.name)),
      routes_(rules_),
      scopes_(needed_scopes(routes_)),
      labels_(zoom_rate_labels(routes_, rules_.endpoints.size())),
      rules_sha_(sha1_hex(text.yaml)),
      rules_text_(text.yaml),
      rules_name_(text.name) {
  for (const Endpoint& endpoint : rules_.endpoints) {
    check_key(endpoint, *codec_);
    programs_.push_back(compile(rules_, endpoint));
  }
}

}  // namespace zoom_proxy
