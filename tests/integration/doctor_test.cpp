// `zoom-proxy doctor` against the look-alike, with each thing broken in turn: it names what is
// wrong and what to do, and shows nothing personal and no secret.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/integration/command.hpp"
#include "tests/integration/raw_server.hpp"

namespace integration {
namespace {

/// A scope of the built-in rules and the call that it is for.
struct Scope {
  const char* name;
  const char* call;
};
constexpr Scope kScopes[] = {
    {"user:read:list_users:admin", "GET /v2/users"},
    {"meeting:read:list_meetings:admin", "GET /v2/users/{userId}/meetings"},
    {"report:read:user:admin", "GET /v2/report/users/{userId}/meetings"},
    {"cloud_recording:read:list_user_recordings:admin", "GET /v2/users/{userId}/recordings"},
    {"meeting:read:meeting:admin", "GET /v2/meetings/{meetingId}"},
    {"meeting:read:summary:admin", "GET /v2/meetings/{meetingId}/meeting_summary"},
    {"meeting:read:past_meeting:admin", "GET /v2/past_meetings/{meetingId}"},
    {"meeting:read:list_past_instances:admin", "GET /v2/past_meetings/{meetingId}/instances"},
    {"meeting:read:list_past_participants:admin", "GET /v2/past_meetings/{meetingId}/participants"},
    {"report:read:list_meeting_participants:admin",
     "GET /v2/report/meetings/{meetingId}/participants"},
};

std::string all_scopes_but(std::string_view left_out) {
  std::string list;
  for (const Scope& scope : kScopes)
    if (scope.name != left_out) list += (list.empty() ? "" : " ") + std::string(scope.name);
  return list;
}

/// The lines that begin so.
std::vector<std::string> lines(const std::string& text, const std::string& beginning) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(beginning)) found.push_back(line);
  return found;
}

std::size_t count(const Outcome& outcome, const char* verdict) {
  return lines(outcome.output + outcome.errors, verdict).size();
}

class DoctorTest : public testing::Test {
 protected:
  /// Whatever it finds, it shows nothing that it should not.
  Outcome doctor(const std::string& arguments = {}) {
    Outcome outcome = run("doctor " + arguments, environment);
    const std::string all = outcome.output + outcome.errors;
    const Example user = simulator.example();
    std::vector<std::string> secret = {user.user_id, user.email};
    for (const auto& meeting : user.meetings) {
      secret.insert(secret.end(), {meeting.number, meeting.uuid});
    }
    for (const char* name : {"PSOXY_SALT", "PSOXY_ENCRYPTION_KEY", "PSOXY_ZOOM_ACCOUNT_ID",
                             "PSOXY_ZOOM_CLIENT_ID", "PSOXY_ZOOM_CLIENT_SECRET"})
      secret.push_back(environment.at(name));
    for (const std::string& value : secret) EXPECT_FALSE(holds(all, value)) << value << '\n' << all;
    EXPECT_EQ(canaries(all), "") << all;
    return outcome;
  }

  /// Exit code 1, and `parts` in one line that says WRONG of `step`.
  void expect_wrong(const std::string& step, const std::vector<std::string>& parts) {
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_TRUE(holds(outcome.output, "Something is wrong")) << outcome.output;
    const auto found = lines(outcome.errors, "WRONG   " + step + ": ");
    ASSERT_EQ(found.size(), 1U) << outcome.output << outcome.errors;
    for (const std::string& part : parts) EXPECT_TRUE(holds(found[0], part)) << found[0];
    EXPECT_TRUE(holds(found[0], "; ")) << "and what to do: " << found[0];
    last = outcome;
  }

  void refuse(const char* path, int status, const json::value& body) {
    simulator.control({{"fault", "status"}, {"path", path}, {"status", status}, {"body", body}});
  }

  Simulator simulator;
  Process::Environment environment = server_environment(simulator);
  Outcome last;
};

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

TEST_F(DoctorTest, AFreePlanHasNoReports) {
  refuse("/v2/report/", 400,
         {{"code", 200}, {"message", "Only available for paid account: ZcanaryAccount00000001."}});
  expect_wrong("plan", {"Only available for paid accounts", "Pro or higher"});
  EXPECT_EQ(lines(last.errors, "WRONG   GET /v2/report/").size(), 2U) << last.errors;
}

TEST_F(DoctorTest, NoPermissionIsTheRoleOrTheScopeAndNotThePlan) {
  refuse("/v2/report/users/", 400, {{"code", 200}, {"message", "No permission."}});
  expect_wrong("GET /v2/report/users/{userId}/meetings", {"No permission.", "role", "scope"});
  for (const char* plan : {"WRONG   plan", "Pro or higher"})
    EXPECT_FALSE(holds(last.errors, plan)) << last.errors;
  EXPECT_EQ(lines(last.output, "ok      plan: ").size(), 1U) << "of others, that answer";
  refuse("/v2/(report|past_meetings)/", 400, {{"code", 200}, {"message", "No permission."}});
  const Outcome none = doctor();
  EXPECT_EQ(lines(none.output, "skipped plan: ").size(), 1U) << none.output;
  EXPECT_FALSE(holds(none.errors, "Pro or higher")) << none.errors;
}

