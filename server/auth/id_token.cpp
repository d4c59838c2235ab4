#include "server/auth/id_token.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "rules/format/encoding.hpp"
#include "server/auth/strict_json.hpp"

namespace zoom_proxy {
namespace {

using Verdict = TokenJudgement::Verdict;

/// Google's have 1 kB. The limit on request heads comes first; this one holds without it.
constexpr std::size_t kMostBytes = std::size_t{16} * 1024;

/// How far our clock and the issuer's may be apart.
constexpr double kSkewSeconds = 60;

/// What Cloud Run puts in the place of the signature of a token that it has checked itself.
constexpr std::string_view kRemovedSignature = "SIGNATURE_REMOVED_BY_GOOGLE";

TokenJudgement invalid(const char* reason) { return {Verdict::invalid, reason}; }

/// The three parts, decoded, but for the signature's content.
struct Parts {
  JsonObject header;
  JsonObject claims;
  std::size_t signature_bytes = 0;
  bool signature_removed = false;
};

/// Nothing when the text has not the form of a token.
std::optional<Parts> take_apart(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == token.npos || token.find('.', first + 1) != last || first == last)
    return std::nullopt;
  const auto header = decode_base64url(token.substr(0, first));
  const auto claims = decode_base64url(token.substr(first + 1, last - first - 1));
  if (!header || !claims) return std::nullopt;
  Parts parts{parse_json_object(*header), parse_json_object(*claims)};
  if (!parts.header || !parts.claims) return std::nullopt;
  const std::string_view encoded = token.substr(last + 1);
  parts.signature_removed = encoded == kRemovedSignature;
  const auto signature = decode_base64url(encoded);
  if (!signature && !parts.signature_removed) return std::nullopt;
  if (signature) parts.signature_bytes = signature->size();
  return parts;
}

/// Why the header does not do (RFC 7515 section 4), or nothing. What it says about where a key may
/// be found (jwk, jku, x5c, x5u) is not looked at.
const char* header_fault(const json_t* header) {
  // Extensions that must be understood, unencoded payloads (RFC 7797), encryption: we have none.
  for (const char* member : {"crit", "b64", "enc"})
    if (json_object_get(header, member) != nullptr) return "its header asks for what is not done";
  const json_t* type = json_object_get(header, "typ");
  if (type != nullptr && !ascii_iequals(json_text(type).value_or(""), "JWT"))
    return "it is a token of another type";
  return nullptr;
}

bool listed(const std::vector<std::string>& list, std::optional<std::string_view> text) {
  return text && std::ranges::find(list, *text) != list.end();
}

/// A string, or a list of strings that holds one of ours (RFC 7519 section 4.1.3).
bool audience_listed(const json_t* audience, const std::vector<std::string>& ours) {
  if (!json_is_array(audience)) return listed(ours, json_text(audience));
  bool found = false;
  for (std::size_t i = 0; i < json_array_size(audience); ++i) {
    const auto one = json_text(json_array_get(audience, i));
    if (!one) return false;
    found = found || listed(ours, one);
  }
  return found;
}

/// RFC 7519 sections 4.1.4 to 4.1.6. Seconds since 1970, fractions allowed.
const char* time_fault(const json_t* claims, double now) {
  const auto number = [&](const char* name) -> std::optional<double> {
    const json_t* value = json_object_get(claims, name);
    return json_is_number(value) ? std::optional(json_number_value(value)) : std::nullopt;
  };
  const auto expires = number("exp");
  if (!expires || !(*expires + kSkewSeconds > now)) return "it has expired, or has no sound exp";
  for (const char* name : {"nbf", "iat"}) {
    if (json_object_get(claims, name) == nullptr) continue;
    const auto begins = number(name);
    if (!begins || !(*begins <= now + kSkewSeconds))
      return "it is of the future (nbf, iat): check the clocks";
  }
  return nullptr;
}

/// By e-mail address if the issuer has verified that it is theirs, or by `sub`. An address on the
/// list never stands for a `sub`, which an issuer may let people choose, nor the other way round.
bool caller_listed(const json_t* claims, const std::vector<std::string>& allowed) {
  const auto is_address = [](std::string_view text) { return text.find('@') != text.npos; };
  const auto subject = json_text(claims, "sub");
  if (subject && !is_address(*subject) && listed(allowed, subject)) return true;
  const auto email = json_text(claims, "email");
  const bool verified = json_is_true(json_object_get(claims, "email_verified"));
  return verified && email && is_address(*email) && listed(allowed, email);
}

/// Of a token whose signature is good.
TokenJudgement judge_claims(const json_t* claims, const Settings::InboundAuth::Oidc& oidc,
                            double now) {
  if (!listed(oidc.issuers, json_text(claims, "iss")))
    return invalid("its iss is not in inbound_auth.oidc.issuers");
  if (!audience_listed(json_object_get(claims, "aud"), oidc.audiences))
    return invalid("its aud is not in inbound_auth.oidc.audiences");
  if (const char* fault = time_fault(claims, now)) return invalid(fault);
  if (!caller_listed(claims, oidc.allowed)) {
    return {Verdict::not_allowed,
            "neither its verified email nor its sub is in inbound_auth.oidc.allowed"};
  }
  return {Verdict::accepted, ""};
}

}  // namespace

TokenJudgement judge_id_token(const std::string& token, const KeySet& keys,
                              const Settings::InboundAuth::Oidc& oidc,
                              std::chrono::system_clock::time_point now) {
  if (token.size() > kMostBytes) return invalid("it is too long");
  const auto parts = take_apart(token);
  if (!parts) return invalid("it is no signed token (JWS, compact)");
  if (const char* fault = header_fault(parts->header.get())) return invalid(fault);
  const auto algorithm = signature_algorithm(json_text(parts->header.get(), "alg").value_or(""));
  if (!algorithm) return invalid("its alg is neither RS256 nor ES256");
  if (parts->signature_removed) {
    return invalid(
        "the platform in front has removed its signature: choose inbound_auth.mode platform there, "
        "or let tokens pass unchanged");
  }
  const auto id = json_text(parts->header.get(), "kid");
  if (!id) return invalid("it names no key (kid)");
  const KeySet::Key* key = keys.find(*id, *algorithm);
  if (key == nullptr) return {Verdict::unknown_key, "the issuer has no such key (kid, alg)"};
  if (parts->signature_bytes != key->signature_bytes || !signed_by(token, *key))
    return invalid("its signature is wrong");
  const std::chrono::duration<double> since_1970 = now.time_since_epoch();
  return judge_claims(parts->claims.get(), oidc, since_1970.count());
}

}  // namespace zoom_proxy
