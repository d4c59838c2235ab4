#pragma once
// From a value to its stable hash: canonical form, then HMAC-SHA256 keyed with the salt, or the
// peer's SHA-256(canonical + salt). Facts: docs/compatibility.md, "Pseudonyms".

#include <boost/container/small_vector.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "rules/identity/sha256.hpp"

namespace zoom_proxy {

enum class PseudonymAlgorithm { hmac_sha256, psoxy };
enum class EmailCanonicalization { strict, ignore_dots };
/// What becomes of an address's domain in a token.
enum class EmailDomain { preserve, redact, tokenize, encrypt };

/// The canonical text that is hashed, and the domain as written (empty: not an e-mail address).
struct CanonicalValue {
  std::string text;
  std::string_view domain;  ///< points into the value
};

/// Canonical form of a value: for a mailbox lower-case local part up to the first `+` (dots removed
/// under ignore_dots), `@`, lower-case domain; anything else exactly as it is.
[[nodiscard]] CanonicalValue canonicalize(std::string_view value, EmailCanonicalization how);

/// Room for any address of RFC 5321 without an allocation: 64 characters, `@`, 255 characters.
using CanonicalText = boost::container::small_vector<char, 320>;

/// The same for a mailbox, whose text it puts into `text`. Returns the domain as written; empty,
/// and `text` untouched, for anything else.
[[nodiscard]] std::string_view canonicalize_mailbox(std::string_view value,
                                                    EmailCanonicalization how, CanonicalText& text);

/// The text by which a JSON number (RFC 8259, valid) is pseudonymized: an integer of any size as it
/// is, but `0` for `-0`; with a fraction or an exponent as Java's Double.toString has it: `1.0`,
/// `1.0E7`, `Infinity`.
[[nodiscard]] std::string number_text(std::string_view json_number);

/// Keyed hash of canonical texts. Immutable, thread-safe. Keeps the state after the key pads, never
/// the salt's text (which only the peer's algorithm needs). Key material is cleansed on
/// destruction.
class PseudonymHash {
 public:
  PseudonymHash(PseudonymAlgorithm algorithm, std::string_view salt);
  ~PseudonymHash();
  PseudonymHash(PseudonymHash&&) noexcept;
  PseudonymHash& operator=(PseudonymHash&&) noexcept;

  /// A moved-from object must not be called.
  [[nodiscard]] Digest operator()(std::string_view canonical) const noexcept;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

/// The salt's public fingerprint: SHA-256(salt + a fixed UUID) in the peer's base64 flavour
/// (no padding, `/` as `_`, `+` as `.`). Clients watch it for changes. Empty for an empty salt.
[[nodiscard]] std::string salt_fingerprint(std::string_view salt);

}  // namespace zoom_proxy
