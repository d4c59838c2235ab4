#include "server/auth/key_request.hpp"

#include <algorithm>
#include <boost/beast/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <exception>
#include <optional>

#include "rules/format/encoding.hpp"
#include "server/failure.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

constexpr HttpLimits kAnswerLimits{.head_bytes = 64 * 1024,
                                   .headers_count = 200,
                                   .target_bytes = 0,
                                   .body_bytes = KeySet::kMostBytes};

/// Whoever says less would have every request wait for a fetch; whoever says more would keep a key
/// alive that was withdrawn.
constexpr Seconds kShortestLife{60};
constexpr Seconds kLongestLife{24 * 3600};
constexpr Seconds kDefaultLife{3600};

KeyAnswer failed(std::string failure) { return {nullptr, Seconds{0}, std::move(failure)}; }

std::string request_text(const HttpsUrl& url) {
  Fields fields;
  fields.add("Host", authority(url.origin));
  fields.add("Accept", "application/json");
  fields.add("User-Agent", "zoom-proxy");
  fields.add("Connection", "close");
  return request_head_text("GET", url.path.empty() ? "/" : url.path, fields);
}

Task<KeyAnswer> exchange_once(const HttpsUrl& url, asio::ssl::context& tls,
                              Clock::time_point deadline) {
  const auto stream = co_await connect_tls(url.origin, tls, deadline - Clock::now());
  stream->expires_at(deadline);
  const std::string text = request_text(url);
  co_await stream->write(text);
  HttpReader reader(*stream, kAnswerLimits);
  const ResponseHead head = co_await reader.read_response_head(false);
  if (head.status != 200)
    co_return failed(url.origin.host + " answered " + std::to_string(head.status));
  const std::string body = co_await reader.read_whole_body();
  auto keys = KeySet::parse(body);
  if (!keys || keys->size() == 0) {
    co_return failed("the answer of " + url.origin.host +
                     " is no key set (JWKS) with a usable RS256 or ES256 key");
  }
  co_return KeyAnswer{
      std::make_shared<const KeySet>(std::move(*keys)), key_lifetime(head.fields), {}};
}

KeyAnswer explain(const std::exception_ptr& error, const std::string& host) {
  try {
    std::rethrow_exception(error);
  } catch (const Failure& failure) {
    return failed(failure.what());
  } catch (const boost::system::system_error& e) {
    const bool late = e.code() == boost::beast::error::timeout;
    return failed(late ? host + " did not answer in time"
                       : "the connection to " + host + " broke: " + e.code().message());
  } catch (const std::exception&) {
    return failed("the answer of " + host + " is not sound HTTP");
  }
}

/// A whole number of seconds (RFC 9111 section 1.2.2), perhaps in quotes.
std::optional<Seconds> delta_seconds(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  return error == std::errc() ? Seconds(static_cast<double>(number)) : kLongestLife;
}

}  // namespace

Task<KeyAnswer> request_keys(const HttpsUrl& url, asio::ssl::context& tls,
                             Clock::time_point deadline) {
  std::exception_ptr error;
  KeyAnswer answer;
  try {
    answer = co_await exchange_once(url, tls, deadline);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) answer = explain(error, url.origin.host);
  if (!answer.keys) {
    answer.failure = "no keys of the ID tokens' issuer: " + answer.failure +
                     "; check inbound_auth.oidc.jwks_url and inbound_auth.oidc.ca_file";
  }
  co_return answer;
}

Seconds key_lifetime(const Fields& fields) {
  std::optional<Seconds> life;
  Seconds age{0};
  for (const auto& [name, value] : fields) {
    if (ascii_iequals(name, "age")) age = delta_seconds(value).value_or(Seconds{0});
    if (!ascii_iequals(name, "cache-control")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view argument = take_part(rest, ',');
      const std::string_view directive = take_part(argument, '=');
      if (ascii_iequals(directive, "no-store") || ascii_iequals(directive, "no-cache"))
        life = Seconds{0};
      if (ascii_iequals(directive, "max-age") && !life) life = delta_seconds(trimmed(argument));
    }
  }
  if (!life) return kDefaultLife;
  return std::clamp(*life - age, kShortestLife, kLongestLife);
}

}  // namespace zoom_proxy
