#include "server/worker_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace zoom_proxy {
namespace {

/// One look; shared with the handlers, which may come long after it has been given up.
struct Look {
  Look(const asio::any_io_executor& e, std::size_t workers) : timer(e), missing(workers) {}
  asio::steady_timer timer;
  std::size_t missing;
};

}  // namespace

WorkerWatch::WorkerWatch(std::vector<Worker> workers)
    : workers_(std::move(workers)), last_(workers_.size()) {}

Task<bool> WorkerWatch::look(Clock::duration bound) {
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  const auto look = std::make_shared<Look>(here, workers_.size());
  look->timer.expires_after(bound);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    asio::post(workers_[i].executor, [this, look, here, i] {
      const Connections connections = workers_[i].connections();
      asio::post(here, [this, look, i, connections] {
        last_[i] = connections;
        if (--look->missing == 0) look->timer.cancel();
      });
    });
  }
  co_await look->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return look->missing == 0;
}

WorkerWatch::Connections WorkerWatch::connections() const noexcept {
  Connections sum;
  for (const Connections& one : last_) {
    sum.in_use += one.in_use;
    sum.idle += one.idle;
    sum.waiting += one.waiting;
  }
  return sum;
}

}  // namespace zoom_proxy
