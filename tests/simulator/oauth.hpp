#pragma once
// The token endpoint and the check of bearer tokens. One thread only.

#include <chrono>
#include <map>
#include <optional>
#include <string>

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

 private:
  [[nodiscard]] std::string new_token();

  const Options& options_;
  std::map<std::string, Clock::time_point> tokens_;  ///< and when each ends
  unsigned made_ = 0;
};

}  // namespace zoom_simulator
