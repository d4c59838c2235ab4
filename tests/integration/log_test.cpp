// What the log tells of requests, at its most talkative: which trace, and nothing personal.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr const char* kTalkative = "log: {level: debug, google_project: a-project}\n";

std::vector<json::object> events(const std::string& log) {
  std::vector<json::object> found;
  for (std::size_t begin = 0; begin < log.size();) {
    const std::size_t end = std::min(log.find('\n', begin), log.size());
    found.push_back(json::parse(log.substr(begin, end - begin)).as_object());
    begin = end + 1;
  }
  return found;
}

TEST(LogTest, EventsOfARequestNameItsTrace) {
  Pair pair({}, {.more = kTalkative});
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto status = [&](const std::string& target, const Headers& headers = {}) {
    return pair.proxy.get(target, headers).status;
  };
  EXPECT_EQ(status("/v2/users", {{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}}), 200U);
  EXPECT_EQ(status("/v2/nothing", {{"X-Cloud-Trace-Context", id + "/1;o=1"}}), 403U);
  EXPECT_EQ(status("/v2/users"), 200U);
  EXPECT_EQ(pair.proxy.stop(), 0);
  int named = 0;
  int requests = 0;
  for (const json::object& event : events(pair.proxy.log())) {
    requests += event.at("event") == "request" ? 1 : 0;
    const json::value* trace = event.if_contains("logging.googleapis.com/trace");
    if (trace == nullptr) continue;
    named += event.at("event") == "request" ? 1 : 0;
    EXPECT_EQ(text(*trace), "projects/a-project/traces/" + id);
  }
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(named, 2);
}

TEST(LogTest, HoldsNothingThatAClientOrZoomHasPut) {
  Pair pair({}, {.more = kTalkative});
  const std::string canary = "canary.log@leak.example";
  const Headers planted = {
      {"User-Agent", canary},
      {"Cookie", "a=" + canary},
      {"Authorization", "Bearer " + canary},
      {"Referer", "https://x/" + canary},
      {"X-Forwarded-For", canary},
      {"Forwarded", "for=" + canary},
      {"traceparent", "00-canarycanarycanarycanarycanaryca-00f067aa0ba902b7-01"},
      {"X-Cloud-Trace-Context", canary},
      {"X-Canary-Name", canary},
      {"X-Psoxy-User-To-Impersonate", canary},
      {"Content-Type", "application/canary"}};
  const auto ask = [&](const std::string& method, const std::string& target,
                       const Headers& more = {}, const std::string& body = {}) {
    Headers headers = planted;
    headers.insert(headers.end(), more.begin(), more.end());
    Client(pair.proxy.port()).request(method, target, headers, body);
  };
  ask("GET", "/v2/users");
  ask("GET", "/v2/users/canary.id@leak.example/meetings");
  ask("GET", "/v2/canary@leak.example");
  ask("GET", "/v2/users?page_size=canary%40leak.example");
  ask("GET", "/v2/users?canary@leak.example=1");
  ask("CANARY", "/v2/users");
  ask("POST", "/v2/users", {}, R"({"email":"canary.body@leak.example"})");
  ask("GET", "/v2/users", {{"X-Psoxy-TargetPath", "/v2/canary@leak.example"}});
  ask("GET", "/v2/users", {{"X-Psoxy-Health-Check", canary}});
  ask("GET", "/v2/users", {{"Prefer", "respond-async, " + canary}});
  ask("GET", "/health/live");
  Client broken(pair.proxy.port());
  broken.send("GET /canary@leak.example HTTP/1.1\r\nHost: a\r\nHost: canary.example\r\n\r\n");
  broken.read_answer();
  for (const char* fault : {"status", "html", "broken_json", "headers"}) {
    pair.simulator.reset();
    pair.simulator.control(
        {{"fault", fault}, {"headers", {{"x-zm-trackingid", canary}, {"ETag", canary}}}});
    ask("GET", "/v2/users");
  }
  EXPECT_EQ(pair.proxy.stop(), 0);
  const std::string log = pair.proxy.log();
  EXPECT_EQ(canaries(log), "");
  EXPECT_GE(events(log).size(), 16U);
  EXPECT_NE(log.find(R"("severity":"DEBUG")"), std::string::npos) << "as talkative as it gets";
}

/// A proxy whose log goes into a pipe that is read only when the test does.
class UnreadLog {
 public:
  explicit UnreadLog(const std::string& directory) {
    const std::string pipe = directory + "/log";
    if (::mkfifo(pipe.c_str(), 0600) != 0) throw std::runtime_error("mkfifo failed");
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"/bin/sh", "-c", "exec " + proxy_program() + " serve > " + pipe},
        Process::Environment{{"PORT", "0"},
                             {"ZOOM_PROXY_LISTEN_ADDRESS", "127.0.0.1"},
                             {"ZOOM_PROXY_ADMIN_PORT", "0"},
                             {"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
                             {"PSOXY_ZOOM_ACCOUNT_ID", "a"},
                             {"PSOXY_ZOOM_CLIENT_ID", "b"},
                             {"PSOXY_ZOOM_CLIENT_SECRET", "c"},
                             {"PSOXY_SALT", "integration-test-salt-0123456789abcdef"},
                             {"PSOXY_ENCRYPTION_KEY", "integration-test-key-0123456789abcdef"}});
    log_.open(pipe);
    for (std::string line; std::getline(log_, line);) {
      startup_ = json::parse(line).as_object();
      if (startup_.at("event") == "startup") return;
    }
    throw std::runtime_error("no startup event");
  }
  [[nodiscard]] std::uint16_t port(const char* which) const {
    return startup_.at(which).to_number<std::uint16_t>();
  }
  /// Nobody reads the rest.
  int stop_unread() {
    process_->signal(SIGTERM);
    return process_->wait(std::chrono::seconds(10));
  }
  /// Reads the rest while it ends; its exit code.
  int stop() {
    process_->signal(SIGTERM);
    for (std::string line; std::getline(log_, line);) ++lines_;
    return process_->wait();
  }
  [[nodiscard]] std::size_t lines() const { return lines_; }

 private:
  std::unique_ptr<Process> process_;
  std::ifstream log_;
  json::object startup_;
  std::size_t lines_ = 0;
};

TEST(LogTest, WhoDoesNotReadItHoldsUpNoRequestAndLosesLines) {
  const TemporaryDirectory directory;
  UnreadLog proxy(directory.path());
  // More than the pipe (64 KiB) and the queue (8192 lines) hold.
  constexpr int kRequests = 10'000;
  Client client(proxy.port("port"));
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.get("/v2/nothing").status, 403U);
  const std::string metrics = Client(proxy.port("adminPort")).get("/metrics").body;
  const std::string name = "\nzoom_proxy_log_events_dropped_total ";
  const std::size_t at = metrics.find(name);
  ASSERT_NE(at, std::string::npos);
  const double dropped = std::stod(metrics.substr(at + name.size()));
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_GT(proxy.lines(), 8000U);
  EXPECT_LT(static_cast<double>(proxy.lines()), kRequests + 10 - dropped);
}

TEST(LogTest, WhoDoesNotReadItDoesNotHoldUpTheEnd) {
  const TemporaryDirectory directory;
  UnreadLog proxy(directory.path());
  Client client(proxy.port("port"));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.get("/v2/nothing").status, 403U);
  EXPECT_EQ(proxy.stop_unread(), 0);
}

}  // namespace
}  // namespace integration
