// What a client of the proxy sees beside the sanitized body.

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/integration/fixture.hpp"
#include "tests/integration/gzip.hpp"

namespace integration {
namespace {

TEST(FaceTest, RetryAfterIsInSeconds) {
  Pair pair;
  const auto retry_after = [&](const json::object& headers) {
    pair.simulator.control(
        {{"fault", "status"}, {"status", 429}, {"headers", headers}, {"times", 1}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
    return answer.field("Retry-After");
  };
  EXPECT_EQ(retry_after({{"Retry-After", "90"}}), "90");
  EXPECT_EQ(retry_after({{"Retry-After", "2020-05-31T00:00:00Z"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "Sun, 31 May 2020 00:00:00 GMT"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "tomorrow"}}), "");
  EXPECT_EQ(retry_after(json::object()), "");

  pair.simulator.control({{"fault", "rate_limit"}, {"daily", true}, {"times", 1}});
  const int seconds = std::stoi(pair.proxy.get("/v2/users").field("Retry-After"));
  EXPECT_GT(seconds, 0);
  EXPECT_LE(seconds, 24 * 60 * 60);
}

TEST(FaceTest, AnswersAreCompressedForWhoAsks) {
  Pair pair;
  const Answer plain = pair.proxy.get("/v2/users?page_size=100");
  EXPECT_EQ(plain.field("Content-Encoding"), "");
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.field("Content-Length"), std::to_string(plain.body.size()));

  const Answer zipped =
      pair.proxy.get("/v2/users?page_size=100", {{"Accept-Encoding", "br, gzip;q=0.5"}});
  EXPECT_EQ(zipped.status, 200U);
  EXPECT_EQ(zipped.end, End::whole);
  EXPECT_EQ(zipped.field("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(zipped.field("Content-Length"), "");
  EXPECT_TRUE(zipped.chunked);
  EXPECT_LT(zipped.body.size(), plain.body.size() * 3 / 4);
  const Inflated inflated = inflate(zipped.body);
  EXPECT_TRUE(inflated.whole);
  EXPECT_EQ(without_page_token(inflated.text), without_page_token(plain.body));

  const Answer unwanted =
      pair.proxy.get("/v2/users?page_size=100", {{"Accept-Encoding", "gzip;q=0, deflate"}});
  EXPECT_EQ(unwanted.field("Content-Encoding"), "");
  EXPECT_EQ(without_page_token(unwanted.body), without_page_token(plain.body));
  const Answer refusal = pair.proxy.get("/v2/none", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(refusal.field("Content-Encoding"), "");
  EXPECT_EQ(text(object(refusal).at("error")), "BLOCKED_BY_RULES");
}

TEST(FaceTest, ACompressedAnswerThatBreaksOffHasNoEnd) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 8}});
  pair.simulator.control({{"fault", "cut_json"}, {"bytes", 6000000}});
  const Answer answer = pair.proxy.get("/v2/users", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_NE(answer.end, End::whole);
  const Inflated inflated = inflate(answer.body);
  EXPECT_GT(inflated.text.size(), 64U * 1024U);
  EXPECT_FALSE(inflated.whole);
  EXPECT_EQ(canaries(inflated.text), "");
}

TEST(FaceTest, ControlFieldsPutPathAndQueryInPlace) {
  Pair pair;
  const Answer plain = pair.proxy.get("/v2/users?page_size=2");
  const Answer by_fields = pair.proxy.get(
      "/anything?role_id=1",
      {{"X-Psoxy-TargetPath", "/v2/users"}, {"X-Psoxy-TargetQuery", "?page_size=2"}});
  EXPECT_EQ(by_fields.status, 200U);
  EXPECT_EQ(without_page_token(by_fields.body), without_page_token(plain.body));
  const Answer path_alone =
      pair.proxy.get("/?page_size=2", {{"X-Psoxy-TargetPath", "/v2/users"},
                                       {"X-Psoxy-Pseudonym-Implementation", "v0.4"},
                                       {"X-Psoxy-Skip-Sanitizer", "false"},
                                       {"X-Psoxy-User-To-Impersonate", "someone"}});
  EXPECT_EQ(without_page_token(path_alone.body), without_page_token(plain.body));
  EXPECT_EQ(pair.proxy.get("/v2/users", {{"X-Psoxy-TargetPath", "/v2/groups"}}).status, 403U);
}

TEST(FaceTest, ThePathPrefixIsTakenOff) {
  Simulator simulator;
  const Proxy proxy(simulator, {.path_prefix = "/zoom/"});
  const Answer with = proxy.get("/zoom/v2/users?page_size=2");
  EXPECT_EQ(with.status, 200U);
  EXPECT_EQ(without_page_token(with.body),
            without_page_token(proxy.get("/v2/users?page_size=2").body));
  EXPECT_EQ(proxy.get("/zoomed/v2/users").status, 403U);
}

TEST(FaceTest, HealthCheckTellsWhatTheProxyIs) {
  Simulator simulator;
  const Proxy proxy(simulator, {.trusted_proxies = 2});
  const Headers asking = {{"x-psoxy-health-check", "false"},
                          {"X-Forwarded-For", "198.51.100.9, 192.0.2.7, 10.0.0.1"},
                          {"X-Forwarded-Proto", "https"}};
  const Answer answer = proxy.get("/no/such/path", asking);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(answer.field("X-Psoxy-Rules-SHA"), "");
  EXPECT_TRUE(answer.body.ends_with("}\r\n"));
  const json::object health = object(answer);
  const Answer page = proxy.get("/v2/users?page_size=1");
  EXPECT_EQ(text(health.at("saltSha256Hash")), page.field("X-Psoxy-PII-Salt-Sha256"));
  EXPECT_EQ(text(health.at("version")), page.field("X-Psoxy-Psoxy-Version"));
  EXPECT_EQ(health.at("version"), health.at("javaSourceCodeVersion"));
  EXPECT_EQ(health.at("callerIp"), "192.0.2.7");
  EXPECT_EQ(text(health.at("configuredHost")), "localhost:" + std::to_string(simulator.port()));
  EXPECT_EQ(health.at("configuredSource"), "zoom");
  EXPECT_EQ(health.at("nonDefaultSalt"), true);
  EXPECT_EQ(health.at("sourceAuthGrantType"), "account_credentials");
  EXPECT_EQ(health.at("sourceAuthStrategy"), "oauth2_refresh_token");
  EXPECT_EQ(health.at("userAgent"), "zoom-proxy");
  EXPECT_EQ(health.at("missingConfigProperties"), json::array());
  EXPECT_EQ(health.at("warningMessages"), json::array());
  EXPECT_EQ(health.at("configPropertiesLastModified"), json::object());
  EXPECT_TRUE(health.at("bundleFilename").is_null());
  EXPECT_TRUE(health.at("pseudonymizeAppIds").is_null());
  EXPECT_FALSE(health.contains("rules"));
  std::string last;
  for (const auto& field : health) {
    EXPECT_LT(last, std::string(field.key()));
    last = field.key();
  }
  for (const char* secret : {"simulator-secret", "integration-test"}) {
    EXPECT_EQ(answer.body.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(object(proxy.get("/", {{"X-Psoxy-Health-Check", "1"}})).at("callerIp"), "unknown");
}

TEST(FaceTest, HealthCheckShowsCustomRulesAndNeedsHttps) {
  Simulator simulator;
  const TemporaryDirectory directory;
  const std::string rules = "endpoints:\n  - {pathTemplate: /v2/users}\n";
  std::ofstream(directory.file("rules.yaml")) << rules;
  const Proxy proxy(simulator, {.more = "rules: {file: '" + directory.file("rules.yaml") + "'}\n"});
  Client client(proxy.port());
  const Answer answer = client.request("POST", "/", {{"X-Psoxy-Health-Check", "1"}}, "{}");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(text(object(answer).at("rules")), rules);
  EXPECT_EQ(object(answer).at("callerIp"), "127.0.0.1");
  const Answer plain =
      proxy.get("/", {{"X-Psoxy-Health-Check", "1"}, {"X-Forwarded-Proto", "http"}});
  EXPECT_EQ(plain.status, 400U);
  EXPECT_EQ(plain.field("X-Psoxy-Error"), "HTTPS_REQUIRED");
}

struct Refusal {
  const char* name;
  const char* method;
  const char* target;
  Headers headers;
  unsigned status;
  const char* cause;
  const char* says;  ///< a piece of the message
};

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, SaysWhatIsWrongAndWhatToDo) {
  Pair pair;
  const Refusal& row = GetParam();
  Client client(pair.proxy.port());
  const Answer answer = client.request(row.method, row.target, row.headers);
  EXPECT_EQ(answer.status, row.status);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), row.cause);
  EXPECT_EQ(answer.field("Content-Type"), "application/json; charset=utf-8");
  const json::object body = object(answer);
  EXPECT_EQ(body.size(), 3U);
  EXPECT_EQ(text(body.at("error")), row.cause);
  EXPECT_NE(text(body.at("message")).find(row.says), std::string::npos) << answer.body;
  EXPECT_NE(text(body.at("message")).find("; "), std::string::npos) << "and what to do";
  EXPECT_EQ(text(body.at("requestId")).size(), 16U);
  EXPECT_EQ(canaries(answer), "");
  EXPECT_EQ(answer.body.find("p~"), std::string::npos);
  EXPECT_EQ(pair.simulator.stat("api_requests"), 0);
}

constexpr const char* kForged = "p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusalTest,
    ::testing::Values(
        Refusal{"Path", "GET", "/v2/canary.path", {}, 403, "BLOCKED_BY_RULES", "this path"},
        Refusal{"Method", "DELETE", "/v2/users", {}, 403, "BLOCKED_BY_RULES", "this method"},
        Refusal{"Query",
                "GET",
                "/v2/users?role_id=canary",
                {},
                403,
                "BLOCKED_BY_RULES",
                "the query parameter `role_id`"},
        Refusal{"QueryNameOfAnything",
                "GET",
                "/v2/users?canary%40corp.example=1",
                {},
                403,
                "BLOCKED_BY_RULES",
                "one of the query parameters"},
        Refusal{"Semicolon",
                "GET",
                "/v2/users?status=a;page_size=1",
                {},
                403,
                "BLOCKED_BY_RULES",
                "`;`"},
        Refusal{
            "DotSegment", "GET", "/v2/users/../groups", {}, 403, "BLOCKED_BY_RULES", "dot segment"},
        Refusal{"Http",
                "GET",
                "/v2/users",
                {{"X-Forwarded-Proto", "http"}},
                400,
                "HTTPS_REQUIRED",
                "X-Forwarded-Proto"},
        Refusal{"TargetPath",
                "GET",
                "/v2/users",
                {{"X-Psoxy-TargetPath", "canary"}},
                400,
                "INVALID_REQUEST",
                "X-Psoxy-TargetPath"},
        Refusal{"TargetQuery",
                "GET",
                "/v2/users",
                {{"X-Psoxy-TargetQuery", "canary#"}},
                400,
                "INVALID_REQUEST",
                "X-Psoxy-TargetQuery"},
        Refusal{"TargetPathTwice",
                "GET",
                "/v2/users",
                {{"X-Psoxy-TargetPath", "/v2/users"}, {"X-Psoxy-TargetPath", "/v2/groups"}},
                400,
                "INVALID_REQUEST",
                "twice"},
        Refusal{"Implementation",
                "GET",
                "/v2/users",
                {{"X-Psoxy-Pseudonym-Implementation", "v0.3"}},
                400,
                "INVALID_REQUEST",
                "v0.4"},
        Refusal{"SkipSanitizer",
                "GET",
                "/v2/users",
                {{"X-Psoxy-Skip-Sanitizer", "true"}},
                400,
                "INVALID_REQUEST",
                "development_mode"},
        Refusal{"Impersonate",
                "GET",
                "/v2/users",
                {{"X-Psoxy-User-To-Impersonate", kForged}},
                409,
                "TOKENIZED_REQUEST_PARAMETER_INVALID",
                "X-Psoxy-User-To-Impersonate"},
        Refusal{"Token",
                "GET",
                "/v2/users/p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/meetings",
                {},
                409,
                "TOKENIZED_REQUEST_PARAMETER_INVALID",
                "in the URL"},
        Refusal{"CompressedBody",
                "GET",
                "/v2/users",
                {{"Content-Encoding", "gzip"}},
                400,
                "INVALID_REQUEST",
                "compressed"},
        Refusal{"Later",
                "GET",
                "/v2/users",
                {{"Prefer", "respond-async"}},
                501,
                "ASYNC_HANDLER_DISPATCH",
                "later"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Memory, SixtyFourCompressedListsAtOnce) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", measured() ? 5 : 1}});
  std::atomic<int> whole = 0;
  std::vector<std::thread> threads;
  for (int index = 0; index < 64; ++index) {
    threads.emplace_back([&] {
      const Answer answer = pair.proxy.get("/v2/users", {{"Accept-Encoding", "gzip"}});
      if (answer.end == End::whole && inflate(answer.body).text.ends_with("]}")) ++whole;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(whole, 64);
  EXPECT_GT(pair.simulator.stat("max_in_flight"), 8);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (measured()) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 96 * 1024);
  }
}

}  // namespace
}  // namespace integration
