// Settings, secrets and rules anew while the real process serves.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/integration/mounted_proxy.hpp"

namespace integration {
namespace {

/// Of an answer, what tells by which rules and which salt it was made.
std::string rules_of(const Answer& answer) { return answer.field("X-Psoxy-Rules-SHA"); }
std::string salt_of(const Answer& answer) { return answer.field("X-Psoxy-PII-Salt-Sha256"); }

class ReloadTest : public testing::Test {
 protected:
  Simulator simulator;
};

TEST_F(ReloadTest, SeesChangedFilesByItself) {
  MountedProxy proxy(simulator);
  const Answer first = proxy.get("/v2/users");
  ASSERT_EQ(first.status, 200U);
  proxy.write_rules(users_rules("verified"));
  proxy.wait_for_events("rules_loaded", 2);  // the first at start-up
  const Answer second = proxy.get("/v2/users");
  EXPECT_NE(rules_of(second), rules_of(first));
  EXPECT_EQ(salt_of(second), salt_of(first));
  EXPECT_NE(second.body.find("verified"), std::string::npos);

  proxy.write_secrets(1);
  proxy.wait_for_events("settings_loaded", 3);
  const Answer third = proxy.get("/v2/users");
  EXPECT_EQ(rules_of(third), rules_of(second));
  EXPECT_NE(salt_of(third), salt_of(second));
  EXPECT_NE(third.body, second.body);
  EXPECT_EQ(canaries(third), "");
  EXPECT_EQ(proxy.stop(), 0);
}

/// How often the text stands in the writable memory of a process; who may not look sees none.
std::size_t copies_in_memory(pid_t process, const std::string& text) {
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream maps(folder + "/maps");
  std::ifstream memory(folder + "/mem", std::ios::binary);
  std::size_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" rw") == line.npos) continue;
    const std::uint64_t begin = std::stoull(line, nullptr, 16);
    const std::uint64_t end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    std::string bytes(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    for (auto at = bytes.find(text); at != bytes.npos; at = bytes.find(text, at + 1)) ++found;
  }
  return found;
}

TEST_F(ReloadTest, SecretsThatWereReplacedAreForgotten) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may look into the server's memory";
  if (sanitized()) GTEST_SKIP() << "what is freed is kept for a while, to find who uses it";
  MountedProxy proxy(simulator);
  const std::string old_salt = "salt-secret-canary-0123456789abcdef-0";
  EXPECT_GT(copies_in_memory(proxy.process().id(), old_salt), 0U) << "the look itself works";
  for (std::size_t round = 1; round <= 3; ++round) {
    proxy.write_secrets(static_cast<int>(round));
    proxy.reload();
    proxy.wait_for_events("rules_loaded", 1 + round);
    EXPECT_EQ(proxy.get("/v2/users?page_size=1").status, 200U);
  }
  EXPECT_EQ(copies_in_memory(proxy.process().id(), old_salt), 0U);
  EXPECT_EQ(proxy.stop(), 0);
}

TEST_F(ReloadTest, ABadFileChangesNothingAndIsToldOnce) {
  MountedProxy proxy(simulator);
  const Answer before = proxy.get("/v2/users");
  proxy.write_rules(users_rules("type") + "    responseSchem: {}\n");
  const json::object failure = wait_for_event(proxy.process(), kind("reload_failed"));
  EXPECT_EQ(failure.at("severity"), "ERROR");
  EXPECT_EQ(failure.at("what"), "rules");
  EXPECT_NE(text(failure.at("message")).find(proxy.file("rules.yaml") + ":21:"), std::string::npos)
      << failure;
  const Answer ready = proxy.get("/health/ready");
  EXPECT_EQ(ready.status, 200U);
  EXPECT_EQ(text(object(ready).at("status")), "ready");
  EXPECT_EQ(object(ready).at("degraded").as_array().size(), 1U) << ready.body;
  EXPECT_EQ(ready.body.find(".yaml"), std::string::npos) << "anybody may ask";
  EXPECT_EQ(proxy.get("/v2/users").body, before.body);

  // Secrets change while the rules are still bad: nothing is taken over, and told again.
  proxy.write_secrets(1);
  proxy.wait_for_events("reload_failed", 2);
  EXPECT_EQ(proxy.get("/v2/users").body, before.body);

  proxy.write_rules(users_rules("verified"));
  proxy.wait_for_events("rules_loaded", 2);
  EXPECT_FALSE(object(proxy.get("/health/ready")).contains("degraded"));
  const Answer after = proxy.get("/v2/users");
  EXPECT_NE(salt_of(after), salt_of(before));
  EXPECT_NE(rules_of(after), rules_of(before));
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.events("reload_failed"), 2U) << "once for each content";
  EXPECT_EQ(proxy.process().output().find("canary"), std::string::npos);
}

