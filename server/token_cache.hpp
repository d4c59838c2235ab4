#pragma once
// Zoom's access token (Server-to-Server OAuth, grant type account_credentials): fetched once for
// all who need it, renewed ahead of its end by the requests that use it.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "server/failure.hpp"
#include "server/moment.hpp"
#include "server/net.hpp"
#include "server/token_request.hpp"

namespace zoom_proxy {

struct TokenClient;

/// Immutable once published.
struct AccessToken {
  std::string text;
  Moment obtained_at;
  Moment refresh_at;
  Moment expires_at;
  std::optional<std::vector<std::string>> scopes;  ///< nothing: Zoom did not tell
};

/// One token request has ended; for the log and the metrics. Holds no secret.
struct TokenEvent {
  enum class Result {
    refreshed,
    refused,  ///< the credentials or the account are wrong: an operator must act
    failed,   ///< may well succeed next time
  };
  Result result = Result::failed;
  std::string advice;   ///< empty when refreshed; else what happened and what to check
  Seconds lifetime{0};  ///< when refreshed
  std::optional<std::vector<std::string>> scopes;  ///< of the new token, if Zoom told
};

/// One for the process, shared by all workers; thread-safe. It must outlive every coroutine that
/// waits in it. Each caller's executor must be one that a single thread runs.
class TokenCache {
 public:
  using Sink = std::function<void(const TokenEvent&)>;  ///< called on any worker, must not throw

  /// Throws ConfigError when zoom.token_url is no https URL.
  TokenCache(const Settings& settings, std::shared_ptr<asio::ssl::context> tls, Sink sink,
             NowFunction now = Moment::now);
  ~TokenCache();

  /// A token that lives. Throws Failure: connection_setup when Zoom refuses the credentials (the
  /// refusal is remembered for a short while), otherwise what kept the token request from
  /// succeeding.
  [[nodiscard]] Task<std::shared_ptr<const AccessToken>> get(Clock::time_point deadline);

  /// Asks with the credentials of these settings from now on, and forgets that Zoom refused others.
  /// The token stays, as Zoom still takes it, unless another account or client is meant.
  void use(const Settings& settings);

  /// Zoom said that this token is bad. Another one, fetched meanwhile, stays.
  void invalidate(const std::shared_ptr<const AccessToken>& token);

  struct Status {
    std::chrono::system_clock::time_point obtained_at;
    std::chrono::system_clock::time_point expires_at;
    std::optional<std::vector<std::string>> scopes;  ///< nothing: Zoom did not tell
  };
  /// Of the current token, for those who look at the process; nothing when there is none.
  [[nodiscard]] std::optional<Status> status() const;

 private:
  struct Fetch;
  struct Outcome;
  struct Refusal {
    std::string message;
    Moment until;
  };
  /// What one caller does: use `token` at once, or wait for `fetch` first.
  struct Plan {
    std::shared_ptr<const AccessToken> token;
    std::shared_ptr<Fetch> fetch;
    bool launch = false;  ///< the fetch is new and the caller starts it
  };

  [[nodiscard]] Plan make_plan();
  [[nodiscard]] Task<> fly(std::shared_ptr<Fetch> fetch);
  void land(const std::shared_ptr<Fetch>& fetch, Outcome outcome, Seconds lifetime);
  [[nodiscard]] std::shared_ptr<const AccessToken> make_token(TokenAnswer answer);

  std::shared_ptr<asio::ssl::context> tls_;
  Sink sink_;
  NowFunction now_;
  Seconds budget_;  ///< for one token request
  Origin origin_;
  std::string target_;
  mutable std::mutex mutex_;  ///< guards what follows; held for a few instructions
  std::shared_ptr<const TokenClient> client_;
  std::shared_ptr<const AccessToken> current_;
  std::shared_ptr<Fetch> fetch_;
  std::optional<Refusal> refusal_;
  std::minstd_rand jitter_;
};

}  // namespace zoom_proxy
