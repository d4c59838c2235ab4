// The OAuth scopes of Zoom's token, and the deep health check.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr const char* kAsked = "X-Psoxy-Health-Check";
constexpr const char* kLacking =
    "user:read:admin meeting:read:admin report:read:admin "
    "meeting_summary:read:admin";
constexpr const char* kMissing = "cloud_recording:read:list_user_recordings:admin";

Answer deep(const Proxy& proxy) { return proxy.get("/", {{kAsked, "deep"}}); }

json::object zoom_of(const Answer& answer) { return object(answer).at("zoom").as_object(); }

bool holds(const std::string& whole, std::string_view part) {
  return whole.find(part) != std::string::npos;
}

/// The proxy's log event `token_refresh`, with its severity.
json::object token_event(Proxy& proxy) {
  EXPECT_EQ(proxy.stop(), 0);
  return events_of(proxy.log(), "token_refresh").at(0);
}

TEST(DeepHealthTest, FetchesATokenAndAPage) {
  Pair pair;
  const Answer answer = pair.proxy.get("/no/such/path", {{"x-psoxy-health-check", " DeeP "}});
  EXPECT_EQ(answer.status, 200U) << answer.body;
  const json::object good{{"accessToken", "ok"},
                          {"missingScopes", json::array()},
                          {"scopesKnown", true},
                          {"userPage", "ok"}};
  EXPECT_EQ(zoom_of(answer), good);
  EXPECT_EQ(std::prev(object(answer).end())->key(), "zoom");
  EXPECT_EQ(canaries(answer), "");
  EXPECT_EQ(pair.simulator.stat("token_requests"), 1);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 1);
  EXPECT_EQ(text(pair.simulator.stats().at("targets").as_array().back()),
            "GET /v2/users?page_size=1");
}

TEST(DeepHealthTest, NoOtherValueAsksZoom) {
  Pair pair;
  const std::vector<Headers> plain = {{{kAsked, "true"}},
                                      {{kAsked, ""}},
                                      {{kAsked, "deeper"}},
                                      {{kAsked, "deep"}, {kAsked, "deep"}}};
  for (const Headers& headers : plain) {
    const Answer answer = pair.proxy.get("/", headers);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_FALSE(object(answer).contains("zoom"));
  }
  EXPECT_EQ(pair.simulator.stat("token_requests"), 0);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 0);
}

TEST(DeepHealthTest, AWrongSecretIs412AndSaysWhatToCheck) {
  Pair pair({}, {.client_secret = "a-wrong-secret"});
  const Answer answer = deep(pair.proxy);
  EXPECT_EQ(answer.status, 412U);
  const json::object zoom = zoom_of(answer);
  EXPECT_TRUE(holds(text(zoom.at("accessToken")), "zoom.client_secret"));
  EXPECT_EQ(zoom.at("missingScopes"), json::array());
  EXPECT_EQ(zoom.at("scopesKnown"), false);
  EXPECT_TRUE(holds(text(zoom.at("userPage")), "not asked for"));
  EXPECT_FALSE(holds(answer.body, "a-wrong-secret"));
  EXPECT_EQ(pair.simulator.stat("api_requests"), 0);
}

TEST(DeepHealthTest, AMissingScopeIsNamedHereAndInTheLog) {
  Pair pair;
  pair.simulator.control({{"fault", "scopes"}, {"scope", kLacking}});
  const Answer answer = deep(pair.proxy);
  EXPECT_EQ(answer.status, 412U);
  const json::object zoom = zoom_of(answer);
  EXPECT_EQ(zoom.at("accessToken"), "ok");
  EXPECT_EQ(zoom.at("missingScopes"), json::array{kMissing});
  EXPECT_EQ(zoom.at("scopesKnown"), true);
  EXPECT_EQ(zoom.at("userPage"), "ok");
  const json::object event = token_event(pair.proxy);
  EXPECT_EQ(event.at("severity"), "WARNING");
  EXPECT_EQ(event.at("missingScopes"), json::array{kMissing});
  EXPECT_TRUE(holds(text(event.at("message")), "add them to the Zoom app"));
}

