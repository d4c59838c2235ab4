#pragma once
// One piece of work whose result many coroutines, on any worker, wait for.

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy {

/// Thread-safe. Each waiter's executor must be one that a single thread runs.
template <class Result>
class Flight {
 public:
  /// The result, or nothing when it has not come by the deadline. The flight must live until this
  /// coroutine has ended.
  [[nodiscard]] Task<std::optional<Result>> wait(Clock::time_point deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    waiter->timer.expires_at(deadline);
    /// Leaves however the coroutine ends: the timer must not outlive its worker.
    struct Seat {
      Flight& flight;
      const std::shared_ptr<Waiter>& waiter;
      ~Seat() {
        const std::lock_guard lock(flight.mutex_);
        std::erase(flight.waiters_, waiter);
      }
    };
    bool landed = false;
    {
      const std::lock_guard lock(mutex_);
      landed = result_.has_value();
      if (!landed) waiters_.push_back(waiter);
    }
    const Seat seat{*this, waiter};
    if (!landed) co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    const std::lock_guard lock(mutex_);
    co_return result_;
  }

  /// Wakes all who wait; once.
  void land(Result result) {
    std::vector<std::shared_ptr<Waiter>> waiters;
    {
      const std::lock_guard lock(mutex_);
      result_ = std::move(result);
      waiters.swap(waiters_);
    }
    for (const auto& waiter : waiters) {
      asio::post(waiter->executor,
                 [waiter] { waiter->timer.expires_at(Clock::time_point::min()); });
    }
  }

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& e) : executor(e), timer(e) {}
    asio::any_io_executor executor;
    asio::steady_timer timer;
  };
  std::mutex mutex_;  ///< guards what follows; held for a few instructions
  std::optional<Result> result_;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace zoom_proxy
