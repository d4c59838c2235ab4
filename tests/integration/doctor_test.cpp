// `zoom-proxy doctor` with each thing on the way broken in turn, from the settings to the scopes:
// it names what is wrong and what to do, and shows nothing personal and no secret.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/integration/doctor_fixture.hpp"
#include "tests/integration/raw_server.hpp"

namespace integration {
namespace {

TEST_F(DoctorTest, AllIsWell) {
  simulator.control({{"fault", "scopes"}, {"scope", all_scopes_but("")}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.errors, "");
  EXPECT_TRUE(holds(outcome.output, "All is well.")) << outcome.output;
  for (const char* verdict : {"warning", "skipped", "WRONG"})
    EXPECT_EQ(count(outcome, verdict), 0U) << outcome.output;
  for (const char* step :
       {"settings", "rules", "name of zoom.api_url", "connection of zoom.api_url",
        "name of zoom.token_url", "connection of zoom.token_url", "clock", "credentials", "scopes",
        "plan"})
    EXPECT_EQ(lines(outcome.output, "ok      " + std::string(step) + ": ").size(), 1U) << step;
  for (const Scope& scope : kScopes)
    EXPECT_EQ(lines(outcome.output, "ok      " + std::string(scope.call) + ": ").size(), 1U)
        << scope.call;
  EXPECT_EQ(simulator.stat("token_requests"), 1);
}

TEST_F(DoctorTest, SettingsAndRulesThatCannotBeUsed) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("settings.yaml");
  std::ofstream(file) << "zoom:\n  api_urll: https://api.zoom.us\n";
  const Outcome settings = doctor("--config " + file);
  EXPECT_EQ(settings.exit_code, 1);
  EXPECT_EQ(lines(settings.errors, "WRONG   settings: ").size(), 1U) << settings.errors;
  EXPECT_EQ(lines(settings.errors, file + ":2:3: ").size(), 1U) << settings.errors;
  environment["ZOOM_PROXY_RULES_FILE"] = "/no/such/rules.yaml";
  const Outcome rules = doctor();
  EXPECT_EQ(rules.exit_code, 1);
  EXPECT_TRUE(holds(rules.errors, "/no/such/rules.yaml")) << rules.errors;
  EXPECT_EQ(simulator.stat("token_requests"), 0);
}

TEST_F(DoctorTest, ANameThatNobodyKnows) {
  environment["TARGET_HOST"] = "https://no-such-host.invalid";
  expect_wrong("name of zoom.api_url", {"no-such-host.invalid cannot be resolved", "name server"});
  EXPECT_EQ(lines(last.output, "ok      credentials: ").size(), 1U) << last.output;
  for (const char* step : {"clock", "endpoints", "plan"})
    EXPECT_EQ(lines(last.output, "skipped " + std::string(step) + ": ").size(), 1U) << last.output;
}

TEST_F(DoctorTest, AConnectionThatIsRefused) {
  environment["ZOOM_PROXY_ZOOM_TOKEN_URL"] = "https://localhost:1/oauth/token";
  expect_wrong("connection of zoom.token_url",
               {"cannot connect to localhost:1", "refused", "firewalls"});
  for (const char* step : {"credentials", "scopes", "endpoints", "plan"})
    EXPECT_EQ(lines(last.output, "skipped " + std::string(step) + ": ").size(), 1U) << last.output;
}

TEST_F(DoctorTest, ACertificateOfAnUnknownAuthorityIsThatOfAProxyOnTheWay) {
  environment["ZOOM_PROXY_ZOOM_CA_FILE"] = "/etc/ssl/certs/ca-certificates.crt";
  expect_wrong("connection of zoom.api_url",
               {"is not trusted", "issued by Zoom look-alike CA", "opens TLS", "zoom.ca_file"});
}

TEST_F(DoctorTest, ACertificateForAnotherHostOrOutOfDate) {
  const std::pair<const char*, const char*> kFaults[] = {
      {"--wrong-host-certificate", "ostname mismatch"},
      {"--expired-certificate", "certificate has expired"}};
  for (const auto& [fault, said] : kFaults) {
    Simulator other({fault});
    environment["TARGET_HOST"] = "https://localhost:" + std::to_string(other.port());
    environment["ZOOM_PROXY_ZOOM_CA_FILE"] = other.ca_file();
    environment["ZOOM_PROXY_ZOOM_TOKEN_URL"] = environment["TARGET_HOST"] + "/oauth/token";
    expect_wrong("connection of zoom.api_url", {"is not trusted", said, "zoom.ca_file", "clock"});
  }
}

TEST_F(DoctorTest, ATlsVersionOfThePast) {
  const zoom_proxy::testing::TestCa ca;
  RawServer old(ca, [](RawServer& server, RawConnection& connection) {
    connection.shake_hands(server.context(Face::tls_1_1));
  });
  environment["TARGET_HOST"] = old.url();
  expect_wrong("connection of zoom.api_url", {"TLS", "zoom.tls_version"});
}

TEST_F(DoctorTest, WrongCredentials) {
  environment["PSOXY_ZOOM_ACCOUNT_ID"] = "a-wrong-account";
  expect_wrong("credentials", {"zoom.account_id"});
  EXPECT_FALSE(holds(last.errors, "zoom.client_id")) << last.errors;
  EXPECT_EQ(lines(last.output, "skipped scopes: there is no access token").size(), 1U);

  environment = server_environment(simulator);
  environment["PSOXY_ZOOM_CLIENT_ID"] = "a-wrong-client";
  expect_wrong("credentials", {"zoom.client_id", "zoom.client_secret"});
  EXPECT_FALSE(holds(last.errors, "zoom.account_id")) << last.errors;

  environment = server_environment(simulator);
  environment["PSOXY_ZOOM_CLIENT_SECRET"] = "a-wrong-secret";
  expect_wrong("credentials", {"zoom.client_id", "zoom.client_secret"});
}

TEST_F(DoctorTest, AnAppThatIsNotActivatedOrOfAnotherKind) {
  struct Refusal {
    const char* reason;
    const char* error;
    const char* said;
  };
  for (const auto& [reason, error, said] :
       {Refusal{"The app has been disabled by the developer", "invalid_client", "not activated"},
        Refusal{"App disabled by account admin", "4738", "administrator"},
        Refusal{"", "4717", "not activated"},
        Refusal{"unsupported grant type", "unsupported_grant_type", "Server-to-Server OAuth app"},
        Refusal{"Account does not enabled the OAuth app type", "invalid_request", "allow"}}) {
    simulator.reset();
    refuse("/oauth/token", 400, {{"reason", reason}, {"error", error}});
    expect_wrong("credentials", {said});
  }
}

TEST_F(DoctorTest, AnAppThatIsDisabledSaysSoByItsNumber) {
  for (const json::value& code : {json::value(4738), json::value("4738")}) {
    refuse("/oauth/token", 401, {{"code", code}, {"message", "The app is disabled."}});
    expect_wrong("credentials", {"not activated", "App Marketplace"});
    EXPECT_FALSE(holds(last.errors, "check zoom.token_url")) << last.errors;
  }
}

TEST_F(DoctorTest, ATokenEndpointThatIsBusySaysOnceToTryAgain) {
  for (const int status : {429, 503}) {
    simulator.reset();
    refuse("/oauth/token", status, {{"reason", "The app is disabled for canary"}});
    expect_wrong("credentials", {std::to_string(status), "try again", "status.zoom.us"});
    const auto found = lines(last.errors, "WRONG   credentials: ");
    EXPECT_EQ(found[0].find("try again"), found[0].rfind("try again")) << found[0];
  }
}

TEST_F(DoctorTest, ATokenEndpointThatIsAWebPageOrBroken) {
  simulator.control({{"fault", "html"}, {"path", "/oauth/token"}});
  expect_wrong("credentials", {"zoom.token_url"});
  simulator.reset();
  refuse("/oauth/token", 404, {{"error", "not_found"}});
  expect_wrong("credentials", {"404", "check zoom.token_url"});
  simulator.reset();
  refuse("/oauth/token", 503, "down for canary.admin@corp.example");
  expect_wrong("credentials", {"503", "try again"});
}

TEST_F(DoctorTest, EachMissingScopeIsNamedWithWhatStopsWorking) {
  for (const Scope& scope : kScopes) {
    simulator.control({{"fault", "scopes"}, {"scope", all_scopes_but(scope.name)}});
    expect_wrong("scopes", {std::string(scope.name) + " is missing; ",
                            "do not work: " + std::string(scope.call) + ";", "add it", "activate"});
    EXPECT_EQ(lines(last.output, "skipped " + std::string(scope.call) + ": its scope").size(), 1U)
        << last.output;
    EXPECT_EQ(count(last, "WRONG"), 1U) << last.errors;
  }
}

TEST_F(DoctorTest, AnAppWithClassicScopesIsToldTheClassicOne) {
  simulator.control({{"fault", "scopes"}, {"scope", "user:read:admin meeting:read:admin"}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 1);
  for (const auto& [granular, classic] :
       {std::pair{"report:read:user:admin", "report:read:admin"},
        {"meeting:read:summary:admin", "meeting_summary:read:admin"},
        {"cloud_recording:read:list_user_recordings:admin", "recording:read:admin"}}) {
    const auto found = lines(outcome.errors, "WRONG   scopes: " + std::string(granular));
    ASSERT_EQ(found.size(), 1U) << outcome.errors;
    EXPECT_TRUE(holds(found[0], "add it, or the classic " + std::string(classic) + ","))
        << found[0];
  }
}

TEST_F(DoctorTest, AllThatIsMissingIsNamed) {
  simulator.control({{"fault", "scopes"}, {"scope", "user:read:admin"}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(lines(outcome.errors, "WRONG   scopes: ").size(), 9U) << outcome.errors;
}

TEST_F(DoctorTest, WithoutUsersToAskForNothingElseIsAsked) {
  simulator.control({{"fault", "scopes"}, {"scope", all_scopes_but("user:read:list_users:admin")}});
  const Outcome outcome = doctor();
  EXPECT_EQ(lines(outcome.output, "skipped GET ").size(), 10U) << outcome.output;
  EXPECT_TRUE(holds(outcome.output, "no user is known")) << outcome.output;
  EXPECT_EQ(simulator.stat("api_requests"), 1) << "for the clock";
}

TEST_F(DoctorTest, ScopesThatNobodyNeedsAreAWarning) {
  const Outcome outcome = doctor();  // the look-alike's app has fourteen
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  const auto found = lines(outcome.output, "warning scopes: ");
  ASSERT_EQ(found.size(), 1U) << outcome.output;
  for (const char* scope : {"meeting:read:participant:admin", "report:read:meeting:admin",
                            "user:read:user:admin", "user:read:settings:admin", "remove them"})
    EXPECT_TRUE(holds(found[0], scope)) << found[0];
  EXPECT_FALSE(holds(found[0], "list_users")) << found[0];
}

TEST_F(DoctorTest, WhereZoomDoesNotTellTheScopesTheCallsDo) {
  simulator.control({{"fault", "scopes"}, {"scope", nullptr}});
  refuse("/v2/users/[^/]+/recordings", 400,
         {{"code", 4711},
          {"message",
           "Invalid access token, does not contain scopes:["
           "cloud_recording:read:list_user_recordings:admin]."}});
  expect_wrong("GET /v2/users/{userId}/recordings",
               {"4711", "cloud_recording:read:list_user_recordings:admin", "add the scope"});
  EXPECT_EQ(lines(last.output, "skipped scopes: ").size(), 1U) << last.output;
}

/// The sample of docs/ops/zoom-app.md is what a run says; UPDATE_DOCS=1 puts it there.
TEST_F(DoctorTest, TheSampleInTheDocsIsTrue) {
  const std::string file = std::string(TEST_DATA_DIR) + "/../../docs/ops/zoom-app.md";
  std::ostringstream read;
  read << std::ifstream(file).rdbuf();
  std::string page = read.str();
  const std::string fence = "```text\n";
  const auto begin = page.find(fence) + fence.size();
  const auto end = page.find("```", begin);
  ASSERT_NE(end, page.npos);
  simulator.control({{"fault", "scopes"},
                     {"scope", all_scopes_but("meeting:read:summary:admin") +
                                   " meeting:read:participant:admin report:read:meeting:admin "
                                   "user:read:user:admin user:read:settings:admin"}});
  const Outcome outcome = run("doctor 2>&1", environment);
  if (std::getenv("UPDATE_DOCS") != nullptr) {
    page.replace(begin, end - begin, outcome.output);
    std::ofstream(file) << page;
  } else {
    EXPECT_EQ(page.substr(begin, end - begin), outcome.output) << "is it meant? UPDATE_DOCS=1";
  }
  for (const Scope& scope : kScopes) EXPECT_TRUE(holds(page, scope.name)) << scope.name;
}

}  // namespace
}  // namespace integration
