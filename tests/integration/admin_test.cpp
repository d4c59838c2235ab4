// The admin port of the real proxy: who answers what, and that nothing of it is public.

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/integration/mounted_proxy.hpp"

namespace integration {
namespace {

constexpr const char* kAdminOnly[] = {"/", "/metrics", "/status.json"};

TEST(AdminTest, ServesHealthMetricsAndTheStatusPage) {
  Pair pair;
  EXPECT_EQ(pair.proxy.admin("/health/live").body, R"({"status":"live"})");
  EXPECT_EQ(pair.proxy.admin("/health/ready").body, R"({"status":"ready"})");
  const Answer page = pair.proxy.admin("/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.field("Content-Security-Policy").find("default-src 'none'; script-src 'sha256-"),
            0U);
  EXPECT_NE(page.body.find("</html>"), std::string::npos);
  EXPECT_EQ(pair.proxy.admin("/metrics?name=x").status, 200U);
}

TEST(AdminTest, RefusesWhatItDoesNotKnow) {
  Pair pair;
  EXPECT_EQ(pair.proxy.admin("/v2/users").status, 404U);
  Client client(pair.proxy.admin_port());
  const Answer post = client.request("POST", "/metrics");
  EXPECT_EQ(post.status, 405U);
  EXPECT_EQ(post.field("Allow"), "GET, HEAD");
  client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer head = client.read_answer(true);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.body, "");
  client.send("GET /metrics HTTP/1.1\r\n\r\n");  // no Host
  EXPECT_EQ(client.read_answer().status, 400U);
}

TEST(AdminTest, NothingOfItIsOnThePublicPort) {
  Pair pair;
  for (const char* path : kAdminOnly) {
    const Answer answer = pair.proxy.get(path);
    EXPECT_EQ(answer.status, 403U) << path;
    EXPECT_EQ(answer.body.find("zoom_proxy_"), std::string::npos) << path;
  }
  EXPECT_EQ(pair.proxy.get("/health/live").status, 200U);
  EXPECT_EQ(pair.proxy.get("/health/ready").status, 200U);
}

TEST(AdminTest, ReadinessEndsWithSigtermWhileItStillServes) {
  Simulator simulator;
  MountedProxy proxy(simulator, {.more = "shutdown: {delay_seconds: 300}\n"});
  EXPECT_EQ(proxy.admin("/health/ready").status, 200U);
  proxy.process().signal(SIGTERM);
  proxy.wait_for_events("shutdown", 1);
  const Answer ready = proxy.admin("/health/ready");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_EQ(ready.body, R"({"status":"not ready","reason":"shutting down"})");
  EXPECT_EQ(proxy.admin("/health/live").status, 200U);
  EXPECT_EQ(proxy.get("/v2/users").status, 200U);
  proxy.process().signal(SIGTERM);  // does not wait for the delay's end
  EXPECT_EQ(proxy.process().wait(), 1);
}

TEST(AdminTest, APortInUseIsSaidAtTheStart) {
  Pair pair;
  ProxyOptions options;
  TemporaryDirectory directory;
  std::ofstream(directory.file("settings.yaml"))
      << "listen: {address: 127.0.0.1, port: 0}\n"
      << "admin: {port: " << pair.proxy.admin_port() << "}\n"
      << "inbound_auth: {mode: platform}\n"
      << "zoom: {account_id: a, client_id: b, client_secret: c}\n"
      << "pseudonyms: {salt: " << options.salt << ", encryption_key: " << options.encryption_key
      << "}\n";
  Process process({proxy_program(), "serve", "--config", directory.file("settings.yaml")});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_NE(process.errors().find("admin.port"), std::string::npos) << process.errors();
}

TEST(AdminTest, StatusTellsWhatRuns) {
  Pair pair;
  json::object status = object(pair.proxy.admin("/status.json"));
  EXPECT_TRUE(status.at("token").is_null());
  EXPECT_EQ(status.at("rules").at("name"), "zoom");
  EXPECT_EQ(status.at("rules").at("endpoints"), 10);
  EXPECT_EQ(status.at("inboundAuth"), "platform");
  EXPECT_EQ(status.at("ready"), true);
  EXPECT_EQ(status.at("workersAnswer"), true);
  pair.simulator.control(
      {{"fault", "scopes"}, {"scope", "user:read:list_users:admin report:read:user:admin"}});
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  status = object(pair.proxy.admin("/status.json"));
  const json::object& token = status.at("token").as_object();
  EXPECT_EQ(token.at("scopes").as_array().size(), 2U);
  EXPECT_EQ(token.at("missingScopes").as_array().size(), 8U);
  EXPECT_EQ(token.at("expires").as_int64() - token.at("obtained").as_int64(), 3'600'000);
}

TEST(AdminTest, StatusTellsOfLateErrorsByNameAlone) {
  Pair pair;
  pair.simulator.control({{"fault", "broken_json"}, {"times", 2}});
  for (int i = 0; i < 2; ++i) ASSERT_EQ(pair.proxy.get("/v2/users").status, 502U);
  json::array recent;
  const auto wait_for = [&](std::size_t kinds, int last_count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    do {  // logged when the answer has gone
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      recent = object(pair.proxy.admin("/status.json")).at("recent").as_array();
    } while (recent.size() < kinds || recent.at(0).at("count") != last_count);
  };
  wait_for(1, 2);
  ASSERT_EQ(pair.proxy.get("/secret/path").status, 403U);
  wait_for(2, 1);
  EXPECT_EQ(recent.at(0).at("cause"), "BLOCKED_BY_RULES");
  EXPECT_EQ(recent.at(0).at("severity"), "warning");
  EXPECT_EQ(recent.at(1).at("event"), "request");
  EXPECT_EQ(recent.at(1).at("cause"), "BAD_SOURCE_RESPONSE");
  EXPECT_EQ(recent.at(1).at("severity"), "error");
  EXPECT_EQ(recent.at(1).at("count"), 2);
}

/// Personal values everywhere a client or Zoom can put them.
TEST(AdminTest, HoldsNoPersonalData) {
  Pair pair;
  const Example example = pair.simulator.example();
  ASSERT_EQ(pair.proxy.get("/v2/users/" + percent_encode(example.email)).status, 403U);
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  (void)pair.proxy.get("/v2/users/" + example.user_id + "/meetings");
  (void)pair.proxy.get("/v2/meetings/" + example.meetings[1].number);
  (void)pair.proxy.get("/canary.path/canary?canary=canary", {{"X-Canary", "canary"}});
  Client client(pair.proxy.port());
  (void)client.request("CANARY", "/v2/users");
  pair.simulator.control({{"fault", "status"}, {"status", 404}});
  (void)pair.proxy.get("/v2/users/" + example.user_id + "/recordings");
  for (const char* path : {"/", "/metrics", "/status.json", "/health/ready"}) {
    EXPECT_EQ(canaries(pair.proxy.admin(path)), "") << path;
  }
}

}  // namespace
}  // namespace integration
