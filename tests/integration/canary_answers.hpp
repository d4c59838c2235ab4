#pragma once
// Answers of Zoom, made at random, in which every personal value is a canary.

#include <cstdint>
#include <string>

namespace integration {

/// What Zoom is asked, what it answers, and what the client may be told.
struct CanaryExchange {
  std::string target;
  std::string response;   ///< all bytes
  unsigned status = 0;    ///< for the client
  bool may_pass = false;  ///< the damage may lie in what is dropped unread: 200 is right as well
  bool closes = false;    ///< Zoom ends the connection after it
};

/// The same for the same seed.
[[nodiscard]] CanaryExchange canary_exchange(std::uint64_t seed);

/// The first canary in a text, raw or behind JSON escapes; empty when it is clean.
[[nodiscard]] std::string find_canary(const std::string& text);

}  // namespace integration
