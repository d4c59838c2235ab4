// Start and end of the real process.

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

TEST(LifecycleTest, EndsCleanlyOnSigterm) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_NE(pair.proxy.log().find(R"("event":"shutdown")"), std::string::npos);
}

TEST(LifecycleTest, FinishesWhatItHasBegun) {
  Pair pair({}, {.more = "shutdown: {grace_seconds: 60}\n"});
  pair.simulator.control({{"fault", "hold"}});
  Answer answer;
  std::thread waiting([&] { answer = pair.proxy.get("/v2/users"); });
  pair.simulator.wait_until("held", [](auto answers) { return answers == 1; });
  pair.proxy.process().signal(SIGTERM);
  pair.proxy.process().wait_for_line(
      [](const auto& line) { return line.find("shutting down") != std::string::npos; });
  pair.simulator.control({{"fault", "release"}});
  waiting.join();
  const int exit_code = pair.proxy.process().wait();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(exit_code, 0);
}

TEST(LifecycleTest, TellsOnceWhichFieldsTheRulesDoNotList) {
  Pair pair;
  for (int i = 0; i < 3; ++i) ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  pair.proxy.stop();
  const std::vector<json::object> told = events_of(pair.proxy.log(), "unlisted_fields");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at("route"), "/v2/users");
  EXPECT_EQ(told[0].at("place"), "$.users[].<unlisted>");
  EXPECT_GT(told[0].at("count").to_number<int>(), 0);
  EXPECT_NE(json::serialize(told[0]).find(R"("last_client_version")"), std::string::npos);
}

TEST(LifecycleTest, RefusesToStartWithoutAnAuthMode) {
  TemporaryDirectory directory;
  std::ofstream(directory.file("settings.yaml"))
      << "listen: {address: 127.0.0.1, port: 0}\n"
         "zoom: {account_id: a, client_id: b, client_secret: c}\n"
         "pseudonyms: {salt: integration-test-salt-0123456789abcdef,\n"
         "  encryption_key: integration-test-key-0123456789abcdef}\n";
  Process process({proxy_program(), "serve", "--config", directory.file("settings.yaml")});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_NE(process.errors().find("inbound_auth.mode"), std::string::npos) << process.errors();
  EXPECT_NE(process.errors().find("platform"), std::string::npos) << process.errors();
}

TEST(LifecycleTest, RunsFromTheEnvironmentAlone) {
  Simulator simulator;
  Process process({proxy_program(), "serve"},
                  {{"PORT", "0"},
                   {"ZOOM_PROXY_LISTEN_ADDRESS", "127.0.0.1"},
                   {"ZOOM_PROXY_ADMIN_PORT", "0"},
                   {"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
                   {"ZOOM_PROXY_ZOOM_API_URL", simulator.url()},
                   {"ZOOM_PROXY_ZOOM_TOKEN_URL", simulator.url() + "/oauth/token"},
                   {"ZOOM_PROXY_ZOOM_CA_FILE", simulator.ca_file()},
                   {"PSOXY_ZOOM_ACCOUNT_ID", " simulator-account\n"},  // pasted with blanks
                   {"PSOXY_ZOOM_CLIENT_ID", "simulator-client "},
                   {"PSOXY_ZOOM_CLIENT_SECRET", "\tsimulator-secret"},
                   {"PSOXY_SALT", "integration-test-salt-0123456789abcdef"},
                   {"PSOXY_ENCRYPTION_KEY", "integration-test-key-0123456789abcdef"}});
  const auto startup = json::parse(process.wait_for_line(
      [](const auto& line) { return line.find(R"("event":"startup")") != std::string::npos; }));
  Client client(startup.at("port").to_number<std::uint16_t>());
  EXPECT_EQ(client.get("/v2/users").status, 200U);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

}  // namespace
}  // namespace integration
