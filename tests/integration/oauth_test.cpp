// Zoom's access token: fetched once, renewed when Zoom says so, errors remembered and explained.

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// How many of `count` requests at once were answered with that status.
int at_once(const Proxy& proxy, int count, unsigned status) {
  std::atomic<int> matching = 0;
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int index = 0; index < count; ++index) {
    threads.emplace_back([&] {
      Client client(proxy.port());
      start.arrive_and_wait();
      if (client.get("/v2/users?page_size=1").status == status) ++matching;
    });
  }
  for (auto& thread : threads) thread.join();
  return matching;
}

TEST(OAuthTest, HundredFirstRequestsFetchOneToken) {
  Pair pair;
  // All hundred are there before the token comes.
  pair.simulator.control({{"fault", "latency"}, {"milliseconds", 500}, {"path", "/oauth/token"}});
  EXPECT_EQ(at_once(pair.proxy, 100, 200), 100);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 100);
}

TEST(OAuthTest, RevokedTokenIsReplacedOnceAndTheRequestRepeated) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  pair.simulator.control({{"fault", "revoked_token"}});
  pair.simulator.reset();
  EXPECT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
}

TEST(OAuthTest, RevokedTokenUnderLoadCostsOneNewToken) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  pair.simulator.control({{"fault", "revoked_token"}});
  pair.simulator.reset();
  EXPECT_EQ(at_once(pair.proxy, 20, 200), 20);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
}

TEST(OAuthTest, LastingRefusalIsRetriedOnce) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users?page_size=1").status, 200U);
  pair.simulator.reset();
  pair.simulator.control({{"fault", "status"},
                          {"status", 401},
                          {"body", {{"code", 124}, {"message", "Invalid access token."}}}});
  const Answer answer = pair.proxy.get("/v2/users?page_size=1");
  EXPECT_GE(answer.status, 400U);
  EXPECT_NE(answer.field("X-Psoxy-Error"), "");
  EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
}

TEST(OAuthTest, ShortLivedTokensAreRenewedInTime) {
  Pair pair({"--token-lifetime-seconds", "1"});
  Client client(pair.proxy.port());
  // Two seconds' worth of requests, each of which must find a good token.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2200);
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  }
  EXPECT_GE(pair.simulator.stat("token_requests"), 2);
}

struct Misconfiguration {
  const char* name;
  ProxyOptions options;
  const char* setting;
};

void PrintTo(const Misconfiguration& wrong, std::ostream* out) { *out << wrong.name; }

class MisconfigurationTest : public ::testing::TestWithParam<Misconfiguration> {};

TEST_P(MisconfigurationTest, IsExplainedAndNotHammered) {
  Pair pair({}, GetParam().options);
  for (int request = 0; request < 10; ++request) {
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, 500U);
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "CONNECTION_SETUP");
  }
  EXPECT_EQ(at_once(pair.proxy, 20, 500), 20);
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 0);
  EXPECT_EQ(pair.proxy.stop(), 0);
  const std::string log = pair.proxy.log();
  EXPECT_NE(log.find(GetParam().setting), std::string::npos) << log;
  EXPECT_EQ(log.find(GetParam().options.client_secret), std::string::npos) << log;
}

INSTANTIATE_TEST_SUITE_P(
    OAuth, MisconfigurationTest,
    ::testing::Values(
        Misconfiguration{"ClientSecret", {.client_secret = "wrong-secret"}, "client_secret"},
        Misconfiguration{"ClientId", {.client_id = "wrong-client"}, "client_id"},
        Misconfiguration{"AccountId", {.account_id = "wrong-account"}, "account_id"}),
    [](const auto& instance) { return instance.param.name; });

TEST(OAuthTest, TokenEndpointThatAnswersNonsenseIsAnError) {
  for (const char* fault : {"html", "not_json", "truncate_body", "close_after_request"}) {
    Pair pair;
    pair.simulator.control({{"fault", fault}, {"path", "/oauth/token"}, {"times", 10}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_GE(answer.status, 500U) << fault;
    EXPECT_EQ(canaries(answer), "") << fault;
    EXPECT_EQ(pair.simulator.stat("api_requests"), 0) << fault;
  }
}

}  // namespace
}  // namespace integration
