#include "server/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace zoom_proxy {
namespace {

/// Zoom counts most of its limits by the second: so long, on average half, is the first wait.
constexpr Seconds kBase{1};

/// Longer waits help nobody: an outage of Zoom's lasts minutes, and a client waits no longer.
constexpr Seconds kLongest{16};

/// Spreads those whom Zoom gave the same moment to come back.
constexpr Seconds kJitter{1};

/// Left for the next attempt's answer: Zoom takes some tenths of a second, seconds for reports.
constexpr Seconds kTimeToAsk{2};

}  // namespace

bool may_retry(std::string_view method, unsigned status) noexcept {
  const bool harmless = method == "GET" || method == "HEAD";
  const bool passing =
      status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
  return harmless && passing;
}

std::optional<Seconds> retry_wait(const Attempt& attempt, double random) noexcept {
  const Seconds grown = kBase * std::exp2(static_cast<double>(attempt.retries));
  const Seconds wait = attempt.retry_after
                           ? Seconds(static_cast<double>(*attempt.retry_after)) + kJitter * random
                           : std::min(grown, kLongest) * random;
  if (wait + kTimeToAsk > attempt.left) return std::nullopt;
  return wait;
}

}  // namespace zoom_proxy
