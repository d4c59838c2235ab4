// What Zoom and the network do wrong: a clean error while that is possible, a visible abort after,
// never an unsanitized byte.

#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

struct BodyFault {
  const char* name;
  json::object fault;
};

void PrintTo(const BodyFault& fault, std::ostream* out) { *out << json::serialize(fault.fault); }

std::string name_of(const ::testing::TestParamInfo<BodyFault>& instance) {
  return instance.param.name;
}

// ---- Answers that are small enough for a clean error. ----

class SmallFaultTest : public ::testing::TestWithParam<BodyFault> {};

TEST_P(SmallFaultTest, IsA502AndTheNextRequestIsFine) {
  Pair pair;
  json::object fault = GetParam().fault;
  fault["times"] = 1;
  pair.simulator.control(fault);
  Client client(pair.proxy.port());
  const Answer answer = client.get("/v2/users?page_size=20");
  EXPECT_EQ(answer.status, 502U) << answer.body;
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), "BAD_SOURCE_RESPONSE");
  EXPECT_EQ(canaries(answer), "");
  const Answer next = client.get("/v2/users?page_size=20");
  EXPECT_EQ(next.status, 200U);
  EXPECT_EQ(object(next).at("users").as_array().size(), 20U);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Faults, SmallFaultTest,
    ::testing::Values(
        BodyFault{"NotJson", {{"fault", "not_json"}}},
        BodyFault{"TopLevelArray", {{"fault", "not_json"}, {"body", R"(["canary@corp.example"])"}}},
        BodyFault{"TopLevelText", {{"fault", "not_json"}, {"body", R"("canary@corp.example")"}}},
        BodyFault{"LoginPage", {{"fault", "html"}}},
        BodyFault{"WrongContentType", {{"fault", "wrong_content_type"}}},
        BodyFault{"CutJson", {{"fault", "cut_json"}, {"bytes", 500}}},
        BodyFault{"BrokenJson", {{"fault", "broken_json"}, {"bytes", 500}}},
        BodyFault{"ShortBody", {{"fault", "truncate_body"}, {"bytes", 500}}},
        BodyFault{"ShortBodyNoCloseNotify",
                  {{"fault", "truncate_body"}, {"bytes", 500}, {"close_notify", false}}},
        BodyFault{"ShortBodyReset", {{"fault", "truncate_body"}, {"bytes", 500}, {"reset", true}}},
        BodyFault{"ShortChunked", {{"fault", "truncate_chunked"}, {"bytes", 500}}},
        BodyFault{"ShortGzip", {{"fault", "truncate_gzip"}, {"bytes", 500}}},
        BodyFault{"BadGzip", {{"fault", "bad_gzip"}, {"bytes", 500}}},
        BodyFault{"ContentLengthTooLong", {{"fault", "wrong_content_length"}, {"difference", 10}}},
        BodyFault{"ContentLengthTooShort",
                  {{"fault", "wrong_content_length"}, {"difference", -10}}}),
    name_of);

// ---- Answers of which a part has already been sent. ----

class BigFaultTest : public ::testing::TestWithParam<BodyFault> {};

TEST_P(BigFaultTest, AbortsTheConnection) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 8}});
  pair.simulator.control(GetParam().fault);
  Client client(pair.proxy.port());
  const Answer answer = client.get("/v2/users");
  EXPECT_EQ(answer.status, 200U) << answer.body.substr(0, 300);
  EXPECT_GT(answer.body.size(), 64U * 1024U);
  EXPECT_NE(answer.end, End::whole);
  EXPECT_EQ(canaries(answer), "");
  pair.simulator.reset();
  EXPECT_EQ(pair.proxy.get("/v2/users").status, 200U);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BigFaultTest,
    ::testing::Values(
        BodyFault{"CutJson", {{"fault", "cut_json"}, {"bytes", 6000000}}},
        BodyFault{"BrokenJson", {{"fault", "broken_json"}, {"bytes", 6000000}}},
        BodyFault{"ShortBody", {{"fault", "truncate_body"}, {"bytes", 6000000}}},
        BodyFault{"ShortBodyNoCloseNotify",
                  {{"fault", "truncate_body"}, {"bytes", 6000000}, {"close_notify", false}}},
        BodyFault{"ShortBodyReset",
                  {{"fault", "truncate_body"}, {"bytes", 6000000}, {"reset", true}}},
        BodyFault{"ShortChunked", {{"fault", "truncate_chunked"}, {"bytes", 6000000}}},
        BodyFault{"ShortGzip", {{"fault", "truncate_gzip"}, {"bytes", 1000000}}},
        BodyFault{"BadGzip", {{"fault", "bad_gzip"}, {"bytes", 1000000}}}),
    name_of);

// ---- Error statuses. ----

