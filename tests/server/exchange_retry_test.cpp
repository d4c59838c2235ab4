// What zoom.retries changes, and what not.
#include <gtest/gtest.h>

#include "tests/server/exchange_fixture.hpp"

namespace zoom_proxy {
namespace {

using testing::answer;
using testing::ExchangeTest;
using testing::Outcome;

/// Zoom asks for no more than some jitter.
constexpr char kSoon[] = "Retry-After: 0\r\n";

class RetryTest : public ExchangeTest {
 protected:
  RetryTest() { settings.zoom.retries = 3; }
};

TEST_F(RetryTest, GoesOnUntilZoomAnswersOnTheSameConnection) {
  for (const char* method : {"GET", "HEAD"}) {
    requests.clear();
    respond = [&](const std::string&, int number) {
      const std::string error = std::string(method) == "GET" ? R"({"code":429})" : "";
      return number < 3 ? answer(number == 1 ? 503 : 429, error, kSoon)
                        : answer(200, error.empty() ? "" : "{}");
    };
    Worker worker(*this, 1);
    const int connections = api.accepted();
    EXPECT_EQ(worker.call(method).head.status, 200U);
    EXPECT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests.front(), requests.back());
    EXPECT_EQ(api.accepted() - connections, 1);
    EXPECT_EQ(worker.pool.idle(), 1U);
  }
}

TEST_F(RetryTest, WithoutAWishOfZoomsToo) {
  respond = [](const std::string&, int number) { return answer(number == 1 ? 500 : 200, "{}"); };
  Worker worker(*this, 1);
  EXPECT_EQ(worker.call().head.status, 200U);
  EXPECT_EQ(requests.size(), 2U);
}

TEST_F(RetryTest, TheLastAnswerIsTheOneThatCounts) {
  settings.zoom.retries = 1;
  respond = [](const std::string&, int number) {
    return answer(503, R"({"code":)" + std::to_string(number) + R"(,"message":"m"})", kSoon);
  };
  Worker worker(*this, 1);
  const Outcome exhausted = worker.call();
  EXPECT_EQ(exhausted.head.status, 503U);
  EXPECT_EQ(exhausted.error.code, "2");
  EXPECT_EQ(requests.size(), 2U);
  requests.clear();
  respond = [](const std::string&, int number) {
    return number == 1 ? answer(503, R"({"code":1,"message":"m"})", kSoon) : answer(404, "");
  };
  const Outcome other = worker.call();
  EXPECT_EQ(other.head.status, 404U);
  EXPECT_EQ(other.error.code, "");
  EXPECT_EQ(other.error.message, "");
}

TEST_F(RetryTest, ZoomsWishIsGranted) {
  respond = [](const std::string&, int number) {
    return number == 1 ? answer(429, "{}", "Retry-After: 1\r\n") : answer(200, "{}");
  };
  Worker worker(*this, 1);
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(worker.call().head.status, 200U);
  EXPECT_GE(Clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(RetryTest, ABrokenErrorBodyIsRetriedOnANewConnection) {
  respond = [](const std::string&, int number) {
    return number == 1 ? answer(503, std::string(100'000, ' '), kSoon) : answer(200, "{}");
  };
  Worker worker(*this, 1);
  EXPECT_EQ(worker.call().body, "{}");
  EXPECT_EQ(api.accepted(), 2);
}

TEST_F(RetryTest, SomeAnswersArePassedOnAtOnce) {
  struct Case {
    const char* method;
    int status;
    std::string fields;
  };
  const Case cases[] = {
      {"GET", 429, "Retry-After: 19\r\n"},  // too near to the deadline of 20 seconds
      {"GET", 429, "Retry-After: 43200\r\n"},
      {"GET", 429, "Retry-After: 2999-01-01T00:00:00Z\r\n"},
      {"GET", 503, "Retry-After: canary\r\n"},
      {"GET", 404, kSoon},
      {"GET", 501, kSoon},
      {"GET", 400, kSoon},
      {"POST", 503, kSoon},
      {"DELETE", 429, kSoon},
  };
  for (const Case& c : cases) {
    requests.clear();
    respond = [&c](const std::string&, int) { return answer(c.status, R"({"code":7})", c.fields); };
    Worker worker(*this, 1);
    const Outcome outcome = worker.call(c.method);
    EXPECT_EQ(outcome.head.status, static_cast<unsigned>(c.status));
    EXPECT_EQ(outcome.error.code, "7") << c.method << c.status;
    EXPECT_EQ(requests.size(), 1U) << c.method << c.status << c.fields;
  }
}

TEST_F(RetryTest, ARefusedTokenIsReplacedOnceAsEver) {
  respond = [](const std::string&, int number) {
    if (number == 2) return answer(503, "{}", kSoon);
    return answer(401, R"({"code":124})");
  };
  Worker worker(*this, 1);
  const Outcome outcome = worker.call();
  EXPECT_EQ(outcome.head.status, 401U);
  EXPECT_EQ(outcome.error.code, "124");
  EXPECT_EQ(requests.size(), 3U);
  EXPECT_EQ(tokens_given, 2);
}

TEST_F(ExchangeTest, NothingIsRetriedUnlessAskedFor) {
  EXPECT_EQ(call_against(answer(503, "{}", kSoon)).head.status, 503U);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(RetryTest, EveryCallWaitsForItsTurn) {
  settings.zoom.rate_limit.light_per_second = 2;
  Worker worker(*this, 1);
  RateLimiter limiter(worker.io.get_executor(), settings.zoom.rate_limit);
  respond = [](const std::string&, int number) {
    return number < 3 ? answer(503, "{}", kSoon) : answer(200, "{}");
  };
  std::vector<UpstreamCall> calls;
  UpstreamRequest request{"GET", "/", {}, "", testing::soon(), {}, &calls};
  request.turn = {&limiter, RateLabel::light, asio::ip::make_address("10.0.0.1")};
  Outcome outcome;
  const Clock::time_point begin = Clock::now();
  testing::run_on(worker.io, worker.call_into(request, outcome));
  EXPECT_EQ(outcome.body, "{}");
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(990));
}

}  // namespace
}  // namespace zoom_proxy
