#include "rules/identity/token.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "rules/format/encoding.hpp"
#include "rules/identity/cipher.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kReversible = "p~";
constexpr std::size_t kHashChars = 43;  // base64url of 32 bytes

constexpr bool is_domain_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

constexpr bool is_base64url_char(char c) noexcept {
  return (is_domain_char(c) && c != '.') || c == '_';
}

template <typename Predicate>
std::size_t run_length(std::string_view text, Predicate is_member) noexcept {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_member) -
                                  text.begin());
}

/// Length of the `@domain` at the start of `text`; 0 when there is none.
std::size_t suffix_length(std::string_view text) noexcept {
  if (!text.starts_with('@')) return 0;
  text.remove_prefix(1);
  if (text.starts_with("h~") || text.starts_with("e~")) {
    return 3 + run_length(text.substr(2), is_base64url_char);
  }
  const std::size_t length = run_length(text, is_domain_char);
  return length == 0 ? 0 : 1 + length;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool equal_in_constant_time(const Digest& a, const Digest& b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

struct TokenCodec::Impl {
  PseudonymAlgorithm algorithm;
  EmailCanonicalization email_canonicalization;
  EmailDomain email_domain;
  PseudonymHash hash;
  bool reversible;
  std::vector<ValueCipher> ciphers;  ///< the current key first, when there is one
  std::string fingerprint;

  void append_sealed(const Digest& digest, std::string_view value, std::string& out) const {
    ValueCipher::Bytes sealed(digest.begin(), digest.end());
    ciphers.front().seal(digest, value, sealed);
    append_base64url({sealed.data(), sealed.size()}, out);
  }

  void append(std::string_view canonical, std::string_view value, bool with_value,
              std::string& out) const {
    const Digest digest = hash(canonical);
    if (with_value) {
      out += kReversible;
      append_sealed(digest, value, out);
    } else {
      out += "t~";
      append_base64url(digest, out);
    }
  }

  void append_domain(std::string_view domain, std::string& out) const {
    switch (email_domain) {
      case EmailDomain::preserve:
        out.append(1, '@').append(domain);
        break;
      case EmailDomain::redact:
        break;
      case EmailDomain::tokenize:
        out += "@h~";
        append_base64url(hash(domain), out);
        break;
      case EmailDomain::encrypt:
        out += "@e~";
        append_sealed(hash(domain), domain, out);
        break;
    }
  }

  /// SIV has authenticated the value already. CBC has not, but the hash in front must be the
  /// value's: of its canonical form, or of its exact text where that was what counted.
  [[nodiscard]] bool genuine(const Digest& digest, std::string_view value) const {
    return algorithm != PseudonymAlgorithm::psoxy ||
           equal_in_constant_time(digest, hash(canonicalize(value, email_canonicalization).text)) ||
           equal_in_constant_time(digest, hash(value));
  }
};

TokenCodec::TokenCodec(const PseudonymOptions& options) {
  if (options.salt.empty()) {
    throw std::invalid_argument("the salt of pseudonyms is empty: set pseudonyms.salt");
  }
  if (options.email_domain == EmailDomain::encrypt && options.encryption_key.empty()) {
    throw std::invalid_argument(
        "e-mail domains cannot be encrypted without a key: set pseudonyms.encryption_key, or "
        "another pseudonyms.email_domain");
  }
  std::vector<ValueCipher> ciphers;
  const auto add = [&](const std::string& key) {
    if (!key.empty()) ciphers.emplace_back(options.algorithm, key, options.salt);
  };
  add(options.encryption_key);
  for (const std::string& key : options.previous_encryption_keys) add(key);
  impl_ = std::make_unique<const Impl>(Impl{
      .algorithm = options.algorithm,
      .email_canonicalization = options.email_canonicalization,
      .email_domain = options.email_domain,
      .hash = PseudonymHash(options.algorithm, options.salt),
      .reversible = !options.encryption_key.empty(),
      .ciphers = std::move(ciphers),
      .fingerprint = zoom_proxy::salt_fingerprint(options.salt),
  });
}

TokenCodec::~TokenCodec() = default;

bool TokenCodec::reversible() const noexcept { return impl_->reversible; }

void TokenCodec::append_token(std::string_view value, bool reversible, bool may_be_email,
                              std::string& out) const {
  if (reversible && !impl_->reversible) {
    throw std::logic_error(
        "a reversible token needs an encryption key: set pseudonyms.encryption_key");
  }
  // Most ids hold no @: they are their own canonical form and need no copy.
  if (may_be_email && value.find('@') != std::string_view::npos) {
    CanonicalText canonical;
    const std::string_view domain =
        canonicalize_mailbox(value, impl_->email_canonicalization, canonical);
    if (!domain.empty()) {
      impl_->append({canonical.data(), canonical.size()}, value, reversible, out);
      impl_->append_domain(domain, out);
      return;
    }
  }
  impl_->append(value, value, reversible, out);
}

std::optional<std::string> TokenCodec::decode(std::string_view token) const {
  if (!token.starts_with(kReversible)) return std::nullopt;
  token.remove_prefix(kReversible.size());
  const std::optional<std::string> bytes = decode_base64url(token.substr(0, token.find('@')));
  if (!bytes) return std::nullopt;
  Digest digest;
  if (bytes->size() <= digest.size()) return std::nullopt;
  std::copy_n(bytes_of(*bytes).begin(), digest.size(), digest.begin());
  const std::span<const std::uint8_t> sealed = bytes_of(*bytes).subspan(digest.size());
  for (const ValueCipher& cipher : impl_->ciphers) {
    std::optional<std::string> value = cipher.open(digest, sealed);
    if (value && impl_->genuine(digest, *value)) return value;
  }
  return std::nullopt;
}

const std::string& TokenCodec::salt_fingerprint() const noexcept { return impl_->fingerprint; }

std::optional<DecodedText> decode_tokens(std::string_view text, const TokenCodec& codec,
                                         bool for_target) {
  DecodedText out;
  for (;;) {
    const std::size_t begin = text.find(kReversible);
    if (begin == std::string_view::npos) break;
    const std::string_view rest = text.substr(begin + kReversible.size());
    const std::size_t length = run_length(rest, is_base64url_char);
    if (length < kHashChars) {  // what follows may still hold a token: `p~abcp~…`
      out.text += text.substr(0, begin + kReversible.size());
      text = rest;
      continue;
    }
    const std::size_t token_end = begin + kReversible.size() + length;
    std::optional<std::string> value = codec.decode(text.substr(begin, token_end - begin));
    if (!value) return std::nullopt;
    out.text += text.substr(0, begin);
    out.text += for_target ? percent_encode(*value) : *value;
    out.values.push_back(std::move(*value));
    text.remove_prefix(token_end + suffix_length(text.substr(token_end)));
  }
  out.text += text;
  return out;
}

}  // namespace zoom_proxy
