#include "server/request.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "server/failure.hpp"
#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

/// What a check threw; `Cause::unknown` with an empty text when it threw nothing.
Failure failure_of(const std::function<void()>& check) {
  try {
    check();
  } catch (const Failure& failure) {
    return failure;
  }
  return {Cause::unknown, ""};
}

Failure target_failure(std::string_view target, std::string_view method = "GET") {
  return failure_of([&] { (void)check_target(*known_engine(), method, target); });
}

std::string upstream_of(std::string_view target) {
  return check_target(*known_engine(), "GET", target).upstream;
}

RequestHead head_of(std::string method, std::string target) {
  RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  return head;
}

Failure head_failure(const RequestHead& head) {
  return failure_of([&] { check_head(head); });
}

TEST(CheckTarget, PlainTargetsGoAsTheyCame) {
  EXPECT_EQ(upstream_of("/v2/users?page_size=5"), "/v2/users?page_size=5");
  EXPECT_EQ(upstream_of("/v2/users?"), "/v2/users?");
  EXPECT_EQ(upstream_of("/v2/meetings/AAA%252F%252B%3D%3D"), "/v2/meetings/AAA%252F%252B%3D%3D");
  EXPECT_EQ(upstream_of("/v2/users/p~abc/meetings"), "/v2/users/p~abc/meetings");
  EXPECT_TRUE(check_target(*known_engine(), "GET", "/v2/users/abc/meetings").identifiers.empty());
}

TEST(CheckTarget, ARuleMayDemandATokenAndStillSeesTheDecodedTarget) {
  PseudonymOptions options;
  options.algorithm = PseudonymAlgorithm::psoxy;
  options.salt = "salt";
  options.encryption_key = "secret";
  const Engine engine(RulesText{R"(
endpoints:
  - pathTemplate: /v2/users/{userId}
    pathParameterSchemas:
      userId: { type: string, format: reversible-pseudonym }
)",
                                "test.yaml"},
                      std::make_shared<const TokenCodec>(options));
  const std::string token(kKnownToken);
  EXPECT_EQ(check_target(engine, "GET", "/v2/users/" + token).upstream,
            "/v2/users/" + std::string(kKnownId));
  EXPECT_THROW((void)check_target(engine, "GET", "/v2/users/" + std::string(kKnownId)), Failure);
}

TEST(CheckTarget, LeadingSlashesBecomeOne) { EXPECT_EQ(upstream_of("//v2/users"), "/v2/users"); }

TEST(CheckTarget, TokensAreDecodedInPathAndQuery) {
  const std::string token(kKnownToken);
  const CheckedTarget path =
      check_target(*known_engine(), "GET", "/v2/users/" + token + "/meetings?page_size=5");
  EXPECT_EQ(path.upstream, "/v2/users/z8yAAAAA8bbbQ/meetings?page_size=5");
  EXPECT_EQ(path.identifiers, std::vector<std::string>{std::string(kKnownId)});
  EXPECT_EQ(known_engine()->rules().endpoints[path.endpoint].name(), "/v2/users/{userId}/meetings");
  EXPECT_EQ(upstream_of("/v2/users?next_page_token=" + token),
            "/v2/users?next_page_token=z8yAAAAA8bbbQ");
  EXPECT_EQ(upstream_of("/v2/users/" + token + "@corp.test/meetings"),
            "/v2/users/z8yAAAAA8bbbQ/meetings");
}

TEST(CheckTarget, DecodedTextCannotChangeTheShapeOfTheUrl) {
  EXPECT_EQ(upstream_of("/v2/users/" + token_of("a b?c#d&e") + "/meetings"),
            "/v2/users/a%20b%3Fc%23d%26e/meetings");
  EXPECT_EQ(upstream_of("/v2/users?next_page_token=" + token_of("a&role_id=1")),
            "/v2/users?next_page_token=a%26role_id%3D1");
}

TEST(CheckTarget, DecodedTextIsMatchedAgain) {
  for (const char* value : {"..", "../groups", "a/../../groups"}) {
    const Failure failure = target_failure("/v2/users/" + token_of(value) + "/meetings");
    EXPECT_EQ(failure.cause(), Cause::blocked_by_rules) << value;
  }
}

