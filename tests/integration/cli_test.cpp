// The commands as a shell sees them: exit codes, standard output and standard error.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/command.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

class SanitizeTest : public testing::Test {
 protected:
  Outcome sanitize(const std::string& body, const std::string& arguments,
                   const Process::Environment& environment = kPseudonyms) {
    const std::string file = directory_.file("body.json");
    std::ofstream(file, std::ios::binary) << body;
    return run("sanitize " + arguments, environment, file);
  }

  TemporaryDirectory directory_;
  const std::string body_ = R"({"page_size":30,"users":[)"
                            R"({"id":"canary-id","email":"canary@a.test","type":1,"x":"canary"}]})";
};

TEST(CommandLine, UsageErrorsEndWithTwo) {
  for (const char* arguments :
       {"", "nonsense", "--json", "serve extra", "check --nope", "sanitize",
        "sanitize --url v2/users", "sanitize --url /v2/users --algorithm md5", "doctor --online"}) {
    const Outcome outcome = run(arguments, kPseudonyms);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.output, "") << arguments;
    EXPECT_NE(outcome.errors, "") << arguments;
  }
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  for (const std::string command : {"serve", "check", "doctor", "explain", "sanitize", "bulk"}) {
    const Outcome outcome = run(command + " --help");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(holds(outcome.output, "Example:")) << outcome.output;
    EXPECT_TRUE(holds(outcome.output, "zoom-proxy " + command)) << outcome.output;
  }
}

TEST(CommandLine, TellsItsVersion) {
  const std::string line = run("--version").output;
  const json::object version = json::parse(run("--version --json").output).as_object();
  EXPECT_EQ(line, "zoom-proxy " + text(version.at("version")) + "\n");
  EXPECT_NE(text(version.at("commit")), "");
  EXPECT_NE(text(version.at("build")), "");
  EXPECT_TRUE(version.at("libraries").as_object().contains("openssl"));
  for (const auto& library : version.at("libraries").as_object())
    EXPECT_NE(text(library.value()), "") << library.key();
}

TEST(CommandLine, ExplainNeedsNoSettings) {
  const Outcome text = run("explain");
  EXPECT_EQ(text.exit_code, 0) << text.errors;
  EXPECT_TRUE(holds(text.output, "$.users[].email"));
  const Outcome json = run("explain --json --rules zoom-strict");
  EXPECT_EQ(json.exit_code, 0) << json.errors;
  EXPECT_EQ(json::parse(json.output).at("endpoints").as_array().size(), 10U);
  const Outcome diff = run("explain --diff zoom-strict");
  EXPECT_EQ(diff.exit_code, 0) << diff.errors;
  EXPECT_TRUE(holds(diff.output, "| `$.users[].fullName` | kept | pseudonymized |"));
  EXPECT_EQ(run("explain --diff zoom").output, "No difference.\n");
  EXPECT_EQ(run("explain --rules /no/such/file").exit_code, 1);
  const Outcome bulk = run("explain --rules zoom-ai-metrics");
  EXPECT_EQ(bulk.exit_code, 0) << bulk.errors;
  EXPECT_TRUE(holds(bulk.output, "  Email       pseudonymized\n")) << bulk.output;
  EXPECT_TRUE(holds(run("explain --json --rules zoom-ai-metrics").output, "\"others\":\"kept\""));
  EXPECT_EQ(run("explain --rules zoom-ai-metrics --diff zoom").exit_code, 1);
  EXPECT_EQ(run("explain --json --diff zoom").exit_code, 2);
}

