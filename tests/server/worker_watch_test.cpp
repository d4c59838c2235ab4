#include "server/worker_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

namespace zoom_proxy {
namespace {

/// A worker with a thread of its own, which ends with it.
struct Worker {
  explicit Worker(WorkerWatch::Connections c) : connections(c) {}
  ~Worker() {
    io.stop();
    if (thread.joinable()) thread.join();
  }
  void start() {
    thread = std::thread([this] { io.run(); });
  }
  WorkerWatch::Worker seat() {
    return {io.get_executor(), [this] { return connections; }};
  }

  WorkerWatch::Connections connections;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
};

class WorkerWatchTest : public testing::Test {
 protected:
  bool look(Clock::duration bound) {
    bool answered = false;
    asio::co_spawn(control_, watch_.look(bound),
                   [&](std::exception_ptr, bool all) { answered = all; });
    control_.restart();
    while (control_.run_one() != 0) {
    }
    return answered;
  }

  asio::io_context control_{1};
  Worker one_{{1, 2, 3}};
  Worker two_{{10, 20, 30}};
  WorkerWatch watch_{{one_.seat(), two_.seat()}};
};

TEST_F(WorkerWatchTest, SumsWhatTheWorkersSay) {
  one_.start();
  two_.start();
  EXPECT_TRUE(look(std::chrono::seconds(20)));
  EXPECT_EQ(watch_.connections().in_use, 11u);
  EXPECT_EQ(watch_.connections().idle, 22u);
  EXPECT_EQ(watch_.connections().waiting, 33u);
}

TEST_F(WorkerWatchTest, NoticesOneThatDoesNotComeToItsTurn) {
  one_.start();
  EXPECT_FALSE(look(std::chrono::milliseconds(200)));
  two_.start();
  EXPECT_TRUE(look(std::chrono::seconds(20)));
}

}  // namespace
}  // namespace zoom_proxy
