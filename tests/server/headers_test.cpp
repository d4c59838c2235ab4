#include "server/headers.hpp"

#include <gtest/gtest.h>

#include "server/failure.hpp"
#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

Fields one(std::string name, std::string value) {
  Fields fields;
  fields.add(std::move(name), std::move(value));
  return fields;
}

/// Tue, 24 Nov 2026 12:00:00 GMT.
constexpr std::chrono::system_clock::time_point kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(12);

bool passes(std::string name, std::string value, std::vector<std::string> identifiers = {}) {
  return response_fields(one(std::move(name), std::move(value)), identifiers, kNow).size() == 1;
}

TEST(ResponseFields, ListedOnesPass) {
  EXPECT_TRUE(passes("Cache-Control", "no-cache, max-age=0"));
  EXPECT_TRUE(passes("ETag", "W/\"0a-b1\""));
  EXPECT_TRUE(passes("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"));
  EXPECT_TRUE(passes("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT"));
  EXPECT_TRUE(passes("Link", "<https://api.zoom.us/v2/users?page=2>; rel=\"next\""));
  EXPECT_TRUE(passes("Retry-After", "17"));
  EXPECT_TRUE(passes("X-RateLimit-Category", "Light"));
  EXPECT_TRUE(passes("x-ratelimit-reset", "1764000000"));
}

TEST(ResponseFields, NamesComeOutInLowerCase) {
  const Fields out = response_fields(one("X-RateLimit-Type", "QPS"), {}, kNow);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out.begin()->name, "x-ratelimit-type");
  EXPECT_EQ(out.begin()->value, "QPS");
}

TEST(ResponseFields, RetryAfterComesOutInSeconds) {
  for (const char* value : {"43200", "2026-11-25T00:00:00Z", "Wed, 25 Nov 2026 00:00:00 GMT"}) {
    EXPECT_EQ(response_fields(one("Retry-After", value), {}, kNow).find("retry-after"), "43200")
        << value;
  }
}

TEST(ResponseFields, AllOthersStayHere) {
  for (const char* name : {"Set-Cookie", "Location", "WWW-Authenticate", "Server",
                           "x-zm-trackingid", "Content-Type", "Content-Length", "Transfer-Encoding",
                           "Connection", "X-Psoxy-Error", "X-RateLimit", "Content-Disposition"}) {
    EXPECT_FALSE(passes(name, "1")) << name;
  }
}

TEST(ResponseFields, ValuesThatDoNotLookRightAreDropped) {
  EXPECT_FALSE(passes("Retry-After", "2999-01-01T00:00:00Z"));
  EXPECT_FALSE(passes("Retry-After", "1e9"));
  EXPECT_FALSE(passes("Retry-After", "5, 10"));
  EXPECT_FALSE(passes("Retry-After", ""));
  EXPECT_FALSE(passes("X-RateLimit-Type", "QPS%0d%0aSet-Cookie: a=1"));
  EXPECT_FALSE(passes("X-RateLimit-Type", std::string(65, 'a')));
  EXPECT_FALSE(passes("X-RateLimit-a@b.io", "1"));
  EXPECT_FALSE(passes("Link", "<a>\r\nX: y"));
  EXPECT_FALSE(passes("Expires", "ann@corp.test"));
}

TEST(ResponseFields, PersonalValuesAreDropped) {
  EXPECT_FALSE(passes("Link", "<https://api.zoom.us/v2/users?u=ann@corp.test>; rel=\"next\""));
  EXPECT_FALSE(passes("Link", "<https://api.zoom.us/v2/users?u=ann%40corp.test>; rel=\"next\""));
  EXPECT_FALSE(passes("X-RateLimit-User", "ann@corp.test"));
  EXPECT_FALSE(passes("ETag", "\"z8yAAAAA8bbbQ\"", {"z8yAAAAA8bbbQ"}));
  EXPECT_FALSE(passes("Link", "<https://api.zoom.us/v2/users/z8y%41AAAA8bbbQ>", {"z8yAAAAA8bbbQ"}));
  EXPECT_TRUE(passes("ETag", "\"abc\"", {"z8yAAAAA8bbbQ"}));
}

