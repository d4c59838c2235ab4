#pragma once
// A pace of our own for the calls to Zoom, whose limits count for the whole account: so much is
// left for its other apps. Requests wait for their turn instead of being refused.

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>

#include "config/settings.hpp"
#include "rules/zoom_calls.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// When the next call may be made: a token bucket in the form of the generic cell rate algorithm
/// (ITU-T I.371), which holds one point in time. Not thread-safe.
class Pace {
 public:
  /// More than 0. The burst after a pause is a tenth of a second's worth, but at least one call: so
  /// no second sees more than a tenth above the rate, which Zoom counts by the second too.
  explicit Pace(std::size_t per_second);

  /// Any moment in the past when it is now.
  [[nodiscard]] Clock::time_point next() const noexcept { return due_ - slack_; }
  /// A call is made; next() has come.
  void take(Clock::time_point now) noexcept { due_ = std::max(due_, now) + interval_; }

 private:
  Clock::duration interval_;
  Clock::duration slack_;    ///< how far a call may be ahead of its due time
  Clock::time_point due_{};  ///< of the next call, if calls came evenly
};

/// One for the process, shared by all workers; thread-safe. It lives on the executor, which a
/// single thread runs, and must outlive every coroutine that waits in it.
class RateLimiter {
 public:
  RateLimiter(const asio::any_io_executor& executor, const Settings::Zoom::RateLimit& limits);
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  /// False when calls with this label never wait.
  [[nodiscard]] bool limits(RateLabel label) const noexcept { return lane(label) != nullptr; }

  /// Ends when a call may be made. Clients take turns, whatever number of requests each has
  /// waiting. Throws Failure (own_rate_limit) when the deadline comes first. Can be cancelled.
  [[nodiscard]] Task<> wait_for_turn(RateLabel label, asio::ip::address client,
                                     Clock::time_point deadline);

 private:
  struct Waiter;
  struct Lane;

  [[nodiscard]] const std::unique_ptr<Lane>& lane(RateLabel label) const noexcept {
    return lanes_[static_cast<std::size_t>(label)];
  }
  [[nodiscard]] Task<> wait_in_line(Lane& lane, asio::ip::address client,
                                    Clock::time_point deadline);
  static void serve(Lane& lane);

  asio::any_io_executor executor_;
  std::array<std::unique_ptr<Lane>, 3> lanes_;  ///< by label; null: no limit
};

/// Whose turn a request waits for before each call.
struct RateTurn {
  RateLimiter* limiter = nullptr;  ///< null: it does not wait
  RateLabel label = RateLabel::medium;
  asio::ip::address client = {};
};

}  // namespace zoom_proxy
