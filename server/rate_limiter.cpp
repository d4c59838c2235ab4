#include "server/rate_limiter.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "server/failure.hpp"
#include "server/fair_queue.hpp"

namespace zoom_proxy {
namespace {

constexpr std::size_t kBurstShare = 10;  ///< of a second's worth

}  // namespace

Pace::Pace(std::size_t per_second)
    : interval_(std::chrono::duration_cast<Clock::duration>(Seconds(1)) /
                static_cast<Clock::rep>(per_second)) {
  const std::size_t burst = std::max<std::size_t>(per_second / kBurstShare, 1);
  slack_ = interval_ * static_cast<Clock::rep>(burst - 1);
}

struct RateLimiter::Waiter {
  asio::steady_timer timer;  ///< ends at the deadline; cancelled when it is its turn
  bool granted = false;
};

/// All calls with one label.
struct RateLimiter::Lane {
  Lane(const asio::any_io_executor& executor, std::size_t per_second)
      : pace(per_second), timer(executor) {}
  Pace pace;
  FairQueue<asio::ip::address, Waiter> queue;
  asio::steady_timer timer;  ///< of the next turn, while somebody waits
};

RateLimiter::RateLimiter(const asio::any_io_executor& executor,
                         const Settings::Zoom::RateLimit& limits)
    : executor_(executor) {
  const auto set = [&](RateLabel label, std::size_t per_second) {
    if (per_second == 0) return;
    lanes_[static_cast<std::size_t>(label)] = std::make_unique<Lane>(executor, per_second);
  };
  set(RateLabel::light, limits.light_per_second);
  set(RateLabel::medium, limits.medium_per_second);
  set(RateLabel::heavy, limits.heavy_per_second);
}

RateLimiter::~RateLimiter() = default;

Task<> RateLimiter::wait_for_turn(RateLabel label, asio::ip::address client,
                                  Clock::time_point deadline) {
  if (!limits(label)) co_return;
  // Asio 1.81 would carry a cancellation over to the other thread by a pointer into this
  // coroutine, which may have gone on by then. This signal lives as long as anybody may use it.
  const auto signal = std::make_shared<asio::cancellation_signal>();
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (asio::cancellation_slot slot = state.slot(); slot.is_connected()) {
    slot.assign([signal, executor = executor_](asio::cancellation_type type) {
      asio::post(executor, [signal, type] { signal->emit(type); });
    });
  }
  auto waiting = wait_in_line(*lane(label), client, deadline);
  auto until_cancelled = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
  co_await asio::co_spawn(executor_, std::move(waiting), std::move(until_cancelled));
}

Task<> RateLimiter::wait_in_line(Lane& lane, asio::ip::address client, Clock::time_point deadline) {
  Waiter waiter{asio::steady_timer(executor_, deadline)};
  /// Leaves the line however the coroutine ends.
  struct Seat {
    Lane& lane;
    const asio::ip::address& client;
    Waiter& waiter;
    ~Seat() { lane.queue.remove(client, waiter); }
  };
  lane.queue.push(client, waiter);
  const Seat seat{lane, client, waiter};
  serve(lane);
  if (waiter.granted) co_return;
  const auto [error] = co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (waiter.granted) co_return;
  if (error) throw boost::system::system_error(error);  // cancelled: the client has gone
  throw Failure(Cause::own_rate_limit,
                "the request's time went by in the line that the proxy's own rate limit makes");
}

void RateLimiter::serve(Lane& lane) {
  const Clock::time_point now = Clock::now();
  while (!lane.queue.empty() && lane.pace.next() <= now) {
    Waiter& waiter = lane.queue.pop();
    lane.pace.take(now);
    waiter.granted = true;
    waiter.timer.cancel();
  }
  if (lane.queue.empty()) return;
  lane.timer.expires_at(lane.pace.next());
  lane.timer.async_wait([&lane](const boost::system::error_code& error) {
    if (!error) serve(lane);
  });
}

}  // namespace zoom_proxy