TEST(CheckTarget, ForgedTokensAre409) {
  for (const char* token : {"p~JzXCV2FAA72NOeqHYQbR4PewwSZI9hznATn7Wse3j8GpsoD91NC0nDg1vNKrhPEc",
                            "p~JzXCV2FA272NOeqHYQbR4PewwSZI9hznATn7Wse3j8GpsoD91NC0nDg1vNKrhPEA",
                            "p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                            "p~JzXCV2FA272NOeqHYQbR4PewwSZI9hznATn7Wse3j8GpsoD91NC0nDg1vNKr"}) {
    EXPECT_EQ(target_failure("/v2/users/" + std::string(token) + "/meetings").cause(),
              Cause::tokenized_request_parameter_invalid)
        << token;
  }
}

TEST(CheckTarget, RefusalsNameTheCheckAndNeverThePath) {
  const Failure path = target_failure("/v2/canary/secret");
  EXPECT_EQ(path.cause(), Cause::blocked_by_rules);
  EXPECT_NE(std::string_view(path.what()).find("path"), std::string_view::npos);
  EXPECT_EQ(std::string_view(path.what()).find("canary"), std::string_view::npos);

  const Failure method = target_failure("/v2/users", "DELETE");
  EXPECT_EQ(method.cause(), Cause::blocked_by_rules);
  EXPECT_NE(std::string_view(method.what()).find("method"), std::string_view::npos);
  EXPECT_EQ(target_failure("/v2/users", "get").cause(), Cause::blocked_by_rules);

  const Failure query = target_failure("/v2/users?role_id=1");
  EXPECT_EQ(query.cause(), Cause::blocked_by_rules);
  EXPECT_NE(std::string_view(query.what()).find("`role_id`"), std::string_view::npos);

  const Failure semicolon = target_failure("/v2/users?status=a;page_size=1");
  EXPECT_EQ(semicolon.cause(), Cause::blocked_by_rules);
  EXPECT_NE(std::string_view(semicolon.what()).find("`;`"), std::string_view::npos);

  const Failure odd = target_failure("/v2/users?canary%40leak.test=1");
  EXPECT_EQ(odd.cause(), Cause::blocked_by_rules);
  EXPECT_EQ(std::string_view(odd.what()).find("canary"), std::string_view::npos);
}

TEST(CheckHead, TargetMustBeAPath) {
  for (const char* target : {"*", "http://localhost/v2/users", "api.zoom.us:443", "", "/v2/users#x",
                             "/v2/\xc3\xbcsers", "/v2/us\x01rs", "/v2/us rs"}) {
    EXPECT_EQ(head_failure(head_of("GET", target)).cause(), Cause::invalid_request) << target;
  }
  EXPECT_NO_THROW(check_head(head_of("GET", "/v2/users?status=a")));
}

TEST(CheckHead, GetAndHeadHaveNoBody) {
  for (const char* method : {"GET", "HEAD"}) {
    RequestHead head = head_of(method, "/v2/users");
    head.has_body = true;
    EXPECT_EQ(head_failure(head).cause(), Cause::invalid_request);
  }
  RequestHead post = head_of("POST", "/v2/users");
  post.has_body = true;
  EXPECT_NO_THROW(check_head(post));
}

TEST(CheckHttps, OnlyHttpsInFront) {
  const auto failure = [](const Fields& fields) {
    return failure_of([&] { check_https(fields); });
  };
  for (const char* value : {"http", "https, http", "http, https", ""}) {
    Fields fields;
    fields.add("X-Forwarded-Proto", value);
    EXPECT_EQ(failure(fields).cause(), Cause::https_required) << value;
  }
  Fields fields;
  EXPECT_NO_THROW(check_https(fields));
  fields.add("x-forwarded-proto", "https");
  EXPECT_NO_THROW(check_https(fields));
  fields.add("X-Forwarded-Proto", "http");
  EXPECT_EQ(failure(fields).cause(), Cause::https_required);
}

TEST(CheckHead, ContentEncodingMayOnlyNameACharset) {
  RequestHead head = head_of("POST", "/v2/users");
  head.fields.add("Content-Encoding", "UTF-8");
  EXPECT_NO_THROW(check_head(head));
  head.fields.add("Content-Encoding", "gzip");
  EXPECT_EQ(head_failure(head).cause(), Cause::invalid_request);
}

}  // namespace
}  // namespace zoom_proxy