TEST(FaultsTest, ErrorStatusesPassWithoutTheirBodies) {
  Pair pair;
  for (const int status : {400, 403, 404, 429, 500, 502, 503}) {
    pair.simulator.reset();
    pair.simulator.control({{"fault", "status"},
                            {"status", status},
                            {"headers",
                             {{"X-Request-User", "canary.header@corp.example"},
                              {"Link", "<https://zoom.us/canary.l@corp.example>"}}}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, static_cast<unsigned>(status));
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
    EXPECT_EQ(canaries(answer), "");
  }
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(FaultsTest, ZoomsOwnErrorsKeepTheirCodeAndLoseTheirIds) {
  Pair pair;
  const Answer user = pair.proxy.get("/v2/users/canary.nobody@corp.example/meetings");
  EXPECT_EQ(user.status, 404U);
  EXPECT_EQ(object(user).at("code"), 1001);
  EXPECT_EQ(canaries(user), "");
  const Answer meeting = pair.proxy.get("/v2/past_meetings/99999999999");
  EXPECT_EQ(meeting.status, 404U);
  EXPECT_EQ(object(meeting).at("code"), 3001);
  EXPECT_EQ(meeting.body.find("99999999999"), std::string::npos);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(FaultsTest, PersonalValuesInHeadersStay) {
  Pair pair;
  const auto page = object(pair.proxy.get("/v2/users?page_size=1"));
  const std::string token = text(page.at("users").at(0).at("id"));
  const Example example = pair.simulator.example();
  const std::string path = "/v2/users/" + example.user_id;
  pair.simulator.control({{"fault", "headers"},
                          {"headers",
                           {{"ETag", "\"canary.etag@corp.example\""},
                            {"Link", "<https://api.zoom.us" + path + ">; rel=\"next\""},
                            {"Last-Modified", example.user_id},
                            {"X-RateLimit-User", "canary.limit@corp.example"},
                            {"X-RateLimit-Limit", "80"},
                            {"x-zm-trackingid", "canary.tracking@corp.example"}}}});
  const Answer answer = pair.proxy.get("/v2/users/" + token + "/meetings");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("X-RateLimit-Limit"), "80");
  EXPECT_EQ(canaries(answer), "");
  pair.simulator.control(
      {{"fault", "status"},
       {"status", 404},
       {"body", {{"code", 1001}, {"message", "User does not exist: " + example.user_id + "."}}}});
  const Answer missing = pair.proxy.get("/v2/users/" + token + "/meetings");
  EXPECT_EQ(missing.status, 404U);
  EXPECT_EQ(canaries(missing), "");
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(FaultsTest, RateLimitTellsTheClientWhenToComeBack) {
  Pair pair;
  pair.simulator.control({{"fault", "rate_limit"}, {"daily", true}, {"seconds", 90}});
  const Answer answer = pair.proxy.get("/v2/users");
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(answer.field("X-RateLimit-Type"), "Daily-limit");
  EXPECT_EQ(object(answer).at("code"), 429);
}

// ---- Connections. ----

TEST(FaultsTest, DeadKeepAliveConnectionIsReplaced) {
  Pair pair;
  Client client(pair.proxy.port());
  ASSERT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  for (const bool reset : {false, true}) {
    EXPECT_GE(pair.simulator.control({{"fault", "drop_connections"}, {"reset", reset}})
                  .at("dropped")
                  .to_number<int>(),
              1);
    EXPECT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  }
}

TEST(FaultsTest, ReusedConnectionClosedInsteadOfAnsweringIsReplaced) {
  Pair pair;
  Client client(pair.proxy.port());
  ASSERT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  for (const bool reset : {false, true}) {
    pair.simulator.reset();
    pair.simulator.control({{"fault", "close_after_request"}, {"times", 1}, {"reset", reset}});
    EXPECT_EQ(client.get("/v2/users?page_size=1").status, 200U);
    EXPECT_EQ(pair.simulator.stat("api_requests"), 2);
  }
}

TEST(FaultsTest, ConnectionAlwaysClosedIsAnErrorAfterFewAttempts) {
  Pair pair;
  pair.simulator.control({{"fault", "close_after_request"}});
  const Answer answer = pair.proxy.get("/v2/users?page_size=1");
  EXPECT_GE(answer.status, 500U);
  EXPECT_NE(answer.field("X-Psoxy-Error"), "");
  EXPECT_LE(pair.simulator.stat("api_requests"), 2);
}

TEST(FaultsTest, ZoomThatClosesAfterEachAnswerCostsNoRequest) {
  Pair pair;
  pair.simulator.control({{"fault", "close_idle"}});
  Client client(pair.proxy.port());
  for (int request = 0; request < 20; ++request) {
    EXPECT_EQ(client.get("/v2/users?page_size=1").status, 200U);
  }
}

TEST(FaultsTest, SilentZoomIsATimeoutAndHoldsNobodyElseUp) {
  Pair pair({}, {.more = "timeouts: {response_head_seconds: 5}\n"});
  pair.simulator.control({{"fault", "stall"}, {"path", "/v2/past_meetings"}});
  Answer stalled;
  std::thread waiting([&] { stalled = pair.proxy.get("/v2/past_meetings/80000000047"); });
  pair.simulator.wait_until("in_flight", [](auto count) { return count == 1; });
  EXPECT_EQ(pair.proxy.get("/v2/users").status, 200U);
  EXPECT_EQ(pair.simulator.stat("in_flight"), 1);  // still waiting
  waiting.join();
  EXPECT_EQ(stalled.status, 504U);
  EXPECT_EQ(stalled.field("X-Psoxy-Error"), "SOURCE_API_READ_TIMEOUT");
}

TEST(FaultsTest, AnswerThatStopsHalfWayIsATimeout) {
  Pair pair({}, {.more = "timeouts: {idle_seconds: 1}\n"});
  pair.simulator.control({{"fault", "drip"}, {"bytes", 400}, {"milliseconds", 20000}});
  const Answer answer = pair.proxy.get("/v2/users");
  EXPECT_EQ(answer.status, 504U);
  EXPECT_EQ(canaries(answer), "");
}

TEST(FaultsTest, SlowDripIsReadToItsEnd) {
  Pair pair;
  pair.simulator.control({{"fault", "drip"}, {"bytes", 100}, {"milliseconds", 5}});
  const Answer answer = pair.proxy.get("/v2/users?page_size=5");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(object(answer).at("users").as_array().size(), 5U);
}

}  // namespace
}  // namespace integration
