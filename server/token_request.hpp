#pragma once
// The one HTTP call that gets an access token (RFC 6749, 4.4 with Zoom's grant type), and what its
// answers mean.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "server/failure.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// Who asks for tokens.
struct TokenClient {
  explicit TokenClient(const Settings& settings);

  std::string account_id;
  std::string client_id;
  Secret client_secret;
  std::string user_agent;
  Seconds connect_timeout;
};

/// All of it must live until request_token() has ended.
struct TokenRequest {
  const Origin& origin;
  const std::string& target;
  asio::ssl::context& tls;
  const TokenClient& client;
  Clock::time_point deadline;
};

struct TokenAnswer {
  std::string text;  ///< the token
  Seconds lifetime{0};
  std::optional<std::vector<std::string>> scopes;  ///< nothing: Zoom did not tell
  std::optional<Failure> failure;
  bool permanent = false;  ///< asking again is useless until somebody acts
};

/// Does not throw: every failure is in the answer.
[[nodiscard]] Task<TokenAnswer> request_token(const TokenRequest& request);

/// What a whole answer means. Its body is never quoted.
[[nodiscard]] TokenAnswer read_token_answer(unsigned status, std::string_view body);

/// application/x-www-form-urlencoded, one value.
[[nodiscard]] std::string form_encoded(std::string_view value);

}  // namespace zoom_proxy