TEST(DeepHealthTest, ALoneScopeIsAListOfOneAndNothingElseIsShown) {
  Pair pair;
  pair.simulator.control({{"fault", "scopes"}, {"scope", "user:read:admin"}});
  EXPECT_EQ(zoom_of(deep(pair.proxy)).at("missingScopes").as_array().size(), 9U);
  pair.simulator.control({{"fault", "revoked_token"}});
  pair.simulator.control(
      {{"fault", "scopes"}, {"scope", "canary.scope@corp.example ZcanaryScope"}});
  (void)deep(pair.proxy);  // the page is refused, so a new token comes
  const Answer answer = deep(pair.proxy);
  EXPECT_EQ(zoom_of(answer).at("missingScopes").as_array().size(), 10U);
  EXPECT_EQ(canaries(answer), "");
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(DeepHealthTest, ClassicScopesDoAsWell) {
  Pair pair;
  pair.simulator.control(
      {{"fault", "scopes"}, {"scope", std::string(kLacking) + " recording:read:admin"}});
  const Answer answer = deep(pair.proxy);
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(zoom_of(answer).at("scopesKnown"), true);
  const json::object event = token_event(pair.proxy);
  EXPECT_EQ(event.at("severity"), "INFO");
  EXPECT_FALSE(event.contains("missingScopes"));
}

TEST(DeepHealthTest, WithoutScopesInZoomsAnswerNothingIsClaimed) {
  Pair pair;
  pair.simulator.control({{"fault", "scopes"}, {"scope", nullptr}});
  const Answer answer = deep(pair.proxy);
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(zoom_of(answer).at("scopesKnown"), false);
  EXPECT_EQ(zoom_of(answer).at("missingScopes"), json::array());
  EXPECT_FALSE(token_event(pair.proxy).contains("missingScopes"));
}

struct BadPage {
  const char* name;
  json::object fault;
  std::vector<const char*> said;
};

TEST(DeepHealthTest, ARefusedOrBrokenPageIs412AndExplained) {
  const std::vector<BadPage> pages = {
      {"unknown user",
       {{"fault", "status"},
        {"status", 400},
        {"body", {{"code", 1001}, {"message", "User does not exist: canary.a@corp.example"}}}},
       {"status 400", "1001", "User does not exist.", "scopes"}},
      {"too many", {{"fault", "rate_limit"}}, {"status 429", "per-second", "try again later"}},
      {"failure", {{"fault", "status"}, {"status", 500}}, {"status 500", "try again later"}},
      {"login page", {{"fault", "html"}}, {"not JSON", "zoom.api_url"}},
      {"silence", {{"fault", "stall"}}, {"try again"}},
  };
  for (const BadPage& page : pages) {
    Pair pair({}, {.more = "timeouts: {response_head_seconds: 1}\n"});
    pair.simulator.control(page.fault);
    const Answer answer = deep(pair.proxy);
    EXPECT_EQ(answer.status, 412U) << page.name;
    const json::object zoom = zoom_of(answer);
    EXPECT_EQ(zoom.at("accessToken"), "ok") << page.name;
    for (const char* part : page.said) {
      EXPECT_TRUE(holds(text(zoom.at("userPage")), part)) << page.name << ": " << answer.body;
    }
    EXPECT_EQ(canaries(answer), "") << page.name;
  }
}

TEST(DeepHealthTest, ThePageStandsBehindTheBasePath) {
  Simulator simulator;
  const Proxy proxy(simulator, {.api_url = simulator.url() + "/gateway"});
  const Answer answer = deep(proxy);
  EXPECT_EQ(answer.status, 412U);
  EXPECT_TRUE(holds(text(zoom_of(answer).at("userPage")), "status 404")) << answer.body;
  EXPECT_EQ(text(simulator.stats().at("targets").as_array().back()),
            "GET /gateway/v2/users?page_size=1");
}

}  // namespace
}  // namespace integration