TEST_F(ReloadTest, BadSettingsAndMissingSecretsNameTheirPlace) {
  MountedProxy proxy(simulator);
  proxy.options().more = "zoom_: 1\n";
  proxy.write_settings();
  proxy.reload();
  const json::object settings = wait_for_event(proxy.process(), kind("reload_failed"));
  EXPECT_EQ(settings.at("what"), "settings");
  EXPECT_NE(text(settings.at("message")).find(proxy.file("settings.yaml") + ":15:1: "),
            std::string::npos)
      << settings;
  proxy.options().more = "";
  proxy.write_settings();
  std::filesystem::remove(proxy.file("..data"));
  proxy.reload();
  proxy.wait_for_events("reload_failed", 2);
  EXPECT_EQ(proxy.get("/v2/users").status, 200U);
  proxy.write_secrets(2);  // seen without a signal, although the file was not there to be read
  proxy.wait_for_events("settings_loaded", 2);
  EXPECT_EQ(proxy.get("/v2/users").status, 200U);
  EXPECT_EQ(proxy.stop(), 0);
}

TEST_F(ReloadTest, WithoutReloadOnlyTheSignalCounts) {
  MountedProxy proxy(simulator, {.reload = false});
  MountedProxy clock(simulator);  // looks by itself, as often as the other would
  const Answer before = proxy.get("/v2/users");
  proxy.write_secrets(1);
  for (int version = 1; version <= 2; ++version) {
    clock.write_secrets(version);
    clock.wait_for_events("settings_loaded", static_cast<std::size_t>(version) + 1);
  }
  EXPECT_EQ(proxy.events("settings_loaded"), 1U);
  EXPECT_EQ(salt_of(proxy.get("/v2/users")), salt_of(before));
  proxy.reload();
  proxy.wait_for_events("settings_loaded", 2);
  EXPECT_NE(salt_of(proxy.get("/v2/users")), salt_of(before));
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.events("settings_loaded"), 2U);
  EXPECT_EQ(clock.stop(), 0);
}

TEST_F(ReloadTest, NewCredentialsOfZoomAreTriedAtOnce) {
  MountedProxy proxy(simulator);
  proxy.write_secrets(0, "wrong-canary");
  proxy.reload();
  proxy.wait_for_events("settings_loaded", 2);
  EXPECT_EQ(proxy.get("/v2/users").status, 500U) << "no token yet, and Zoom gives none";
  EXPECT_EQ(proxy.get("/v2/users").field("X-Psoxy-Error"), "CONNECTION_SETUP");
  EXPECT_EQ(simulator.stat("token_requests"), 1) << "a refusal is remembered";
  proxy.write_secrets(0);
  proxy.reload();
  proxy.wait_for_events("settings_loaded", 3);
  EXPECT_EQ(proxy.get("/v2/users").status, 200U);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.process().output().find("canary"), std::string::npos);
}

TEST_F(ReloadTest, SaysWhichChangesNeedARestart) {
  MountedProxy proxy(simulator);
  proxy.options().more = "shutdown: {grace_seconds: 3}\negress_guard: log\n";
  proxy.write_settings();
  proxy.reload();
  proxy.wait_for_events("rules_loaded", 2);
  const json::object event = wait_for_event(proxy.process(), "needRestart");
  EXPECT_EQ(event.at("event"), "settings_loaded");
  EXPECT_EQ(event.at("severity"), "WARNING");
  EXPECT_EQ(event.at("needRestart"), json::array({"shutdown.grace_seconds"}));
  EXPECT_EQ(proxy.stop(), 0);
}