TEST(CommandLine, ExplainWritesTheReportAsAWholeOrNotAtAll) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("report.html");
  const auto bytes = [&file] {
    std::ifstream in(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const auto report = [&file](const std::string& more, const std::string& epoch = "0") {
    return run("explain --html '" + file + "' " + more, {{"SOURCE_DATE_EPOCH", epoch}});
  };
  const Outcome first = report("");
  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_EQ(first.output, "");
  const std::string page = bytes();
  EXPECT_TRUE(holds(page, "1970-01-01 00:00 UTC"));
  EXPECT_TRUE(holds(page, "</html>"));
  EXPECT_EQ(report("").exit_code, 0);
  EXPECT_EQ(bytes(), page);

  EXPECT_EQ(report("--rules /no/such/file").exit_code, 1);
  EXPECT_EQ(report("--json").exit_code, 2);
  const Outcome undated = report("", "yesterday");
  EXPECT_EQ(undated.exit_code, 1);
  EXPECT_TRUE(holds(undated.errors, "SOURCE_DATE_EPOCH")) << undated.errors;
  EXPECT_EQ(bytes(), page);

  EXPECT_EQ(report("--diff zoom-strict", "253402300799").exit_code, 0);
  EXPECT_TRUE(holds(bytes(), "9999-12-31 23:59 UTC"));
  EXPECT_TRUE(holds(bytes(), "What would be different with zoom-strict"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(file).parent_path()))
    ++files;
  EXPECT_EQ(files, 1U);

  for (const std::string& target : {std::string("/no/such/folder/report.html"), directory.file("."),
                                    std::string("/dev/null")}) {
    const Outcome outcome = run("explain --html " + target);
    EXPECT_EQ(outcome.exit_code, 1) << target;
    EXPECT_TRUE(holds(outcome.errors, target)) << outcome.errors;
  }
  EXPECT_EQ(run("explain --html ''").exit_code, 2);
}

TEST_F(SanitizeTest, KeepsNoPersonalData) {
  const Outcome first = sanitize(body_, "--url '/v2/users?page_size=30#fragment'");
  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_EQ(first.errors, "");
  EXPECT_EQ(canaries(first.output), "");
  const json::object out = json::parse(first.output).as_object();
  const json::object user = out.at("users").at(0).as_object();
  EXPECT_EQ(user.size(), 3U) << first.output;
  EXPECT_TRUE(text(user.at("id")).starts_with("p~"));
  EXPECT_TRUE(text(user.at("email")).starts_with("t~"));
  EXPECT_TRUE(text(user.at("email")).ends_with("@a.test"));
}

TEST_F(SanitizeTest, TakesTheAlgorithmFromTheCommandLine) {
  const Process::Environment environment = {{"PSOXY_SALT", "salt"},
                                            {"PSOXY_ENCRYPTION_KEY", "secret"},
                                            {"ZOOM_PROXY_PSEUDONYMS_ALGORITHM", "hmac-sha256"}};
  const Outcome outcome = sanitize(body_, "--url /v2/users --algorithm psoxy", environment);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_NE(outcome.output, sanitize(body_, "--url /v2/users").output);
  const Outcome hmac = sanitize(body_, "--url /v2/users", environment);
  EXPECT_EQ(hmac.exit_code, 1);
  EXPECT_TRUE(holds(hmac.errors, "PSOXY_SALT: pseudonyms.salt")) << hmac.errors;
}

TEST_F(SanitizeTest, ReadsTheSettingsFile) {
  const std::string file = directory_.file("settings.yaml");
  std::ofstream(file) << "pseudonyms: { algorithm: psoxy, salt: salt, encryption_key: secret }\n";
  const Outcome outcome = sanitize(body_, "--url /v2/users --config " + file, {});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, sanitize(body_, "--url /v2/users --algorithm psoxy --rules zoom",
                                     {{"PSOXY_SALT", "salt"}, {"PSOXY_ENCRYPTION_KEY", "secret"}})
                                .output);
}

TEST_F(SanitizeTest, WithoutAnEndpointEndsWithThree) {
  for (const auto& [arguments, reason] : std::vector<std::pair<std::string, std::string>>{
           {"--url /v2/nothing", "path"},
           {"--url /v2/users --method POST", "method"},
           {"--url '/v2/users?q=1'", "query parameter"}}) {
    const Outcome outcome = sanitize(body_, arguments);
    EXPECT_EQ(outcome.exit_code, 3) << arguments;
    EXPECT_EQ(outcome.output, "") << arguments;
    EXPECT_TRUE(holds(outcome.errors, reason)) << outcome.errors;
  }
}

TEST_F(SanitizeTest, RefusedBodyEndsWithFourAndLeavesNothing) {
  for (const auto& [body, reason] : std::vector<std::pair<std::string, std::string>>{
           {body_.substr(0, body_.size() - 1), "syntax"},
           {"\"canary\"", "top-level"},
           {"{\"users\":[{\"type\":\"\xff\"}]}", "encoding"},
           {"{\"users\":" + std::string(2000, '['), "limit"}}) {
    const Outcome outcome = sanitize(body, "--url /v2/users");
    EXPECT_EQ(outcome.exit_code, 4) << reason;
    EXPECT_EQ(outcome.output, "") << reason;
    EXPECT_TRUE(holds(outcome.errors, "body refused: " + reason)) << outcome.errors;
  }
}

TEST_F(SanitizeTest, LongBodiesStreamAndHoldNoCanary) {
  std::string body = "{\"users\":[";
  for (int i = 0; i < 5000; ++i)
    body += (i > 0 ? "," : "") +
            std::string(R"({"id":"canary-id","email":"canary@a.test","n":"canary"})");
  const Outcome whole = sanitize(body + "]}", "--url /v2/users");
  EXPECT_EQ(whole.exit_code, 0) << whole.errors;
  EXPECT_EQ(json::parse(whole.output).at("users").as_array().size(), 5000U);
  EXPECT_EQ(canaries(whole.output), "");
  const Outcome cut = sanitize(body, "--url /v2/users");
  EXPECT_EQ(cut.exit_code, 4);
  EXPECT_EQ(canaries(cut.output), "");
}

