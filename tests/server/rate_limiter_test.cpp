#include "server/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

using namespace std::chrono_literals;

Clock::time_point in(Clock::duration duration) { return Clock::now() + duration; }

asio::ip::address client(unsigned number) { return asio::ip::address_v4(0x0A000000U + number); }

// ---- Pace: the clock is the test's. ----

/// The moments at which calls are made by somebody who makes each as soon as it may be made.
std::vector<Clock::time_point> greedy_calls(std::size_t per_second, std::size_t count,
                                            Clock::time_point now) {
  Pace pace(per_second);
  std::vector<Clock::time_point> calls;
  while (calls.size() < count) {
    now = std::max(now, pace.next());
    pace.take(now);
    calls.push_back(now);
  }
  return calls;
}

TEST(Pace, NoSecondSeesMoreThanATenthAboveTheRate) {
  for (const std::size_t rate : {1u, 2u, 9u, 10u, 20u, 30u, 80u, 1000u}) {
    const auto calls = greedy_calls(rate, 3 * rate, Clock::time_point(1000s));
    const std::size_t most = rate + std::max<std::size_t>(rate / 10, 1) - 1;
    for (std::size_t i = 0; i + most < calls.size(); ++i) {
      EXPECT_GE(calls[i + most] - calls[i], 1s - 1us) << rate << " a second, from call " << i;
    }
  }
}

TEST(Pace, LetsTheWholeRateThrough) {
  for (const std::size_t rate : {1u, 7u, 30u, 80u}) {
    const auto calls = greedy_calls(rate, 10 * rate, Clock::time_point(1000s));
    EXPECT_LE(calls.back() - calls.front(), 10s) << rate;
  }
}

TEST(Pace, APauseDoesNotSaveUpMoreThanTheBurst) {
  const Clock::time_point begin(1000s);
  Pace pace(100);
  const auto burst = [&](Clock::time_point now) {
    int count = 0;
    for (; pace.next() <= now; ++count) pace.take(now);
    return count;
  };
  EXPECT_EQ(burst(begin), 10);
  EXPECT_EQ(burst(begin), 0);
  EXPECT_EQ(burst(begin + 10ms), 1);
  EXPECT_EQ(burst(begin + 1h), 10);
}

// ---- RateLimiter: real timers; what is measured is that nobody goes too early. ----

Settings::Zoom::RateLimit medium(std::size_t per_second) { return {0, per_second, 0}; }

/// What came of one wait.
enum class End { granted, too_late, cancelled };

Task<> wait(RateLimiter& limiter, asio::ip::address who, Clock::time_point deadline, End& end) {
  try {
    co_await limiter.wait_for_turn(RateLabel::medium, who, deadline);
    end = End::granted;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.cause(), Cause::own_rate_limit);
    end = End::too_late;
  } catch (const boost::system::system_error&) {
    end = End::cancelled;
  }
}

TEST(RateLimiter, ABusyClientDoesNotHoldUpAnother) {
  constexpr int kMany = 50;
  asio::io_context io{1};
  RateLimiter limiter(io.get_executor(), medium(5));
  std::vector<unsigned> served;
  int too_late = 0;
  const Clock::time_point deadline = in(1500ms);
  const auto use = [&](unsigned number) -> Task<> {
    End end = End::cancelled;
    co_await wait(limiter, client(number), deadline, end);
    if (end == End::granted) served.push_back(number);
    if (end == End::too_late) ++too_late;
  };
  for (int i = 0; i < kMany; ++i) asio::co_spawn(io, use(1), asio::detached);
  asio::co_spawn(io, use(2), asio::detached);
  io.run();
  const auto other = std::ranges::find(served, 2U);
  EXPECT_LE(other - served.begin(), 4);  // of all that the busy one wants it waits for a few
  EXPECT_NE(other, served.end());
  EXPECT_LT(served.size(), 20U);  // the others were sent away at the deadline
  EXPECT_EQ(static_cast<int>(served.size()) + too_late, kMany + 1);
}

TEST(RateLimiter, ThePaceHoldsForAllWorkersTogether) {
  constexpr std::size_t kWorkers = 4;
  constexpr std::size_t kEach = 8;
  constexpr std::size_t kRate = 40;  // 4 of them at once
  asio::io_context control{1};
  RateLimiter limiter(control.get_executor(), medium(kRate));
  auto work = asio::make_work_guard(control);
  std::thread thread([&] { control.run(); });
  std::vector<End> ends(kWorkers * kEach, End::cancelled);
  const Clock::time_point begin = Clock::now();
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      asio::io_context io{1};
      for (std::size_t i = w * kEach; i < (w + 1) * kEach; ++i) {
        asio::co_spawn(io, wait(limiter, client(static_cast<unsigned>(i % 3)), in(60s), ends[i]),
                       asio::detached);
      }
      io.run();
    });
  }
  for (std::thread& worker : workers) worker.join();
  const Seconds took = Clock::now() - begin;
  work.reset();
  thread.join();
  EXPECT_EQ(std::ranges::count(ends, End::granted), static_cast<int>(ends.size()));
  EXPECT_GE(took.count(), double(kWorkers * kEach - kRate / 10) / kRate - 0.001);
}

