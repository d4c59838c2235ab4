// What the log tells of requests, at its most talkative: which trace, and nothing personal.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace integration
