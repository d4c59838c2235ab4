#pragma once
// Whether a request that Zoom has refused is worth another attempt, and how long to wait before it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.hpp"

namespace zoom_proxy {

/// True for methods that may be repeated without harm and statuses that may not come again: 429,
/// 500, 502, 503, 504.
[[nodiscard]] bool may_retry(std::string_view method, unsigned status) noexcept;

/// What one attempt has shown.
struct Attempt {
  std::size_t retries = 0;                  ///< that went before it
  std::optional<std::int64_t> retry_after;  ///< seconds: Zoom's wish
  Seconds left{0};                          ///< until the request's deadline
};

/// How long to wait before the next attempt: Zoom's wish and some jitter; without a wish
/// exponential back-off with full jitter. Nothing when that, and time for an answer, do not fit
/// before the deadline. `random` is drawn evenly from [0, 1).
[[nodiscard]] std::optional<Seconds> retry_wait(const Attempt& attempt, double random) noexcept;

}  // namespace zoom_proxy
