#pragma once
// The keys of the ID tokens' issuer: fetched over verified TLS when they are first needed, used as
// long as the issuer says, fetched anew by the requests that need them. Nothing runs between
// requests.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "server/auth/key_request.hpp"
#include "server/flight.hpp"
#include "server/moment.hpp"

namespace zoom_proxy {

/// A fetch has ended; for the log and the metrics.
struct KeyEvent {
  std::size_t keys = 0;  ///< that are now in use; 0: the fetch failed
  Seconds lifetime{0};
  std::string advice;  ///< when it failed: what happened and what to check
};

/// One for the process, shared by all workers; thread-safe. It must outlive every coroutine that
/// waits in it. Each caller's executor must be one that a single thread runs.
class KeySource {
 public:
  using Keys = std::shared_ptr<const KeySet>;
  using Sink = std::function<void(const KeyEvent&)>;  ///< called on any worker, must not throw

  /// Throws ConfigError when jwks_url is no https URL or ca_file cannot be read.
  KeySource(const Settings::InboundAuth::Oidc& oidc, Sink sink, NowFunction now = Moment::now);
  ~KeySource();

  /// The keys. Where a fetch fails, those of the last good one go on; throws Failure
  /// (authentication_failure) when there never was one.
  [[nodiscard]] Task<Keys> get();

  /// A key was not in `known`: keys that may hold it. They are the same ones when the last fetch
  /// was less than 30 seconds ago, so that whoever invents names of keys makes no traffic.
  [[nodiscard]] Task<Keys> newer_than(Keys known);

 private:
  struct Fetch;
  /// What one caller does: use `keys` at once, or wait for `fetch` first.
  struct Plan {
    Keys keys;
    std::shared_ptr<Fetch> fetch;
    bool launch = false;  ///< the fetch is new and the caller starts it
  };
  [[nodiscard]] Plan make_plan(const Keys& too_old);
  [[nodiscard]] Task<Keys> follow(Plan plan);
  [[nodiscard]] Task<> fly(std::shared_ptr<Fetch> fetch);
  void land(const std::shared_ptr<Fetch>& fetch, KeyAnswer answer);

  HttpsUrl url_;
  std::shared_ptr<asio::ssl::context> tls_;
  Sink sink_;
  NowFunction now_;
  std::mutex mutex_;  ///< guards what follows; held for a few instructions
  Keys keys_;
  std::optional<Moment> expires_at_;   ///< of keys_
  std::optional<Moment> last_launch_;  ///< of any fetch
  std::shared_ptr<Fetch> fetch_;       ///< under way
};

}  // namespace zoom_proxy
