// Further attempts after a refusal of Zoom's that may pass, and a pace of our own.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

using SteadyClock = std::chrono::steady_clock;

json::object fault(const char* name, int status, int times, const char* retry_after = nullptr) {
  json::object result = {{"fault", name}, {"status", status}, {"times", times}};
  if (retry_after != nullptr) result["headers"] = {{"Retry-After", retry_after}};
  return result;
}

TEST(RetryTest, IsOffUnlessAskedFor) {
  Pair pair;
  pair.simulator.control(fault("status", 503, 1, "0"));
  EXPECT_EQ(pair.proxy.get("/v2/users").status, 503U);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 1);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(pair.proxy.log().find("attempts"), std::string::npos);
}

TEST(RetryTest, TheThirdAttemptSucceeds) {
  Pair pair({}, {.zoom = "retries: 2"});
  pair.simulator.control(fault("status", 503, 2, "0"));
  const Answer answer = pair.proxy.get("/v2/users?page_size=5");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(object(answer).at("users").as_array().size(), 5U);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 3);
  EXPECT_LE(pair.simulator.stat("connections"), 3);  // token, calls, and this one
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_NE(pair.proxy.log().find(R"("attempts":3)"), std::string::npos) << pair.proxy.log();
}

TEST(RetryTest, ALimitBySecondIsWaitedOutWithoutAWord) {
  Pair pair({}, {.zoom = "retries: 1"});
  pair.simulator.control({{"fault", "rate_limit"}, {"times", 1}});
  EXPECT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
}

TEST(RetryTest, ZoomsLastAnswerPassesWhenNoAttemptIsLeft) {
  Pair pair({}, {.zoom = "retries: 1"});
  pair.simulator.control(fault("status", 502, 9, "0"));
  const Answer answer = pair.proxy.get("/v2/users");
  EXPECT_EQ(answer.status, 502U);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
  EXPECT_EQ(object(answer).at("code"), 502);
  EXPECT_EQ(canaries(answer), "");
  EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
}

TEST(RetryTest, ADailyLimitPassesAtOnce) {
  Pair pair({}, {.zoom = "retries: 5"});
  pair.simulator.control({{"fault", "rate_limit"}, {"daily", true}, {"seconds", 40000}});
  const Answer answer = pair.proxy.get("/v2/users");
  EXPECT_EQ(answer.status, 429U);
  EXPECT_GT(std::stoi(answer.field("Retry-After")), 39000);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 1);
}

TEST(RetryTest, WhatMayNotBeRepeatedIsNot) {
  const TemporaryDirectory directory;
  const std::string rules = directory.file("rules.yaml");
  std::ofstream(rules) << "endpoints:\n  - pathTemplate: /v2/users\n";
  Simulator simulator;
  const Proxy proxy(simulator, {.zoom = "retries: 5", .more = "rules: {file: '" + rules + "'}\n"});
  simulator.control(fault("status", 503, 9, "0"));
  Client client(proxy.port());
  EXPECT_EQ(client.request("POST", "/v2/users", {}, "{}").status, 503U);
  EXPECT_EQ(simulator.stat("api_requests"), 1);
}

TEST(RetryTest, ARevokedTokenIsReplacedAsEver) {
  Pair pair({}, {.zoom = "retries: 2"});
  ASSERT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  pair.simulator.control({{"fault", "revoked_token"}});
  pair.simulator.control(fault("status", 503, 1, "0"));
  EXPECT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 2);
}

TEST(RateLimitTest, CallsAboveItWaitAndAllAreAnswered) {
  constexpr int kCalls = 8;
  constexpr int kRate = 5;
  Pair pair({}, {.zoom = "rate_limit: {medium_per_second: 5}"});
  std::vector<unsigned> statuses(kCalls);
  const auto begin = SteadyClock::now();
  std::vector<std::thread> clients;
  for (unsigned& status : statuses) {
    clients.emplace_back([&] { status = pair.proxy.get("/v2/users?page_size=1").status; });
  }
  for (std::thread& client : clients) client.join();
  const std::chrono::duration<double> took = SteadyClock::now() - begin;
  EXPECT_EQ(statuses, std::vector<unsigned>(kCalls, 200U));
  EXPECT_GE(took.count(), double(kCalls - 1) / kRate - 0.01);
}

TEST(RateLimitTest, OtherLabelsDoNotWait) {
  Pair pair(
      {}, {.zoom = "rate_limit: {heavy_per_second: 1}", .more = "timeouts: {total_seconds: 3}\n"});
  Client client(pair.proxy.port());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  }
}

TEST(RateLimitTest, WhoWaitsTooLongIsTold) {
  Pair pair({}, {.zoom = "rate_limit: {medium_per_second: 1}",
                 .more = "timeouts: {total_seconds: 0.7}\n"});
  std::vector<Answer> answers(3);
  std::vector<std::thread> clients;
  for (Answer& answer : answers) {
    clients.emplace_back([&] { answer = pair.proxy.get("/v2/users?page_size=1"); });
  }
  for (std::thread& client : clients) client.join();
  int late = 0;
  for (const Answer& answer : answers) {
    if (answer.status == 200U) continue;
    ++late;
    EXPECT_EQ(answer.status, 504U);
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "SOURCE_API_READ_TIMEOUT");
    EXPECT_NE(answer.body.find("zoom.rate_limit"), std::string::npos) << answer.body;
  }
  EXPECT_GE(late, 2);
}

TEST(RateLimitTest, TheServerEndsWhileSomebodyWaits) {
  Pair pair({}, {.zoom = "rate_limit: {medium_per_second: 1}",
                 .more = "shutdown: {grace_seconds: 0.1}\n"});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(pair.proxy.port()));
    clients.back()->send("GET /v2/users?page_size=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  pair.simulator.wait_until("api_requests", [](auto count) { return count >= 2; });
  const auto begin = SteadyClock::now();
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace integration
