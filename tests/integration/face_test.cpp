// What a client of the proxy sees beside the sanitized body.

#include <gtest/gtest.h>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

TEST(FaceTest, RetryAfterIsInSeconds) {
  Pair pair;
  const auto retry_after = [&](const json::object& headers) {
    pair.simulator.control(
        {{"fault", "status"}, {"status", 429}, {"headers", headers}, {"times", 1}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
    return answer.field("Retry-After");
  };
  EXPECT_EQ(retry_after({{"Retry-After", "90"}}), "90");
  EXPECT_EQ(retry_after({{"Retry-After", "2020-05-31T00:00:00Z"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "Sun, 31 May 2020 00:00:00 GMT"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "tomorrow"}}), "");
  EXPECT_EQ(retry_after(json::object()), "");

  pair.simulator.control({{"fault", "rate_limit"}, {"daily", true}, {"times", 1}});
  const int seconds = std::stoi(pair.proxy.get("/v2/users").field("Retry-After"));
  EXPECT_GT(seconds, 0);
  EXPECT_LE(seconds, 24 * 60 * 60);
}

}  // namespace
}  // namespace integration
