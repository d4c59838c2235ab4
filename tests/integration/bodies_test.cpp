// Bodies of requests, and what a setting changes in the answers: against the real binaries.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr const char* kRules = R"(endpoints:
  - pathTemplate: /v2/users
    allowedMethods: [GET, POST, PUT, PATCH, DELETE]
    responseSchema: {type: object, properties: {ok: {type: boolean}}}
  - pathTemplate: /v2/checked
    requestBody:
      required: true
      content:
        application/json:
          type: object
          properties: {user: {type: string, format: pseudonym}}
)";

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kForged =
    "p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

class BodiesTest : public ::testing::Test {
 protected:
  BodiesTest() {
    const std::string rules = directory.file("rules.yaml");
    std::ofstream(rules) << kRules;
    options.more = "rules: {file: '" + rules + "'}\nlimits: {request_body_bytes: 20000}\n";
    proxy = std::make_unique<Proxy>(pair.simulator, options);
    id = pair.simulator.example().user_id;
    token = text(object(pair.proxy.get("/v2/users?page_size=1")).at("users").at(0).at("id"));
    pair.simulator.reset();
    pair.simulator.control({{"fault", "status"}, {"status", 200}, {"body", "{\"ok\":true}"}});
  }

  Answer send(const std::string& body, const std::string& type = "application/json",
              const std::string& method = "POST", const std::string& path = "/v2/users") {
    const Headers headers = type.empty() ? Headers() : Headers{{"Content-Type", type}};
    return Client(proxy->port()).request(method, path, headers, body);
  }

  /// The body that Zoom got with the last request, its Content-Type before it.
  std::string received() {
    const json::object stats = pair.simulator.stats();
    const json::array& bodies = stats.at("bodies").as_array();
    if (bodies.empty()) return "nothing";
    std::string fields = text(stats.at("fields").as_array().back());
    const std::string name = "\nContent-Type: ";
    const std::size_t at = fields.find(name) + name.size();
    return fields.substr(at, fields.find('\n', at) - at) + " " + text(bodies.back());
  }

  void expect_refused(const Answer& answer, unsigned status, const std::string& cause,
                      const std::string& why) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.field("X-Psoxy-Error"), cause);
    EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body;
    EXPECT_EQ(canaries(answer), "");
    EXPECT_EQ(pair.simulator.stat("api_requests"), 0);
  }

  TemporaryDirectory directory;
  Pair pair;
  ProxyOptions options;
  std::unique_ptr<Proxy> proxy;
  std::string id;
  std::string token;
};

TEST_F(BodiesTest, TokensInJsonReachZoomDecodedAndTheRestAsItCame) {
  const std::string escaped = "\\u0070\\u007e" + token.substr(2);
  const Answer answer = send(R"({"n": 1.10, "u":[")" + token + R"(",[{"v":")" + escaped +
                             R"("}]], ")" + token + R"(":1e400,"n":-0 })");
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.body, "{\"ok\":true}");
  EXPECT_EQ(received(), R"(application/json {"n": 1.10, "u":[")" + id + R"(",[{"v":")" + id +
                            R"("}]], ")" + token + R"(":1e400,"n":-0 })");
}

TEST_F(BodiesTest, EveryMethodThatTheRulesAllow) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    pair.simulator.reset();
    EXPECT_NE(send("[\"" + token + "\"]", "application/merge-patch+json", method).status, 0U);
    EXPECT_EQ(received(), "application/merge-patch+json [\"" + id + "\"]") << method;
  }
}

TEST_F(BodiesTest, TokensInFormsReachZoomDecoded) {
  EXPECT_EQ(send("a=1+2&u=" + percent_encode(token) + "&u=x%20" + token, kForm).status, 200U);
  EXPECT_EQ(received(),
            std::string(kForm) + " a=1+2&u=" + percent_encode(id) + "&u=x%20" + percent_encode(id));
}

TEST_F(BodiesTest, WithoutContentTypeABodyIsJson) {
  EXPECT_EQ(send("[\"" + token + "\"]", "").status, 200U);
  EXPECT_EQ(received(), "application/json [\"" + id + "\"]");
}

TEST_F(BodiesTest, AnEmptyBodyGoesOn) {
  EXPECT_EQ(send("", "text/plain").status, 200U);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 1);
  EXPECT_EQ(received(), "nothing");
}

TEST_F(BodiesTest, WhatCannotGoOnIsRefusedBeforeZoomIsAsked) {
  const std::string forged = "{\"canary\":\"" + std::string(kForged) + "\"}";
  expect_refused(send(forged), 409, "TOKENIZED_REQUEST_PARAMETER_INVALID", "request body");
  expect_refused(send("canary=" + std::string(kForged), kForm), 409,
                 "TOKENIZED_REQUEST_PARAMETER_INVALID", "request body");
  expect_refused(send("canary", "text/plain"), 500, "UNKNOWN", "JSON and form bodies");
  expect_refused(send("[]", "application/json; charset=utf-16"), 500, "UNKNOWN", "UTF-8");
  expect_refused(send("{\"canary\":"), 500, "CONNECTION_SETUP", "one JSON value");
  expect_refused(send("{} {}"), 500, "CONNECTION_SETUP", "one JSON value");
  expect_refused(send("[\"canary\xff\"]"), 500, "CONNECTION_SETUP", "UTF-8");
  expect_refused(send(std::string(1001, '[') + std::string(1001, ']')), 500, "CONNECTION_SETUP",
                 "too deep");
  expect_refused(send("[\"" + std::string(20000, 'x') + "\"]"), 413, "INVALID_REQUEST", "limit");
}

