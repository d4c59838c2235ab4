#include "server/token_request.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <cmath>
#include <exception>
#include <memory>

#include "rules/zoom_scopes.hpp"
#include "server/http.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;

/// Zoom's answer has about 2 kB.
constexpr HttpLimits kAnswerLimits{
    .head_bytes = 64 * 1024, .headers_count = 200, .target_bytes = 0, .body_bytes = 64 * 1024};
constexpr std::size_t kTokenBytes = 16 * 1024;

/// RFC 6749, 5.1 leaves the lifetime open when it is not told; Zoom's is an hour.
constexpr Seconds kDefaultLifetime{3600};
/// Nothing longer is believed: after this a token is fetched anew even if it claims to live.
constexpr Seconds kLongestLifetime{24 * 3600};

/// Errors of RFC 6749, 5.2, or Zoom's own numbers, that an operator must mend. Empty is any. Zoom
/// tells some apart by its reason alone, of which `reason` is a part. The first row that fits wins.
struct Permanent {
  std::string_view error;
  std::string_view reason;
  const char* advice;
};
constexpr const char* kNotActivated =
    "Zoom refuses the client: its app is not activated, or was deactivated; activate it in Zoom's "
    "App Marketplace (Manage, the app, Activation), or ask an administrator of the account who has "
    "disabled it to allow it there";
constexpr const char* kWrongClient =
    "Zoom refuses the client (invalid_client): extra characters in, or wrong, Client ID or Client "
    "Secret; check zoom.client_id (PSOXY_ZOOM_CLIENT_ID) and zoom.client_secret "
    "(PSOXY_ZOOM_CLIENT_SECRET), and that the Zoom app is activated";
constexpr const char* kNotAllowed =
    "Zoom refuses the account (invalid_request): it does not allow Server-to-Server OAuth apps; "
    "have an owner or admin of the account allow them for the role of the app's owner";
constexpr const char* kWrongAccount =
    "Zoom refuses the account (invalid_request): extra characters in, or wrong, Account ID; check "
    "zoom.account_id (PSOXY_ZOOM_ACCOUNT_ID)";
constexpr const char* kWrongKind =
    "Zoom refuses the kind of app (unsupported_grant_type): zoom.client_id (PSOXY_ZOOM_CLIENT_ID) "
    "must belong to a Server-to-Server OAuth app; create one and take its credentials";
constexpr Permanent kPermanent[] = {
    {"", "disabled", kNotActivated},
    {"4717", "", kNotActivated},
    {"4738", "", kNotActivated},
    {"invalid_client", "", kWrongClient},
    {"4702", "", kWrongClient},
    {"4704", "", kWrongClient},
    {"invalid_request", "enabled the OAuth app type", kNotAllowed},
    {"invalid_request", "", kWrongAccount},
    {"unsupported_grant_type", "", kWrongKind},
    {"4705", "", kWrongKind},
};

TokenAnswer failed(Cause cause, std::string message) {
  TokenAnswer answer;
  answer.failure.emplace(cause, std::move(message));
  return answer;
}

/// RFC 6750, 2.1: what can stand behind "Bearer ".
bool is_token68(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-._~+/=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kTokenBytes && std::all_of(text.begin(), text.end(), fits);
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  std::string padded = text + '\0';  // OpenSSL ends with NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(padded.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  padded.resize(text.size());
  return padded;
}

std::string request_text(const TokenRequest& request) {
  const TokenClient& client = request.client;
  const std::string body =
      "grant_type=account_credentials&account_id=" + form_encoded(client.account_id);
  const std::string credentials =
      client.client_id + ":" + std::string(client.client_secret.reveal());
  Fields fields;
  fields.add("Host", authority(request.origin));
  fields.add("Authorization", "Basic " + base64(credentials));
  fields.add("Accept", "application/json");
  fields.add("User-Agent", client.user_agent);
  fields.add("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
  fields.add("Content-Length", std::to_string(body.size()));
  fields.add("Connection", "close");
  return request_head_text("POST", request.target, fields) + body;
}

Task<TokenAnswer> exchange_once(const TokenRequest& request) {
  const Seconds left = request.deadline - Clock::now();
  const Seconds timeout = std::min(request.client.connect_timeout, left);
  const auto stream = co_await connect_tls(request.origin, request.tls, timeout);
  stream->expires_at(request.deadline);
  const std::string text = request_text(request);
  co_await stream->write(text);
  HttpReader reader(*stream, kAnswerLimits);
  const ResponseHead head = co_await reader.read_response_head(false);
  const std::string body = co_await reader.read_whole_body();
  co_return read_token_answer(head.status, body);
}

TokenAnswer explain(const std::exception_ptr& error, const Origin& origin) {
  try {
    std::rethrow_exception(error);
  } catch (const Failure& failure) {
    return failed(failure.cause(), std::string("no access token: ") + failure.what());
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::beast::error::timeout) {
      return failed(Cause::network_egress_blocked,
                    "no access token: " + origin.host + " did not answer in time");
    }
    return failed(Cause::connection_to_source, "no access token: the connection to " + origin.host +
                                                   " broke: " + e.code().message());
  } catch (const HttpError& e) {
    return failed(Cause::connection_to_source, "no access token: the answer of " + origin.host +
                                                   " is not sound HTTP: " + e.what());
  } catch (const std::exception&) {
    return failed(Cause::configuration_failure,
                  "no access token: the request cannot be built; check zoom.client_id, "
                  "zoom.client_secret and zoom.user_agent for control characters");
  }
}

