#include "server/auth/inbound_auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "rules/format/encoding.hpp"
#include "server/auth/id_token.hpp"
#include "server/client_address.hpp"
#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

/// RFC 6750 section 3: without an error when no token came, so that a client is told no more than
/// what to bring.
constexpr const char* kNoToken = "Bearer";
constexpr const char* kBadRequest = "Bearer error=\"invalid_request\"";
constexpr const char* kBadToken = "Bearer error=\"invalid_token\"";

Failure unauthenticated(std::string message, const char* challenge) {
  return Failure(Cause::unauthenticated, std::move(message), challenge);
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1), the only place that counts.
/// X-Serverless-Authorization is for Cloud Run itself, which takes the signature out of it.
std::string_view bearer_token(const Fields& fields) {
  constexpr std::string_view kScheme = "bearer ";
  const auto value = fields.find("authorization");
  if (!value) throw unauthenticated("the request has no Authorization field", kNoToken);
  if (fields.count("authorization") > 1)
    throw unauthenticated("Authorization is there more than once", kBadRequest);
  if (!ascii_iequals(value->substr(0, kScheme.size()), kScheme))
    throw unauthenticated("Authorization holds no Bearer token", kNoToken);
  std::string_view token = value->substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  const bool visible = std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
  if (token.empty() || !visible)
    throw unauthenticated("Authorization holds no Bearer token, or more than one", kBadRequest);
  return token;
}

/// Lower-case hexadecimal.
std::string sha256_text(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Failure(Cause::unknown, "a token cannot be hashed");
  std::string text;
  for (unsigned i = 0; i < size; ++i) text.append({kHex[digest[i] >> 4], kHex[digest[i] & 15]});
  return text;
}

IpBytes bytes_of(const asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

void check_address(const std::optional<asio::ip::address>& client,
                   const std::vector<IpBlock>& allowed) {
  if (!client) throw Failure(Cause::unauthorized_ip_address, "the caller's address is not known");
  const IpBytes bytes = bytes_of(*client);
  if (std::ranges::none_of(allowed, [&](const IpBlock& block) { return block.contains(bytes); }))
    throw Failure(Cause::unauthorized_ip_address, "the caller's address is not allowed");
}

/// Every hash is looked at, and every byte of it, so that the time tells nothing.
void check_bearer(std::string_view token, const Settings::InboundAuth::Bearer& rules) {
  const std::string hash = sha256_text(token);
  unsigned found = 0;
  for (const std::string& good : rules.token_sha256) {
    const bool same_size = good.size() == hash.size();
    found |= same_size && CRYPTO_memcmp(good.data(), hash.data(), hash.size()) == 0 ? 1U : 0U;
  }
  if (found == 0) throw unauthenticated("the token is not known", kBadToken);
}

}  // namespace

InboundAuth::InboundAuth(const Settings& settings, KeySource::Sink sink, const ListenerTls* tls,
                         NowFunction now)
    : tls_(tls), now_(now) {
  const auto& auth = settings.inbound_auth;
  if (auth.mode == InboundAuthMode::oidc)
    keys_ = std::make_unique<KeySource>(auth.oidc, std::move(sink), std::move(now));
}

Task<> InboundAuth::check(const RequestHead& head, Stream& stream, const Settings& settings) {
  const auto& auth = settings.inbound_auth;
  if (!auth.allowed_ip_blocks.empty()) {
    const auto proxies = settings.listen.trusted_proxies;
    check_address(client_address(head.fields, stream.peer_address(), proxies),
                  auth.allowed_ip_blocks);
  }
  switch (auth.mode) {
    case InboundAuthMode::platform:
      co_return;
    case InboundAuthMode::oidc:
      co_await check_id_token(bearer_token(head.fields), auth.oidc);
      co_return;
    case InboundAuthMode::bearer:
      check_bearer(bearer_token(head.fields), auth.bearer);
      co_return;
    case InboundAuthMode::mtls:
      check_certificate(stream, auth.mtls);
      co_return;
  }
  throw Failure(Cause::configuration_failure, "inbound_auth.mode is none that this build knows");
}

Task<> InboundAuth::check_id_token(std::string_view credentials, const Auth::Oidc& rules) {
  using Verdict = TokenJudgement::Verdict;
  const std::string token(credentials);
  const auto judge = [&](const KeySource::Keys& keys) {
    return judge_id_token(token, *keys, rules, now_().wall);
  };
  const KeySource::Keys keys = co_await keys_->get();
  TokenJudgement judgement = judge(keys);
  if (judgement.verdict == Verdict::unknown_key) {
    const KeySource::Keys newer = co_await keys_->newer_than(keys);
    judgement = judge(newer);
  }
  if (judgement.verdict == Verdict::accepted) co_return;
  const std::string message = std::string("the ID token is refused: ") + judgement.reason;
  if (judgement.verdict == Verdict::not_allowed) throw Failure(Cause::unauthorized, message);
  throw unauthenticated(message, kBadToken);
}

/// The handshake has found the certificate good, but the connection may be older than the CAs that
/// are in force.
void InboundAuth::check_certificate(Stream& stream, const Auth::Mtls& rules) const {
  std::vector<std::string> names;
  if (tls_ != nullptr) names = stream.peer_names(*tls_->context());
  const auto& allowed = rules.allowed_names;
  if (std::ranges::any_of(names, [&](const std::string& name) {
        return std::ranges::find(allowed, name) != allowed.end();
      }))
    return;
  if (names.empty()) {
    // A 401 needs a challenge (RFC 9110 section 15.5.2); for certificates no scheme is registered.
    throw unauthenticated(
        "the client has shown no certificate, with a DNS, URI or e-mail name, "
        "that inbound_auth.mtls.ca vouches for",
        "ClientCertificate");
  }
  throw Failure(Cause::unauthorized,
                "no name of the client's certificate is in inbound_auth.mtls.allowed_names");
}

std::string_view in_words(InboundAuthMode mode) {
  switch (mode) {
    case InboundAuthMode::platform:
      return "mode `platform`: the platform in front must authenticate callers";
    case InboundAuthMode::oidc:
      return "mode `oidc`: callers show ID tokens";
    case InboundAuthMode::bearer:
      return "mode `bearer`: callers show tokens of inbound_auth.bearer";
    case InboundAuthMode::mtls:
      return "mode `mtls`: callers show client certificates";
  }
  return "";
}

}  // namespace zoom_proxy