TEST_F(BodiesTest, TheRulesJudgeTheBodyWithItsTokens) {
  const auto checked = [&](const std::string& body) {
    return send(body, "application/json", "POST", "/v2/checked");
  };
  expect_refused(checked("{\"user\":\"canary\"}"), 403, "BLOCKED_BY_RULES", "$.user");
  expect_refused(checked("{\"user\":\"" + id + "\"}"), 403, "BLOCKED_BY_RULES", "$.user");
  expect_refused(checked(""), 403, "BLOCKED_BY_RULES", "ask for a body");
  EXPECT_EQ(checked("{\"user\":\"" + token + "\"}").status, 200U);
  EXPECT_EQ(received(), "application/json {\"user\":\"" + id + "\"}");
}

TEST_F(BodiesTest, AHeaderThatHoldsAValueOfTheBodyIsDropped) {
  pair.simulator.control(
      {{"fault", "headers"}, {"headers", {{"ETag", "\"x" + id + "\""}, {"Link", "</v2/users>"}}}});
  const Answer plain = send("{}");
  EXPECT_NE(plain.field("ETag"), "");
  const Answer with = send("[\"at " + token + "\"]");
  EXPECT_EQ(with.status, 200U);
  EXPECT_EQ(with.field("ETag"), "");
  EXPECT_EQ(with.field("Link"), "</v2/users>");
}

TEST(UrlTokens, MayBe500AsWithThePeer) {
  Simulator simulator;
  const Proxy proxy(simulator, {.more = "compat: {url_token_error: 500}\n"});
  const Answer in_url = proxy.get("/v2/users/" + std::string(kForged) + "/meetings");
  EXPECT_EQ(in_url.status, 500U);
  EXPECT_EQ(in_url.field("X-Psoxy-Error"), "FAILED_TO_BUILD_URL");
  const Answer in_field = proxy.get("/v2/users", {{"X-Psoxy-User-To-Impersonate", kForged}});
  EXPECT_EQ(in_field.status, 409U);
  EXPECT_EQ(simulator.stat("api_requests"), 0);
}

TEST(DevelopmentMode, LetsTheSanitizerBeSkippedButNotTheRules) {
  Simulator simulator;
  Proxy proxy(simulator, {.more = "development_mode: true\n"});
  const Headers skip{{"x-psoxy-skip-sanitizer", "TRUE"}};
  const std::string id = simulator.example().user_id;
  const Answer clean = proxy.get("/v2/users?page_size=100");
  EXPECT_EQ(canaries(clean), "");
  EXPECT_NE(clean.field("X-Psoxy-Rules-SHA"), "");

  const Answer raw = proxy.get("/v2/users?page_size=100", skip);  // gzip from the look-alike
  EXPECT_EQ(raw.status, 200U);
  EXPECT_EQ(raw.end, End::whole);
  EXPECT_NE(raw.body.find(id), std::string::npos);
  EXPECT_EQ(object(raw).at("users").as_array().size(), 100U);
  for (const char* name :
       {"X-Psoxy-Rules-SHA", "X-Psoxy-Psoxy-Version", "X-Psoxy-PII-Salt-Sha256", "Set-Cookie"})
    EXPECT_EQ(raw.field(name), "") << name;

  const std::string token = text(object(clean).at("users").at(0).at("id"));
  EXPECT_EQ(proxy.get("/v2/users/" + token + "/meetings", skip).status, 200U);
  EXPECT_EQ(proxy.get("/v2/groups", skip).status, 403U);

  simulator.control({{"fault", "wrong_content_type"}, {"content_type", "text/x"}, {"times", 1}});
  EXPECT_EQ(proxy.get("/v2/users", skip).field("Content-Type"), "text/x");
  simulator.control({{"fault", "status"}, {"status", 404}, {"times", 1}});
  const Answer error = proxy.get("/v2/users", skip);
  EXPECT_EQ(error.status, 404U);
  EXPECT_EQ(canaries(error), "");

  const Answer health = proxy.get("/", {{"X-Psoxy-Health-Check", "1"}});
  EXPECT_NE(health.body.find("development_mode"), std::string::npos) << health.body;
  proxy.stop();
  EXPECT_NE(proxy.log().find("settings_warning"), std::string::npos);
  EXPECT_EQ(proxy.log().find(id), std::string::npos);
}

}  // namespace
}  // namespace integration