TEST_F(DoctorTest, OfThePlanZoomSpeaksInCapitalsOrNot) {
  refuse("/v2/report/", 400,
         {{"code", 200}, {"message", "Only available for Paid account: Zcanary"}});
  expect_wrong("plan", {"Pro or higher"});
}

TEST_F(DoctorTest, AUserWithoutALicenceIsNotThePlan) {
  const Example user = simulator.example();
  simulator.control(
      {{"fault", "status"},
       {"path", "/v2/report/users/"},
       {"times", 1},
       {"status", 400},
       {"body", {{"code", 200}, {"message", "Only available for Paid user: Zcanary"}}}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(lines(outcome.output, "ok      plan: ").size(), 1U) << outcome.output;
}

TEST_F(DoctorTest, EachEndpointThatRefuses) {
  for (const Scope& scope : kScopes) {
    std::string path = std::string(scope.call).substr(4);
    const auto open = path.find('{');
    if (open != path.npos) path.replace(open, path.find('}') + 1 - open, "[^/]+");
    for (const auto& [status, said] :
         {std::pair{404, "status 404"}, {400, "status 400"}, {500, "try again later"}}) {
      simulator.reset();
      simulator.control({{"fault", "status"}, {"path", path + "([?]|$)"}, {"status", status}});
      expect_wrong(scope.call, {said});
    }
  }
}

TEST_F(DoctorTest, AnAnswerThatCannotBeSanitized) {
  const std::pair<json::object, const char*> kFaults[] = {
      {{{"fault", "html"}}, "not JSON by its Content-Type"},
      {{{"fault", "broken_json"}}, "cannot be sanitized"},
      {{{"fault", "cut_json"}}, "cannot be sanitized"},
      {{{"fault", "bad_gzip"}}, "damaged gzip"},
      {{{"fault", "close_after_request"}}, "localhost"}};
  for (const auto& [fault, said] : kFaults) {
    simulator.reset();
    json::object there = fault;
    there["path"] = "/v2/users[?]";
    simulator.control(there);
    expect_wrong("GET /v2/users", {said});
  }
}

TEST_F(DoctorTest, AnotherWayThanZoomsIsSeen) {
  environment["TARGET_HOST"] = simulator.url() + "/gateway";
  expect_wrong("GET /v2/users", {"status 404", "2300", "zoom.api_url"});
}

TEST_F(DoctorTest, ATokenThatIsRefused) {
  refuse("/v2/", 401, {{"code", 124}, {"message", "Invalid access token."}});
  expect_wrong("GET /v2/users", {"status 401", "124", "activated"});
}

TEST_F(DoctorTest, ARateLimitThatPassesIsToldAndTriedAgain) {
  simulator.control({{"fault", "rate_limit"}, {"path", "/v2/users[?]"}, {"times", 1}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  const auto found = lines(outcome.output, "ok      GET /v2/users: ");
  ASSERT_EQ(found.size(), 1U) << outcome.output;
  EXPECT_TRUE(holds(found[0], "rate limit was met")) << found[0];
}

TEST_F(DoctorTest, ARateLimitThatLastsIsWrong) {
  simulator.control({{"fault", "rate_limit"}, {"path", "/v2/users[?]"}, {"daily", true}});
  expect_wrong("GET /v2/users", {"429", "daily rate limit", "share its limits"});
  const auto targets = simulator.stats().at("targets").as_array();
  EXPECT_EQ(std::ranges::count(targets, json::value("GET /v2/users?page_size=30")), 1);
  simulator.reset();
  simulator.control({{"fault", "rate_limit"}, {"path", "/v2/users[?]"}});
  expect_wrong("GET /v2/users", {"429", "rate limit was met"});
}

TEST_F(DoctorTest, AClockThatIsWrong) {
  for (const auto& [seconds, said] :
       {std::pair{3600, "behind Zoom's"}, {-3600, "ahead of Zoom's"}}) {
    simulator.control({{"fault", "clock"}, {"seconds", seconds}});
    expect_wrong("clock", {said, "NTP"});
  }
  simulator.control({{"fault", "clock"}, {"seconds", 30}});
  EXPECT_EQ(doctor().exit_code, 0);
}

TEST_F(DoctorTest, AnAccountWithoutUsers) {
  refuse("/v2/users([?]|$)", 200, {{"users", json::array()}, {"next_page_token", ""}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(lines(outcome.output, "ok      GET /v2/users: ").size(), 1U) << outcome.output;
  EXPECT_EQ(lines(outcome.output, "skipped GET ").size(), 9U) << outcome.output;
  EXPECT_TRUE(holds(outcome.output, "the account has no active user")) << outcome.output;
}

TEST_F(DoctorTest, UsersWithoutMeetings) {
  refuse("/v2/(report/)?users/", 200, {{"meetings", json::array()}, {"next_page_token", ""}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(lines(outcome.output, "skipped GET ").size(), 6U) << outcome.output;
  EXPECT_TRUE(holds(outcome.output, "had no meeting in the last 30 days")) << outcome.output;
  const json::object requests = simulator.stats().at("requests").as_object();
  EXPECT_EQ(
      std::ranges::count_if(
          requests, [](const auto& row) { return row.key().starts_with("/v2/report/users/"); }),
      5)
      << "as many users are tried";
}

TEST_F(DoctorTest, MeetingsWithoutASummary) {
  refuse("/v2/meetings/[^/]+/meeting_summary", 404,
         {{"code", 3001}, {"message", "Meeting does not exist: 5550123456."}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  const auto found = lines(outcome.output, "skipped GET ");
  ASSERT_EQ(found.size(), 1U) << outcome.output;
  EXPECT_TRUE(holds(found[0], "meetings that were tried has it")) << found[0];
}

TEST_F(DoctorTest, MeetingsOfMoreThanAYearAgo) {
  refuse("/v2/past_meetings/[^/]+/participants", 400,
         {{"code", 12702}, {"message", "Can not access a meeting a year ago."}});
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  const auto found = lines(outcome.output, "skipped GET ");
  ASSERT_EQ(found.size(), 1U) << outcome.output;
  EXPECT_TRUE(holds(found[0], "12702") && holds(found[0], "last year")) << found[0];
}

TEST_F(DoctorTest, MeetingsThatZoomDoesNotLetTheAccountSee) {
  const std::string path = "/v2/past_meetings/[^/]+/participants";
  const json::value body = {{"code", 300}, {"message", "Cannot access meeting information."}};
  simulator.control(
      {{"fault", "status"}, {"path", path}, {"times", 1}, {"status", 400}, {"body", body}});
  EXPECT_EQ(doctor().exit_code, 0) << "another one can be seen";
  refuse(path.c_str(), 400, body);
  expect_wrong("GET /v2/past_meetings/{meetingId}/participants", {"300", "another account"});
  EXPECT_FALSE(holds(last.errors, "support")) << last.errors;
}

TEST_F(DoctorTest, AParameterThatZoomRefuses) {
  refuse("/v2/report/users/", 400, {{"code", 300}, {"message", "Validation Failed."}});
  expect_wrong("GET /v2/report/users/{userId}/meetings", {"Validation Failed", "clock", "month"});
  EXPECT_FALSE(holds(last.errors, "support")) << last.errors;
}

TEST_F(DoctorTest, AsksForNothingThatTheRulesDoNotLetThrough) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("rules.yaml");
  std::ofstream(file) << R"(endpoints:
  - pathTemplate: /v2/users
    allowedQueryParams: []
  - pathTemplate: /v2/report/users/{userId}/meetings
    allowedQueryParams: [type]
  - pathTemplate: /v2/rooms
)";
  environment["ZOOM_PROXY_RULES_FILE"] = file;
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(lines(outcome.output, "ok      GET /v2/users: ").size(), 1U) << outcome.output;
  EXPECT_TRUE(holds(outcome.output,
                    "skipped GET /v2/report/users/{userId}/meetings: the rules do not allow the "
                    "query"))
      << outcome.output;
  EXPECT_TRUE(holds(outcome.output, "skipped /v2/rooms: ")) << outcome.output;
  const auto targets = simulator.stats().at("targets").as_array();
  EXPECT_EQ(text(targets.back()), "GET /v2/users");
  EXPECT_EQ(targets.size(), 3U) << "the clock, the token, the users";
}

TEST_F(DoctorTest, FindsItsIdsWhateverTheyLookLike) {
  const std::string uuids[] = {
      "/ajXp112QmuoKj4854875A==", "a//Xp112QmuoKj4854875A==", "ajXp112Qmuo/j4854875A+=="};
  const std::string encoded[] = {"%252FajXp112QmuoKj4854875A%253D%253D",
                                 "a%252F%252FXp112QmuoKj4854875A%253D%253D",
                                 "ajXp112Qmuo%2Fj4854875A%2B%3D%3D"};
  for (std::size_t i = 0; i < 3; ++i) {
    simulator.reset();
    refuse("/v2/report/users/", 200, {{"meetings", {{{"id", 85746065432}, {"uuid", uuids[i]}}}}});
    (void)doctor();
    const auto targets = simulator.stats().at("targets").as_array();
    EXPECT_EQ(std::ranges::count(targets, json::value("GET /v2/past_meetings/" + encoded[i])), 1)
        << json::serialize(targets);
  }
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
