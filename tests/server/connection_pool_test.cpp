#include "server/connection_pool.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/failure.hpp"
#include "tests/server/tls_server.hpp"

namespace zoom_proxy {
namespace {

using Lease = ConnectionPool::Lease;
using Reuse = ConnectionPool::Reuse;
using testing::Peer;
using testing::run_on;
using testing::soon;
using testing::TestCa;
using testing::TlsServer;

class ConnectionPoolTest : public ::testing::Test {
 protected:
  [[nodiscard]] ConnectionPool::Options options(std::size_t max_connections) {
    return {.origin = server.origin(), .max_connections = max_connections, .now = [this] {
              return now;
            }};
  }

  asio::io_context io{1};  ///< outlives the pools
  Moment now = Moment::now();
  TestCa ca;
  TlsServer server{ca, [](Peer& peer) {
                     while (peer.read_request() == "close\r\n\r\n") peer.close();
                   }};
  std::shared_ptr<asio::ssl::context> tls = make_client_tls(ca.file(), TlsVersion::v1_3);
};

/// Lets other coroutines of this io_context run until they wait.
Task<> let_others_run() {
  for (int i = 0; i < 10; ++i) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
}

TEST_F(ConnectionPoolTest, KeepsWhatIsGivenBackAndClosesWhatIsNot) {
  ConnectionPool pool(options(4), tls);
  const auto use = [&]() -> Task<> {
    {
      const Lease lost = co_await pool.acquire(soon(), Reuse::allowed);
      EXPECT_FALSE(lost.reused());
      EXPECT_EQ(pool.in_use(), 1U);
    }
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(pool.idle(), 0U);
    Lease kept = co_await pool.acquire(soon(), Reuse::allowed);
    EXPECT_FALSE(kept.reused());
    kept.give_back();
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(pool.idle(), 1U);
    const Lease again = co_await pool.acquire(soon(), Reuse::allowed);
    EXPECT_TRUE(again.reused());
    EXPECT_EQ(pool.idle(), 0U);
  };
  run_on(io, use());
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(ConnectionPoolTest, TheNewestIdleConnectionGoesFirst) {
  ConnectionPool pool(options(4), tls);
  const auto use = [&]() -> Task<> {
    Lease first = co_await pool.acquire(soon(), Reuse::allowed);
    Lease second = co_await pool.acquire(soon(), Reuse::allowed);
    const Stream* const newest = &second.stream();
    first.give_back();
    second.give_back();
    const Lease again = co_await pool.acquire(soon(), Reuse::allowed);
    EXPECT_EQ(&again.stream(), newest);
  };
  run_on(io, use());
}

TEST_F(ConnectionPoolTest, NeverGoesOverItsCapAndServesInTurn) {
  ConnectionPool pool(options(2), tls);
  std::vector<int> order;
  std::size_t most = 0;
  const auto use = [&](int number) -> Task<> {
    Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
    order.push_back(number);
    most = std::max(most, pool.in_use() + pool.idle());
    co_await let_others_run();
    if (number % 2 == 0) lease.give_back();
  };
  const auto all = [&]() -> Task<> {
    Lease a = co_await pool.acquire(soon(), Reuse::allowed);
    std::optional<Lease> b;
    Lease second = co_await pool.acquire(soon(), Reuse::allowed);
    b.emplace(std::move(second));
    for (int i = 0; i < 8; ++i) {
      asio::co_spawn(co_await asio::this_coro::executor, use(i), asio::detached);
    }
    co_await let_others_run();
    EXPECT_EQ(pool.waiting(), 8U);
    EXPECT_EQ(pool.in_use(), 2U);
    a.give_back();
    b.reset();
  };
  run_on(io, all());
  EXPECT_EQ(order.size(), 8U);
  EXPECT_EQ(order.front(), 0);
  EXPECT_EQ(most, 2U);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(pool.waiting(), 0U);
}

TEST_F(ConnectionPoolTest, WaitersWithOneConnectionKeepTheirOrder) {
  ConnectionPool pool(options(1), tls);
  std::vector<int> order;
  const auto use = [&](int number) -> Task<> {
    Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
    order.push_back(number);
    lease.give_back();
  };
  const auto all = [&]() -> Task<> {
    Lease held = co_await pool.acquire(soon(), Reuse::allowed);
    for (int i = 0; i < 5; ++i) {
      asio::co_spawn(co_await asio::this_coro::executor, use(i), asio::detached);
    }
    co_await let_others_run();
    held.give_back();
  };
  run_on(io, all());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(ConnectionPoolTest, WaitingEndsAtTheDeadlineAndLeavesTheQueue) {
  ConnectionPool pool(options(1), tls);
  std::optional<Cause> cause;
  const auto use = [&]() -> Task<> {
    Lease held = co_await pool.acquire(soon(), Reuse::allowed);
    try {
      const auto deadline = Clock::now() + std::chrono::milliseconds(10);
      const Lease never = co_await pool.acquire(deadline, Reuse::allowed);
    } catch (const Failure& failure) {
      cause = failure.cause();
    }
    EXPECT_EQ(pool.waiting(), 0U);
    held.give_back();
    EXPECT_EQ(pool.in_use(), 0U);
  };
  run_on(io, use());
  EXPECT_EQ(cause, Cause::source_api_read_timeout);
}

TEST_F(ConnectionPoolTest, AFailedConnectionFreesItsPlace) {
  ConnectionPool::Options closed = options(1);
  {
    const TlsServer gone(ca, [](Peer&) {});
    closed.origin = gone.origin();
  }
  ConnectionPool pool(closed, tls);
  const auto use = [&]() -> Task<> {
    const Lease no = co_await pool.acquire(soon(), Reuse::allowed);
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(run_on(io, use()), Failure);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST_F(ConnectionPoolTest, WaitersThatAreDestroyedPassTheirTurnOn) {
  ConnectionPool pool(options(1), tls);
  {
    asio::io_context doomed{1};
    std::optional<Lease> held;
    const auto hold = [&]() -> Task<> {
      Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
      held.emplace(std::move(lease));
    };
    const auto wait = [&]() -> Task<> {
      const Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
    };
    asio::co_spawn(doomed, hold(), asio::detached);
    while (!held) doomed.run_one();
    asio::co_spawn(doomed, wait(), asio::detached);
    asio::co_spawn(doomed, wait(), asio::detached);
    while (pool.waiting() < 2) doomed.run_one();
    held.reset();  // grants the first, which never runs again
    EXPECT_EQ(pool.in_use(), 1U);
  }
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ConnectionPoolTest, DropsAnIdleConnectionThatTheServerHasClosed) {
  ConnectionPool pool(options(2), tls);
  const auto use = [&]() -> Task<> {
    Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
    lease.stream().expires_at(soon());
    co_await lease.stream().write("close\r\n\r\n");
    Stream& stream = lease.stream();
    while (stream.idle_and_open()) std::this_thread::yield();
    lease.give_back();
    const Lease next = co_await pool.acquire(soon(), Reuse::allowed);
    EXPECT_FALSE(next.reused());
  };
  run_on(io, use());
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(ConnectionPoolTest, DropsIdleConnectionsByAgeOnEitherClock) {
  ConnectionPool pool(options(2), tls);
  const auto reused = [&]() -> Task<bool> {
    Lease lease = co_await pool.acquire(soon(), Reuse::allowed);
    const bool result = lease.reused();
    lease.give_back();
    co_return result;
  };
  const auto use = [&]() -> Task<> {
    EXPECT_FALSE(co_await reused());
    now = now + Seconds(49);
    EXPECT_TRUE(co_await reused());
    now.steady += std::chrono::seconds(51);
    EXPECT_FALSE(co_await reused());
    EXPECT_TRUE(co_await reused());
    now.wall += std::chrono::seconds(51);  // as after a freeze
    EXPECT_FALSE(co_await reused());
  };
  run_on(io, use());
}

TEST_F(ConnectionPoolTest, ReuseNeverDropsAllIdleConnections) {
  ConnectionPool pool(options(3), tls);
  const auto use = [&]() -> Task<> {
    Lease a = co_await pool.acquire(soon(), Reuse::allowed);
    Lease b = co_await pool.acquire(soon(), Reuse::allowed);
    a.give_back();
    b.give_back();
    const Lease fresh = co_await pool.acquire(soon(), Reuse::never);
    EXPECT_FALSE(fresh.reused());
    EXPECT_EQ(pool.idle(), 0U);
  };
  run_on(io, use());
}

}  // namespace
}  // namespace zoom_proxy
