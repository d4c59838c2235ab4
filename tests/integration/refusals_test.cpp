// Requests that must not reach Zoom.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

class RefusalsTest : public ::testing::Test {
 protected:
  void expect_blocked(const std::string& method, const std::string& target) {
    Client client(pair.proxy.port());
    const Answer answer = client.request(method, target);
    EXPECT_EQ(answer.status, 403U) << method << " " << target;
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "BLOCKED_BY_RULES") << method << " " << target;
    EXPECT_EQ(canaries(answer), "") << target;
  }
  void expect_no_call() { EXPECT_EQ(pair.simulator.stat("api_requests"), 0); }

  Pair pair;
};

TEST_F(RefusalsTest, UnknownPaths) {
  for (const char* path : {"/", "/v2/groups", "/v2/users/", "/v2/users/U/settings", "/v2/meetings",
                           "/v2/meetings/ab//cd", "/v2/meetings/1/registrants", "/v2/report/daily",
                           "/control/stats", "/oauth/token"}) {
    expect_blocked("GET", path);
  }
  expect_no_call();
}

TEST_F(RefusalsTest, UnknownMethods) {
  for (const char* method : {"POST", "DELETE", "PATCH", "OPTIONS"}) {
    expect_blocked(method, "/v2/users");
  }
  expect_no_call();
}

TEST_F(RefusalsTest, BodiesThatTheRulesWantChecked) {
  const TemporaryDirectory directory;
  const std::string rules = directory.file("rules.yaml");
  std::ofstream(rules) << "endpoints:\n"
                          "  - {pathTemplate: /v2/users, requestBody: "
                          "{content: {application/json: {type: object, required: [a]}}}}\n"
                          "  - {pathTemplate: '/v2/users/{id}', requestBody: {required: true}}\n";
  const Proxy proxy(pair.simulator, {.more = "rules: {file: '" + rules + "'}\n"});
  const auto blocked = [&](const Answer& answer, const std::string& why) {
    EXPECT_EQ(answer.status, 403U) << answer.body;
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "BLOCKED_BY_RULES");
    EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body;
  };
  blocked(Client(proxy.port()).request("POST", "/v2/users", {}, "{}"), "$.a is missing");
  blocked(proxy.get("/v2/users/1"), "ask for a body");
  expect_no_call();
  EXPECT_EQ(proxy.get("/v2/users").status, 200U);
  (void)Client(proxy.port()).request("POST", "/v2/users", {}, "{\"a\":1}");
  EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
}

TEST_F(RefusalsTest, UnknownQueryNames) {
  expect_blocked("GET", "/v2/users?role_id=1");
  expect_blocked("GET", "/v2/users?page_size=1&include_fields=custom_attributes");
  expect_no_call();
}

TEST_F(RefusalsTest, BrokenTokens) {
  const auto page = object(pair.proxy.get("/v2/users?page_size=1"));
  std::string token = text(page.at("users").at(0).at("id"));
  pair.simulator.reset();
  token[10] = token[10] == 'A' ? 'B' : 'A';
  const Answer answer = pair.proxy.get("/v2/users/" + token + "/meetings");
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), "TOKENIZED_REQUEST_PARAMETER_INVALID");
  expect_no_call();
}

TEST_F(RefusalsTest, TokensMadeWithAnotherKey) {
  const Proxy other(pair.simulator, {.encryption_key = "another-key-0123456789abcdef0123456"});
  const auto page = object(other.get("/v2/users?page_size=1"));
  const std::string token = text(page.at("users").at(0).at("id"));
  pair.simulator.reset();
  EXPECT_EQ(pair.proxy.get("/v2/users/" + token + "/meetings").status, 409U);
  expect_no_call();
}

TEST_F(RefusalsTest, TokensMadeWithAPreviousKeyStillCount) {
  const std::string old_key = ProxyOptions().encryption_key;
  const Proxy rotated(pair.simulator, {.encryption_key = "another-key-0123456789abcdef0123456\n"
                                                         "  previous_encryption_keys: [" +
                                                         old_key + "]"});
  const auto id_by = [](const Proxy& proxy) {
    return text(object(proxy.get("/v2/users?page_size=1")).at("users").at(0).at("id"));
  };
  const std::string old_token = id_by(pair.proxy);
  const std::string new_token = id_by(rotated);
  EXPECT_NE(new_token, old_token) << "new ones are made with the new key";
  EXPECT_EQ(rotated.get("/v2/users/" + old_token + "/meetings").status, 200U);
  EXPECT_EQ(rotated.get("/v2/users/" + new_token + "/meetings").status, 200U);
  EXPECT_EQ(pair.proxy.get("/v2/users/" + new_token + "/meetings").status, 409U);
}

}  // namespace
}  // namespace integration
