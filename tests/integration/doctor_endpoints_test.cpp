// `zoom-proxy doctor` where the calls to the endpoints are refused, or tell of the plan: what it
// makes of Zoom's answers.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/integration/doctor_fixture.hpp"

namespace integration {
namespace {

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
  expect_wrong("GET /v2/report/users/{userId}/meetings", {"Validation Failed", "clock", "30 days"});
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

}  // namespace
}  // namespace integration