TEST(RateLimiter, ACancelledWaitEndsAndLeavesTheLine) {
  asio::io_context io{1};
  RateLimiter limiter(io.get_executor(), medium(2));
  asio::cancellation_signal gone;
  End first = End::cancelled;
  End second = End::granted;
  End third = End::cancelled;
  asio::co_spawn(io, wait(limiter, client(1), in(60s), first), asio::detached);
  asio::co_spawn(io, wait(limiter, client(1), in(60s), second),
                 asio::bind_cancellation_slot(gone.slot(), [&](std::exception_ptr) {
                   EXPECT_EQ(third, End::cancelled);  // the third still waits
                 }));
  asio::co_spawn(io, wait(limiter, client(1), in(60s), third), asio::detached);
  asio::post(io, [&] { gone.emit(asio::cancellation_type::terminal); });
  const Clock::time_point begin = Clock::now();
  io.run();
  EXPECT_EQ(first, End::granted);
  EXPECT_EQ(second, End::cancelled);
  EXPECT_EQ(third, End::granted);
  EXPECT_GE(Clock::now() - begin, 450ms);
}

/// A worker and the limiter's thread, whose steps the test puts in order.
class TwoThreads : public testing::Test {
 protected:
  /// Its worker has sent it to the limiter's thread, which has not run yet.
  void begin(End& end, asio::cancellation_signal& gone) {
    asio::co_spawn(worker, wait(limiter, client(1), in(60s), end),
                   asio::bind_cancellation_slot(gone.slot(), asio::detached));
    poll(worker);
  }
  /// Its worker learns of that at its next step.
  static void cancel(asio::cancellation_signal& gone) {
    gone.emit(asio::cancellation_type::terminal);
  }
  static void poll(asio::io_context& io) {
    io.restart();
    io.poll();
  }

  asio::io_context control{1};
  asio::io_context worker{1};
  RateLimiter limiter{control.get_executor(), medium(1)};
  asio::executor_work_guard<asio::io_context::executor_type> more = asio::make_work_guard(control);
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(worker);
  asio::cancellation_signal first_gone;
  asio::cancellation_signal second_gone;
  End first = End::too_late;
  End second = End::too_late;
};

TEST_F(TwoThreads, ACancelledWaitEndsWhereItBegan) {
  begin(first, first_gone);
  begin(second, second_gone);
  poll(control);
  poll(worker);
  EXPECT_EQ(first, End::granted);
  cancel(second_gone);
  poll(worker);
  EXPECT_EQ(second, End::too_late) << "the limiter's thread has not seen it yet";
  poll(control);
  EXPECT_EQ(second, End::too_late) << "nor has the worker seen that it ended";
  poll(worker);
  EXPECT_EQ(second, End::cancelled);
}

TEST_F(TwoThreads, ACancellationMayComeWhenTheWaitHasEnded) {
  begin(first, first_gone);
  cancel(first_gone);
  poll(control);  // it has its turn
  poll(worker);   // sends the cancellation off, then ends the wait
  EXPECT_EQ(first, End::granted);
  poll(control);  // gets the cancellation of what is no more
  begin(second, second_gone);
  poll(control);
  cancel(second_gone);
  poll(worker);
  poll(control);
  poll(worker);
  EXPECT_EQ(second, End::cancelled);
}

TEST(RateLimiter, WaitsMayBeCancelledOnManyThreads) {
  constexpr int kWorkers = 4;
  constexpr int kEach = 100;
  asio::io_context control{1};
  RateLimiter limiter(control.get_executor(), medium(1));
  auto more = asio::make_work_guard(control);
  std::thread thread([&] { control.run(); });
  std::vector<End> ends(kWorkers * kEach, End::too_late);
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      asio::io_context io{1};
      std::vector<asio::cancellation_signal> gone(kEach);
      for (int i = 0; i < kEach; ++i) {
        const auto slot = gone[static_cast<std::size_t>(i)].slot();
        asio::co_spawn(io, wait(limiter, client(1), in(60s), ends[std::size_t(w * kEach + i)]),
                       asio::bind_cancellation_slot(slot, asio::detached));
      }
      for (asio::cancellation_signal& signal : gone)
        asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });
      io.run();
    });
  }
  for (std::thread& w : workers) w.join();
  more.reset();
  thread.join();
  EXPECT_EQ(std::ranges::count(ends, End::too_late), 0);
  EXPECT_GT(std::ranges::count(ends, End::cancelled), 0);
}

TEST(RateLimiter, LabelsDoNotHoldUpEachOther) {
  asio::io_context io{1};
  RateLimiter limiter(io.get_executor(), {1, 0, 1});
  const auto use = [&]() -> Task<> {
    for (const RateLabel label : {RateLabel::heavy, RateLabel::light, RateLabel::medium}) {
      co_await limiter.wait_for_turn(label, client(1), in(1ms));
    }
  };
  std::exception_ptr error;
  asio::co_spawn(io, use(), [&](std::exception_ptr e) { error = e; });
  io.run();
  EXPECT_FALSE(error);
}

TEST(RateLimiter, WithoutALimitNobodyGoesToTheExecutor) {
  asio::io_context never_run{1};
  RateLimiter limiter(never_run.get_executor(), {5, 0, 5});
  EXPECT_TRUE(limiter.limits(RateLabel::light));
  EXPECT_FALSE(limiter.limits(RateLabel::medium));
  asio::io_context io{1};
  End end = End::cancelled;
  asio::co_spawn(io, wait(limiter, client(1), in(60s), end), asio::detached);
  io.run();
  EXPECT_EQ(end, End::granted);
}

}  // namespace
}  // namespace zoom_proxy