TEST_F(ReloadTest, ARequestInFlightKeepsWhatItBeganWith) {
  MountedProxy proxy(simulator);
  const Answer before = proxy.get("/v2/users");
  simulator.control({{"fault", "hold"}, {"times", 1}});
  Client slow(proxy.port());
  slow.send("GET /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n");
  simulator.wait_until("held", [](auto answers) { return answers == 1; });
  proxy.write_rules(users_rules("verified"));
  proxy.write_secrets(1);
  proxy.reload();
  proxy.wait_for_events("rules_loaded", 2);
  ASSERT_EQ(simulator.stat("held"), 1) << "the new rules came before Zoom's answer";
  simulator.control({{"fault", "release"}});
  const Answer answer = slow.read_answer();
  EXPECT_EQ(answer.body, before.body);
  EXPECT_EQ(rules_of(answer), rules_of(before));
  EXPECT_NE(rules_of(proxy.get("/v2/users")), rules_of(before));
  EXPECT_EQ(proxy.stop(), 0);
}

TEST_F(ReloadTest, StartUpSaysWhatIsInForce) {
  MountedProxy proxy(simulator);
  const json::object startup = wait_for_event(proxy.process(), kind("startup"));
  EXPECT_EQ(startup.at("severity"), "INFO");
  EXPECT_EQ(startup.at("message"),
            "listening; mode `platform`: the platform in front must authenticate callers");
  EXPECT_EQ(text(startup.at("rules")), proxy.file("rules.yaml"));
  EXPECT_EQ(text(startup.at("rulesSha")), rules_of(proxy.get("/v2/users")));
  EXPECT_EQ(startup.at("endpoints"), 1);
  EXPECT_EQ(startup.at("reload"), true);
  EXPECT_EQ(startup.at("algorithm"), "hmac-sha256");
  EXPECT_EQ(startup.at("egressGuard"), "redact");
  EXPECT_EQ(startup.at("inboundAuth"), "platform");
  EXPECT_EQ(startup.at("allowedIpBlocks"), 0);
  EXPECT_EQ(startup.at("developmentMode"), false);
  EXPECT_FALSE(startup.contains("asyncDirectory"));
  EXPECT_FALSE(startup.contains("sideDirectory"));
  EXPECT_EQ(text(startup.at("zoomApi")), simulator.url());
  EXPECT_EQ(startup.at("address"), "127.0.0.1");
  EXPECT_GE(startup.at("workers").to_number<int>(), 1);
  const json::object& sources = startup.at("secretSources").as_object();
  EXPECT_EQ(sources.size(), 3U);
  EXPECT_NE(text(sources.at("pseudonyms.salt")).find("secret file " + proxy.file("salt")),
            std::string::npos);
  EXPECT_EQ(json::serialize(startup).find("canary"), std::string::npos);
  EXPECT_EQ(proxy.stop(), 0);
}

TEST_F(ReloadTest, StartUpSaysWhatIsSetApartFromTheDefaults) {
  const TemporaryDirectory output;
  MountedProxy proxy(simulator,
                     {.more = "development_mode: true\negress_guard: log\n"
                              "output: {async_directory: " +
                              output.path() + ", side_directory: " + output.path() + "}\n",
                      .environment = {{"ALLOWED_DATA_ACCESS_IP_BLOCKS", "127.0.0.1,10.0.0.0/8"}}});
  const json::object startup = wait_for_event(proxy.process(), kind("startup"));
  EXPECT_EQ(startup.at("allowedIpBlocks"), 2);
  EXPECT_EQ(startup.at("developmentMode"), true);
  EXPECT_EQ(startup.at("egressGuard"), "log");
  EXPECT_EQ(text(startup.at("asyncDirectory")), output.path());
  EXPECT_EQ(text(startup.at("sideDirectory")), output.path());
  EXPECT_EQ(proxy.stop(), 0);
}

}  // namespace
}  // namespace integration
