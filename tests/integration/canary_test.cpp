// Ten thousand answers of Zoom in which whatever is personal is a canary: in bodies, errors, header
// fields and addresses. None of them may reach a client or the log.
// CANARY_SEED=N CANARY_EXCHANGES=1 plays the exchange of one seed again.

#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>

#include "tests/integration/canary_answers.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/raw_server.hpp"

namespace integration {
namespace {

using zoom_proxy::testing::TestCa;

constexpr std::uint64_t kExchanges = 10'000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Says what it was last told to.
class ScriptedZoom {
 public:
  void answer_with(const CanaryExchange& exchange) {
    const std::lock_guard lock(mutex_);
    exchange_ = exchange;
  }
  [[nodiscard]] ProxyOptions options() const {
    return {
        .api_url = api_.url(), .token_url = token_.url() + "/oauth/token", .ca_file = ca_.file()};
  }

 private:
  void serve_api(RawServer& server, RawConnection& connection) {
    if (!connection.shake_hands(server.context(Face::good))) return;
    while (!connection.read_request().empty()) {
      CanaryExchange now;
      {
        const std::lock_guard lock(mutex_);
        now = exchange_;
      }
      if (!connection.write(now.response)) return;
      if (!now.closes) continue;
      connection.close();
      connection.wait_until_closed();
      return;
    }
  }
  void serve_token(RawServer& server, RawConnection& connection) {
    if (!connection.shake_hands(server.context(Face::good))) return;
    const std::string body = R"({"access_token":"canaryToken","expires_in":3600})";
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }

  TestCa ca_;
  std::mutex mutex_;
  CanaryExchange exchange_;
  RawServer api_{ca_, [this](RawServer& s, RawConnection& c) { serve_api(s, c); }};
  RawServer token_{ca_, [this](RawServer& s, RawConnection& c) { serve_token(s, c); }};
};

void expect_clean(const CanaryExchange& exchange, const Answer& answer) {
  if (!exchange.may_pass || answer.status != 200) {
    EXPECT_EQ(answer.status, exchange.status) << answer.body;
  }
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(find_canary(answer.head), "");
  EXPECT_EQ(find_canary(answer.body), "") << answer.body;
  EXPECT_FALSE(object(answer).empty());
}

TEST(Canary, NoneOfTenThousandExchangesLetsOneOut) {
  ScriptedZoom zoom;
  Proxy proxy(zoom.options());
  const std::uint64_t first = from_environment("CANARY_SEED", 1);
  const std::uint64_t count = from_environment("CANARY_EXCHANGES", kExchanges);
  Client client(proxy.port());
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, "CANARY_SEED=" + std::to_string(seed));
    const CanaryExchange exchange = canary_exchange(seed);
    zoom.answer_with(exchange);
    const Answer answer = client.get(exchange.target, {{"User-Agent", "canary.agent@leak.test"}});
    expect_clean(exchange, answer);
  }
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(find_canary(proxy.log()), "");
}

/// Otherwise the test above could not fail.
TEST(Canary, IsInEachAnswerOfZoom) {
  for (std::uint64_t seed = 1; seed <= kExchanges; ++seed) {
    const CanaryExchange exchange = canary_exchange(seed);
    if (exchange.response.find("Content-Encoding: gzip") != std::string::npos) continue;
    if (exchange.response.find("chunked") != std::string::npos) continue;
    EXPECT_NE(find_canary(exchange.response), "") << seed;
  }
  EXPECT_NE(find_canary(R"({"a":"\u0063anary"})"), "");
}

}  // namespace
}  // namespace integration
