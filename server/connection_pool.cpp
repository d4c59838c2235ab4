#include "server/connection_pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

/// Shorter than the 60 s after which common load balancers close an idle connection, so that we
/// are the first to give it up and seldom write into one that is being closed.
constexpr Seconds kIdleTime{50};

}  // namespace

struct ConnectionPool::Waiter {
  asio::steady_timer timer;
  bool granted = false;
};

/// The right to have one connection, from the cap.
class ConnectionPool::Turn {
 public:
  explicit Turn(ConnectionPool& pool) noexcept : pool_(&pool) {}
  Turn(Turn&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (pool_ != nullptr) pool_->end_turn();
  }
  /// The lease ends it from now on.
  void pass_on() noexcept { pool_ = nullptr; }

 private:
  ConnectionPool* pool_;
};

ConnectionPool::Lease::Lease(ConnectionPool& pool, std::unique_ptr<Stream> stream,
                             bool reused) noexcept
    : pool_(&pool), stream_(std::move(stream)), reused_(reused) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      stream_(std::move(other.stream_)),
      reused_(other.reused_) {}

ConnectionPool::Lease::~Lease() {
  stream_.reset();
  if (pool_ != nullptr) pool_->end_turn();
}

void ConnectionPool::Lease::give_back() noexcept {
  pool_->idle_.push_back(Idle{std::move(stream_), pool_->options_.now() + kIdleTime});
  std::exchange(pool_, nullptr)->end_turn();
}

ConnectionPool::ConnectionPool(Options options, std::shared_ptr<asio::ssl::context> tls)
    : options_(std::move(options)), tls_(std::move(tls)) {
  options_.max_connections = std::max<std::size_t>(1, options_.max_connections);
  idle_.reserve(options_.max_connections);  // so that give_back() cannot fail
}

ConnectionPool::~ConnectionPool() = default;

Task<ConnectionPool::Lease> ConnectionPool::acquire(Clock::time_point deadline, Reuse reuse) {
  Turn turn = co_await wait_for_turn(deadline);
  if (reuse == Reuse::never) idle_.clear();
  if (auto stream = take_idle()) {
    turn.pass_on();
    co_return Lease(*this, std::move(stream), true);
  }
  const Seconds left = deadline - Clock::now();
  if (left <= Seconds(0)) {
    throw Failure(Cause::source_api_read_timeout, "no time was left to connect to Zoom");
  }
  const Seconds timeout = std::min(options_.connect_timeout, left);
  auto stream = co_await connect_tls(options_.origin, *tls_, timeout);
  turn.pass_on();
  co_return Lease(*this, std::move(stream), false);
}

Task<ConnectionPool::Turn> ConnectionPool::wait_for_turn(Clock::time_point deadline) {
  if (in_use_ < options_.max_connections) {
    ++in_use_;
    co_return Turn(*this);
  }
  const auto executor = co_await asio::this_coro::executor;
  Waiter waiter{asio::steady_timer(executor, deadline)};
  /// Leaves the queue however the coroutine ends, even destroyed; a turn it was given and did not
  /// take goes to the next.
  struct Place {
    ConnectionPool& pool;
    Waiter& waiter;
    bool taken = false;
    ~Place() {
      if (waiter.granted && !taken) pool.end_turn();
      if (!waiter.granted) pool.waiters_.remove(&waiter);
    }
  };
  waiters_.push_back(&waiter);
  Place place{*this, waiter};
  co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!waiter.granted) {
    throw Failure(Cause::source_api_read_timeout,
                  "no connection to " + options_.origin.host +
                      " became free in time; Zoom is slow, or zoom.max_connections is too small");
  }
  place.taken = true;
  co_return Turn(*this);
}

std::unique_ptr<Stream> ConnectionPool::take_idle() noexcept {
  const Moment now = options_.now();
  std::erase_if(idle_, [&](const Idle& idle) { return idle.stale_at.reached(now); });
  while (!idle_.empty()) {
    std::unique_ptr<Stream> stream = std::move(idle_.back().stream);
    idle_.pop_back();
    if (stream->idle_and_open()) return stream;
  }
  return nullptr;
}

void ConnectionPool::end_turn() noexcept {
  if (waiters_.empty()) {
    --in_use_;
    return;
  }
  Waiter& next = *waiters_.front();
  waiters_.pop_front();
  next.granted = true;
  next.timer.cancel();
}

}  // namespace zoom_proxy
