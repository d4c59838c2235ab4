#pragma once
// When Zoom says to come back, as a client can use it; and the dates in which it says so.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace zoom_proxy {

/// Seconds from `now` until the moment that a Retry-After names: delta-seconds or an HTTP-date
/// (RFC 9110 sections 10.2.3 and 5.6.7), or an ISO 8601 time such as 2020-05-31T00:00:00Z, which is
/// what Zoom sends with its daily limit. A moment that has passed is 0. Nothing for any other text,
/// and for more than eleven days, which no limit of Zoom's lasts.
[[nodiscard]] std::optional<std::int64_t> retry_after_seconds(
    std::string_view value, std::chrono::system_clock::time_point now);

/// The moment that a Date field names: an HTTP-date, or an ISO 8601 time as above.
[[nodiscard]] std::optional<std::chrono::sys_seconds> read_date(std::string_view value);

}  // namespace zoom_proxy