TEST(BodyType, OnlyJsonInUtf8CanBeSanitized) {
  const auto type = [](const char* value) { return body_type(one("Content-Type", value)); };
  EXPECT_EQ(body_type({}), BodyType::none);
  EXPECT_EQ(type("application/json"), BodyType::json);
  EXPECT_EQ(type("Application/JSON;CHARSET=UTF-8"), BodyType::json);
  EXPECT_EQ(type("application/json; charset=\"utf-8\""), BodyType::json);
  EXPECT_EQ(type("application/problem+json"), BodyType::json);
  EXPECT_EQ(type("application/x-ndjson"), BodyType::ndjson);
  EXPECT_EQ(type("application/json; charset=utf-16"), BodyType::other);
  EXPECT_EQ(type("application/json; a=b ; charset=iso-8859-1"), BodyType::other);
  EXPECT_EQ(type("text/html"), BodyType::other);
  EXPECT_EQ(type("text/csv"), BodyType::other);
  EXPECT_EQ(type(""), BodyType::other);
  Fields twice = one("Content-Type", "application/json");
  twice.add("content-type", "text/html");
  EXPECT_EQ(body_type(twice), BodyType::other);
}

TEST(MetadataFields, NameRulesVersionAndSalt) {
  Fields fields;
  add_metadata_fields(*known_engine(), fields);
  EXPECT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields.find("X-Psoxy-Rules-SHA"), known_engine()->rules_sha());
  EXPECT_EQ(fields.find("X-Psoxy-PII-Salt-Sha256"), "pRwka918R7CEI6El1noIhIMJzqBGYUvvqXYHyMvxl2Y");
  EXPECT_TRUE(fields.find("X-Psoxy-Psoxy-Version")->starts_with("v"));
}

std::shared_ptr<const Engine> engine_with_headers() {
  PseudonymOptions options;
  options.algorithm = PseudonymAlgorithm::psoxy;
  options.salt = "salt";
  options.encryption_key = "secret";
  return std::make_shared<const Engine>(
      "endpoints:\n"
      "  - pathTemplate: /a\n"
      "    allowedRequestHeaders: [X-One, authorization, Host]\n"
      "  - pathTemplate: /b\n"
      "allowedRequestHeaders: [x-all]\n",
      std::make_shared<const TokenCodec>(options));
}

TEST(RequestFields, OnlyWhatTheRulesListForThatEndpoint) {
  const auto engine = engine_with_headers();
  Fields client;
  client.add("x-one", std::string("id=") + std::string(kKnownToken));
  client.add("X-All", "yes");
  client.add("X-Other", "no");
  client.add("Authorization", "Bearer canary");
  client.add("Host", "localhost");
  std::vector<std::string> identifiers;
  const Fields a = request_fields(client, *engine, 0, identifiers);
  EXPECT_EQ(a.size(), 2u);
  EXPECT_EQ(a.find("X-One"), "id=z8yAAAAA8bbbQ");
  EXPECT_EQ(a.find("X-All"), "yes");
  EXPECT_EQ(identifiers, std::vector<std::string>{"z8yAAAAA8bbbQ"});
  const Fields b = request_fields(client, *engine, 1, identifiers);
  EXPECT_EQ(b.size(), 1u);
  EXPECT_EQ(b.find("x-all"), "yes");
}

TEST(RequestFields, ForgedTokensAndDecodedLineBreaksAre409) {
  const auto engine = engine_with_headers();
  std::string forged(kKnownToken);
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  for (const std::string& value : {forged, token_of("a\r\nX-Evil: 1")}) {
    try {
      std::vector<std::string> identifiers;
      (void)request_fields(one("X-One", value), *engine, 0, identifiers);
      FAIL() << "must throw";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.cause(), Cause::tokenized_request_parameter_invalid);
    }
  }
}

}  // namespace
}  // namespace zoom_proxy
