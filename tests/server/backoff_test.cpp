#include "server/backoff.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

constexpr double kAlmostOne = 0.999'999;

std::optional<Seconds> wait(const Attempt& attempt, double random) {
  return retry_wait(attempt, random);
}

TEST(Backoff, RepeatsWhatDoesNoHarmAndMayPass) {
  for (const char* method : {"GET", "HEAD"}) {
    for (const unsigned status : {429u, 500u, 502u, 503u, 504u}) {
      EXPECT_TRUE(may_retry(method, status)) << method << status;
    }
    for (const unsigned status : {200u, 204u, 301u, 400u, 401u, 403u, 404u, 408u, 501u, 505u}) {
      EXPECT_FALSE(may_retry(method, status)) << method << status;
    }
  }
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "get", ""}) {
    EXPECT_FALSE(may_retry(method, 503)) << method;
  }
}

TEST(Backoff, WithoutAWishTheWaitDoublesUpToACapAndIsDrawnFromAllOfIt) {
  const double longest[] = {1, 2, 4, 8, 16, 16, 16};
  for (std::size_t retries = 0; retries < std::size(longest); ++retries) {
    const Attempt attempt{retries, std::nullopt, Seconds(180)};
    EXPECT_EQ(wait(attempt, 0), Seconds(0)) << retries;
    EXPECT_EQ(wait(attempt, 0.5), Seconds(longest[retries] / 2)) << retries;
    EXPECT_NEAR(wait(attempt, kAlmostOne)->count(), longest[retries], 0.001) << retries;
  }
  EXPECT_EQ(wait({5000, std::nullopt, Seconds(180)}, 0.5), Seconds(8));
}

TEST(Backoff, ZoomsWishIsNeverCutShort) {
  for (const std::size_t retries : {0u, 9u}) {
    EXPECT_EQ(wait({retries, 30, Seconds(180)}, 0), Seconds(30));
    EXPECT_EQ(wait({retries, 30, Seconds(180)}, 0.5), Seconds(30.5));
    EXPECT_EQ(wait({retries, 0, Seconds(180)}, 0.25), Seconds(0.25));
  }
}

TEST(Backoff, NothingThatEndsTooLateForAnotherAnswer) {
  EXPECT_EQ(wait({0, 30, Seconds(32)}, 0), Seconds(30));
  EXPECT_EQ(wait({0, 30, Seconds(31.9)}, 0), std::nullopt);
  EXPECT_EQ(wait({0, 30, Seconds(32)}, 0.1), std::nullopt);
  EXPECT_EQ(wait({0, 43'200, Seconds(180)}, 0), std::nullopt);  // Zoom's daily limit
  EXPECT_EQ(wait({4, std::nullopt, Seconds(10)}, 0.5), Seconds(8));
  EXPECT_EQ(wait({4, std::nullopt, Seconds(10)}, 0.51), std::nullopt);
  EXPECT_EQ(wait({0, std::nullopt, Seconds(1.9)}, 0), std::nullopt);
  EXPECT_EQ(wait({0, std::nullopt, Seconds(-5)}, 0), std::nullopt);
  EXPECT_EQ(wait({0, 999'999, Seconds(180)}, 0), std::nullopt);
}

}  // namespace
}  // namespace zoom_proxy