Seconds lifetime_of(const json::object& answer) {
  const json::value* value = answer.if_contains("expires_in");
  if (value == nullptr || !value->is_number()) return kDefaultLifetime;
  const double seconds = value->to_number<double>();
  if (!(seconds > 0)) return Seconds{0};
  return Seconds(std::min(seconds, kLongestLifetime.count()));
}

/// RFC 6749, 3.3: names with spaces between. Only those that look like Zoom's, for they are shown;
/// no more than the limit of the answer lets in.
std::optional<std::vector<std::string>> scopes_of(const json::object& answer) {
  const json::value* value = answer.if_contains("scope");
  if (value == nullptr || !value->is_string()) return std::nullopt;
  std::vector<std::string> scopes;
  std::string_view rest(value->get_string());
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(' '));
    if (is_scope(name)) scopes.emplace_back(name);
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
  return scopes;
}

std::string_view text_of(const json::object* answer, std::string_view name) {
  const json::value* value = answer == nullptr ? nullptr : answer->if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string_view(value->get_string());
}

/// RFC 6749's error, else the number that Zoom's API has in its place.
std::string error_of(const json::object* answer) {
  for (const char* name : {"error", "code"}) {
    const json::value* value = answer == nullptr ? nullptr : answer->if_contains(name);
    if (value != nullptr && value->is_int64()) return std::to_string(value->get_int64());
    if (const std::string_view text = text_of(answer, name); !text.empty())
      return std::string(text);
  }
  return {};
}

TokenAnswer read_refusal(unsigned status, const json::object* answer) {
  const std::string what = "no access token: the token endpoint answered " + std::to_string(status);
  if (status >= 500) return failed(Cause::connection_to_source, what + ": Zoom has a problem");
  if (status == 429) return failed(Cause::connection_to_source, what + ": it is asked too often");
  const std::string error = error_of(answer);
  std::string_view reason;
  for (const char* name : {"reason", "error_description", "message"})
    if (reason.empty()) reason = text_of(answer, name);
  for (const Permanent& row : kPermanent) {
    if (status / 100 != 4 || (!row.error.empty() && error != row.error)) continue;
    if (reason.find(row.reason) == std::string_view::npos) continue;
    TokenAnswer result = failed(Cause::connection_setup, row.advice);
    result.permanent = true;
    return result;
  }
  return failed(Cause::connection_setup, what + "; check zoom.token_url and the Zoom app");
}

}  // namespace

TokenClient::TokenClient(const Settings& settings)
    : account_id(settings.zoom.account_id),
      client_id(settings.zoom.client_id),
      client_secret(settings.zoom.client_secret.clone()),
      user_agent(settings.zoom.user_agent),
      connect_timeout(settings.timeouts.connect) {}

std::string form_encoded(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_')) {
      text += c;
    } else {
      text.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return text;
}

TokenAnswer read_token_answer(unsigned status, std::string_view body) {
  json::error_code error;
  json::value value = json::parse({body.data(), body.size()}, error);
  const json::object* answer = error ? nullptr : value.if_object();
  if (status != 200) return read_refusal(status, answer);
  const json::value* token = answer == nullptr ? nullptr : answer->if_contains("access_token");
  if (token == nullptr || !token->is_string() ||
      !is_token68(std::string_view(token->get_string()))) {
    return failed(Cause::connection_setup,
                  "no access token: the answer of the token endpoint holds no usable one; check "
                  "zoom.token_url");
  }
  TokenAnswer result;
  result.text = std::string(std::string_view(token->get_string()));
  result.lifetime = lifetime_of(*answer);
  result.scopes = scopes_of(*answer);
  return result;
}

Task<TokenAnswer> request_token(const TokenRequest& request) {
  std::exception_ptr error;
  TokenAnswer answer;
  try {
    answer = co_await exchange_once(request);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) co_return explain(error, request.origin);
  co_return answer;
}

}  // namespace zoom_proxy
