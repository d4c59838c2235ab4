#pragma once
// The token endpoint and the check of bearer tokens. One thread only.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/messages.hpp"
#include "tests/simulator/options.hpp"

namespace zoom_simulator {

class OAuth {
 public:
  using Clock = std::chrono::steady_clock;

  explicit OAuth(const Options& options) : options_(options) {}

  /// POST /oauth/token.
  [[nodiscard]] Response answer(const Request& request);
  /// The refusal, or nothing when the request's bearer token is good.
  [[nodiscard]] std::optional<Response> check(const Request& request);
  /// All tokens given out so far become invalid.
  void revoke_all() { tokens_.clear(); }
  /// What the answers with tokens tell as `scope` from now on; nothing: they have no such member.
  void set_scopes(std::optional<std::string> scopes) { scopes_ = std::move(scopes); }
  /// All that the app has.
  static const std::string_view kScopes;

 private:
  [[nodiscard]] std::string new_token();

  const Options& options_;
  std::map<std::string, Clock::time_point> tokens_;  ///< and when each ends
  std::optional<std::string> scopes_{kScopes};
  unsigned made_ = 0;
};

}  // namespace zoom_simulator
