#pragma once
// Tokens: `t~HASH[@domain]` (one-way) and `p~HASH+CIPHER[@domain]` (reversible by us alone).
// The cipher is AES-256-SIV (RFC 5297), or the peer's AES-256-CBC under PseudonymAlgorithm::psoxy.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/identity/pseudonym.hpp"

namespace zoom_proxy {

struct PseudonymOptions {
  PseudonymAlgorithm algorithm = PseudonymAlgorithm::hmac_sha256;
  EmailCanonicalization email_canonicalization = EmailCanonicalization::strict;
  EmailDomain email_domain = EmailDomain::preserve;
  std::string salt;
  std::string encryption_key;                         ///< empty: no reversible tokens
  std::vector<std::string> previous_encryption_keys;  ///< for decoding only; empty ones count not
};

/// Makes and reads tokens. Immutable and thread-safe once built. Building derives the keys
/// (PBKDF2, some tens of milliseconds each): do it at start-up, not on an I/O thread.
class TokenCodec {
 public:
  /// Throws std::invalid_argument when the salt is empty, or when domains are to be encrypted
  /// without an encryption key.
  explicit TokenCodec(const PseudonymOptions& options);
  ~TokenCodec();
  TokenCodec(const TokenCodec&) = delete;
  TokenCodec& operator=(const TokenCodec&) = delete;

  /// True when reversible tokens can be made.
  [[nodiscard]] bool reversible() const noexcept;

  /// Appends the token of a value (UTF-8 text, not blank). `may_be_email` is false for numbers and
  /// wherever the exact text counts. A value that looks like a token is a value like any other.
  /// A reversible token needs reversible(); throws std::logic_error otherwise.
  void append_token(std::string_view value, bool reversible, bool may_be_email,
                    std::string& out) const;

  /// The value inside one `p~` token (its `@domain` suffix is ignored), or nothing when it was not
  /// made with our keys: the cipher is authenticated, or the hash recomputed and compared.
  [[nodiscard]] std::optional<std::string> decode(std::string_view token) const;

  /// Public fingerprint of the salt, for X-Psoxy-PII-Salt-Sha256.
  [[nodiscard]] const std::string& salt_fingerprint() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// A text in which every reversible token was replaced by its value.
struct DecodedText {
  std::string text;
  std::vector<std::string> values;  ///< of the tokens, as they were before encoding
};

/// Finds `p~` followed by at least 43 base64url characters, with the whole domain suffix
/// (`@corp.test`, `@h~…`, `@e~…`), and puts the value in its place; percent-encoded when
/// `for_target` (a URL's path and query). Nothing when a token does not decode. Everything else
/// (`t~` tokens, shorter runs after `p~`) stays as it is. Linear in the text.
[[nodiscard]] std::optional<DecodedText> decode_tokens(std::string_view text,
                                                       const TokenCodec& codec, bool for_target);

}  // namespace zoom_proxy