TEST_F(SanitizeTest, ReportsWhatTheEgressGuardStopped) {
  const std::string body = R"({"users":[{"timezone":"canary@a.test"}]})";
  const Outcome outcome = sanitize(body, "--url /v2/users");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "{\"users\":[{\"timezone\":null}]}");
  EXPECT_TRUE(holds(outcome.errors, "$.users[].timezone")) << outcome.errors;
  EXPECT_EQ(canaries(outcome.errors), "");
}

TEST_F(SanitizeTest, RulesThatCannotBeUsedEndWithOne) {
  const std::string rules = directory_.file("rules.yaml");
  std::ofstream(rules) << "endpoints:\n  - pathTemplates: /v2/users\n";
  const Outcome outcome = sanitize(body_, "--url /v2/users --rules " + rules);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output, "");
  EXPECT_TRUE(holds(outcome.errors, rules + ":2:")) << outcome.errors;
}

TEST(CheckTest, SaysWhatTheRulesDo) {
  Simulator simulator;
  const Outcome outcome = run("check --verbose --print-config", server_environment(simulator));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  for (const char* part : {"rules: zoom (SHA-1 ", "10 endpoints", "  /v2/users\n", "kept in clear",
                           "pseudonymized  $.users[].email", "none came out against the rules",
                           "salt: \"***\"  # environment PSOXY_SALT"})
    EXPECT_TRUE(holds(outcome.output, part)) << part << " is not in: " << outcome.output;
  for (const char* secret : {"cli-salt", "cli-key", "simulator-secret"})
    EXPECT_FALSE(holds(outcome.output + outcome.errors, secret));
  EXPECT_EQ(simulator.stat("token_requests"), 0);
}

TEST(CheckTest, RefusesWhatTheServerWouldRefuse) {
  Simulator simulator;
  Process::Environment environment = server_environment(simulator);
  environment.erase("PSOXY_ENCRYPTION_KEY");
  const Outcome no_key = run("check", environment);
  EXPECT_EQ(no_key.exit_code, 1);
  EXPECT_TRUE(holds(no_key.errors, "PSOXY_ENCRYPTION_KEY")) << no_key.errors;

  environment = server_environment(simulator);
  environment["ZOOM_PROXY_ZOOM_CA_FILE"] = "/nonexistent.pem";
  const Outcome no_ca = run("check", environment);
  EXPECT_EQ(no_ca.exit_code, 1);
  EXPECT_TRUE(holds(no_ca.errors, "/nonexistent.pem")) << no_ca.errors;

  for (const char* command : {"check", "serve"}) {
    const Outcome nothing = run(command);
    EXPECT_EQ(nothing.exit_code, 1) << command;
    EXPECT_TRUE(holds(nothing.errors, "inbound_auth.mode is missing")) << nothing.errors;
  }
}

TEST(CheckTest, DevelopmentModeIsRefusedWhereTheServerListensInPublic) {
  Simulator simulator;
  Process::Environment environment = server_environment(simulator);
  environment["IS_DEVELOPMENT_MODE"] = "true";
  for (const char* command : {"check", "serve"}) {
    const Outcome refused = run(command, environment);  // listen.address: 0.0.0.0
    EXPECT_EQ(refused.exit_code, 1) << command;
    EXPECT_TRUE(holds(refused.errors, "development_mode")) << refused.errors;
    EXPECT_TRUE(holds(refused.errors, "set listen.address to 127.0.0.1")) << refused.errors;
  }
  environment["ZOOM_PROXY_LISTEN_ADDRESS"] = "127.0.0.1";
  const Outcome warned = run("check", environment);
  EXPECT_EQ(warned.exit_code, 0) << warned.errors;
  EXPECT_TRUE(holds(warned.output + warned.errors, "development_mode")) << warned.output;
}

TEST(CheckTest, OnlineDoesWhatDoctorDoes) {
  Simulator simulator;
  const Outcome offline = run("check", server_environment(simulator));
  EXPECT_TRUE(holds(offline.output, "zoom: not asked")) << offline.output;
  EXPECT_EQ(simulator.stat("token_requests"), 0);
  const Outcome online = run("check --online", server_environment(simulator));
  EXPECT_EQ(online.exit_code, 0) << online.errors;
  EXPECT_EQ(canaries(online.output + online.errors), "");
  EXPECT_EQ(simulator.stat("token_requests"), 1);
  const std::string doctor = run("doctor", server_environment(simulator)).output;
  const auto begin = doctor.find("ok      name of zoom.api_url");
  ASSERT_NE(begin, std::string::npos) << doctor;
  EXPECT_TRUE(holds(online.output, doctor.substr(begin, doctor.find("All is well") - begin)))
      << online.output;

  simulator.control({{"fault", "scopes"}, {"scope", "user:read:admin"}});
  const Outcome lacking = run("check --online", server_environment(simulator));
  EXPECT_EQ(lacking.exit_code, 1);
  EXPECT_TRUE(holds(lacking.errors, "report:read:user:admin is missing")) << lacking.errors;
}

}  // namespace
}  // namespace integration
