// Changes and the end of the process under load: no request is lost, and none sees half a change.

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>

#include "tests/integration/mounted_proxy.hpp"

namespace integration {
namespace {

constexpr const char* kTarget = "/v2/users?page_size=3";

/// By which rules, and by which secrets.
using Made = std::pair<std::string, std::string>;
Made made_by(const Answer& answer) {
  return {answer.field("X-Psoxy-Rules-SHA"), answer.field("X-Psoxy-PII-Salt-Sha256")};
}

/// What went wrong, told once each.
class Complaints {
 public:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [what, count] : counts_) out += std::to_string(count) + " x " + what + '\n';
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
};

/// Clients that ask without a pause until they are told to stop; most keep their connection.
class Load {
 public:
  Load(std::uint16_t port, std::map<Made, std::string> right)
      : port_(port), right_(std::move(right)) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, i] { run(i == 0 ? 1 : 1000); });
  }
  ~Load() { stop(); }
  void stop() {
    stopped_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] std::string complaints() const { return complaints_.text(); }
  [[nodiscard]] int answers() const { return answers_; }

 private:
  void run(int requests_per_connection) {
    while (!stopped_) {
      try {
        Client client(port_);
        for (int i = 0; i < requests_per_connection && !stopped_; ++i) check(client.get(kTarget));
      } catch (const std::exception& error) {
        complaints_.add(error.what());
      }
    }
  }
  void check(const Answer& answer) {
    ++answers_;
    const auto right = right_.find(made_by(answer));
    if (answer.end != End::whole) {
      complaints_.add("an answer that is not whole");
    } else if (answer.status != 200) {
      complaints_.add("status " + std::to_string(answer.status));
    } else if (right == right_.end()) {
      complaints_.add("an answer by unknown rules or secrets");
    } else if (answer.body != right->second) {
      complaints_.add("an answer that is not made by its rules and secrets alone");
    } else if (!canaries(answer).empty()) {
      complaints_.add("an answer with a canary");
    }
  }

  const std::uint16_t port_;
  const std::map<Made, std::string> right_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> answers_{0};
  Complaints complaints_;
  std::vector<std::thread> threads_;
};

struct Step {
  int rules;
  int secrets;
};

class StormTest : public testing::Test {
 protected:
  void write(const Step& step) {
    proxy.write_rules(users_rules(step.rules == 0 ? "type" : "verified"));
    proxy.write_secrets(step.secrets);
  }
  /// Asks until an answer is made by these.
  void wait_for(const Made& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    Client client(proxy.port());
    while (made_by(client.get(kTarget)) != wanted) {
      if (std::chrono::steady_clock::now() > end) FAIL() << "the change did not come";
    }
  }

  Simulator simulator;
  MountedProxy proxy{simulator};
};

TEST_F(StormTest, AThousandReloadsLoseNoRequest) {
  std::map<Made, std::string> right;
  std::map<std::pair<int, int>, Made> made;
  for (const Step step : {Step{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}) {
    const std::size_t loads = proxy.events("rules_loaded");
    write(step);
    proxy.reload();
    proxy.wait_for_events("rules_loaded", loads + 1);
    const Answer answer = proxy.get(kTarget);
    ASSERT_EQ(answer.status, 200U);
    right[made_by(answer)] = answer.body;
    made[{step.rules, step.secrets}] = made_by(answer);
  }
  ASSERT_EQ(right.size(), 6U);

  const int swaps = sanitized() ? 50 : 1000;
  int failures = 0;
  Load load(proxy.port(), right);
  for (int i = 0; i < swaps; ++i) {
    if (i % 100 == 50) {
      proxy.write_rules("endpoints: []\n");
      proxy.reload();
      proxy.wait_for_events("reload_failed", ++failures);
    }
    const Step step{i % 2, i % 3};  // both are other ones than before
    write(step);
    proxy.reload();
    wait_for(made.at({step.rules, step.secrets}));
  }
  load.stop();
  EXPECT_EQ(load.complaints(), "");
  EXPECT_GT(load.answers(), swaps);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_GE(proxy.events("rules_loaded"), static_cast<std::size_t>(swaps));
  EXPECT_GE(proxy.events("settings_loaded"), static_cast<std::size_t>(swaps));
  EXPECT_EQ(proxy.process().errors(), "");
  RecordProperty("answers", load.answers());
}

/// One client until nobody listens any more; each of its connections must end in order.
void ask_until_refused(std::uint16_t port, int requests_per_connection, Complaints& complaints,
                       std::atomic<int>& answers) {
  for (;;) {
    std::unique_ptr<Client> client;
    try {
      client = std::make_unique<Client>(port);
    } catch (const std::exception&) {
      return;
    }
    try {
      for (int i = 0; i < requests_per_connection; ++i) {
        const Answer answer = client->get(kTarget);
        if (answer.status != 200 || answer.end != End::whole) {
          complaints.add("status " + std::to_string(answer.status) + ", after " +
                         std::to_string(i) + " on this connection");
        }
        ++answers;
        if (answer.field("Connection") == "close") break;
      }
    } catch (const std::exception& error) {
      complaints.add(error.what());
    }
  }
}

TEST(ShutdownTest, UnderLoadNoRequestIsLost) {
  for (int round = 0; round < (sanitized() ? 2 : 10); ++round) {
    Simulator simulator;
    MountedProxy proxy(simulator, {.more = "shutdown: {delay_seconds: 0.5, grace_seconds: 10}\n"});
    Complaints complaints;
    std::atomic<int> answers{0};
    std::vector<std::thread> clients;
    for (const int requests : {1, 1, 3, 1000}) {
      clients.emplace_back(
          [&, requests] { ask_until_refused(proxy.port(), requests, complaints, answers); });
    }
    while (answers < 100) std::this_thread::yield();
    const int exit_code = proxy.stop();
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(complaints.text(), "");
    EXPECT_EQ(exit_code, 0);
    EXPECT_NE(proxy.process().output().find(R"("abortedConnections":0)"), std::string::npos);
  }
}

TEST(ShutdownTest, ConnectionsAreToldToEndDuringTheDelay) {
  Simulator simulator;
  MountedProxy proxy(simulator, {.more = "shutdown: {delay_seconds: 300}\n"});
  Client before(proxy.port());
  EXPECT_EQ(before.get(kTarget).field("Connection"), "");
  proxy.process().signal(SIGTERM);
  proxy.wait_for_events("shutdown", 1);
  EXPECT_EQ(before.get(kTarget).field("Connection"), "close");
  const Answer ready = proxy.get("/health/ready");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_EQ(proxy.get(kTarget).status, 200U) << "new requests are still served";
  proxy.process().signal(SIGTERM);  // does not wait for the delay's end
  EXPECT_EQ(proxy.process().wait(), 1);
}

TEST(ShutdownTest, ASecondSignalEndsAtOnce) {
  Simulator simulator;
  MountedProxy proxy(simulator, {.more = "shutdown: {delay_seconds: 300}\n"});
  proxy.process().signal(SIGTERM);
  proxy.wait_for_events("shutdown", 1);
  proxy.process().signal(SIGHUP);  // means nothing any more
  proxy.process().signal(SIGTERM);
  EXPECT_EQ(proxy.process().wait(), 1);
}

}  // namespace
}  // namespace integration
