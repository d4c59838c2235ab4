#include "rules/route_table.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "rules/limits.hpp"
#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

using Reason = RouteRefusal::Reason;

RouteTable table(const std::string& endpoints) {
  return RouteTable(read_rules("endpoints: [" + endpoints + "]", "r.yaml"));
}

/// The endpoint's index, or the refusal: "path", "method", "query NAME", "target".
std::string answer(const RouteTable& routes, std::string_view method, std::string_view target,
                   bool tokens_decoded = false) {
  const auto result = routes.match(method, target, tokens_decoded);
  if (const auto* match = std::get_if<RouteMatch>(&result)) return std::to_string(match->endpoint);
  const auto& refusal = std::get<RouteRefusal>(result);
  switch (refusal.reason) {
    case Reason::path:
      return "path";
    case Reason::method:
      return "method";
    case Reason::query:
      return "query " + refusal.query_name;
    case Reason::target:
      return "target";
  }
  return "?";
}

std::string get(const RouteTable& routes, std::string_view target) {
  return answer(routes, "GET", target);
}

std::string table_error(const std::string& endpoints) {
  try {
    table(endpoints);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(RouteTable, TemplateMatchesThePathAlone) {
  const RouteTable routes = table("{ pathTemplate: '/v2/users/{userId}/meetings' }");
  EXPECT_EQ(get(routes, "/v2/users/abc/meetings"), "0");
  EXPECT_EQ(get(routes, "/v2/users/abc/meetings?any=1"), "0");
  EXPECT_EQ(get(routes, "/V2/Users/abc/MEETINGS"), "0");
  EXPECT_EQ(get(routes, "//v2/users/abc/meetings"), "0");
  EXPECT_EQ(get(routes, "/v2/users/a%2Fb/meetings"), "0") << "still encoded: one segment";
  for (const std::string target :
       {"/v2/users//meetings", "/v2/users/a/b/meetings", "/v2/users/abc/meetings/", "/v2/users/abc",
        "/v2/users/abc/meetings2", "/x/v2/users/abc/meetings", "/v2/users/a?b/meetings",
        "/v2//users/abc/meetings", "/v2/users/abc%2Fmeetings",
        "/v2/u\xC5\xBF"
        "ers/abc/meetings"}) {
    EXPECT_EQ(get(routes, target), "path") << target;
  }
}

TEST(RouteTable, TemplateLettersAreLiteral) {
  const RouteTable routes = table("{ pathTemplate: '/a.b+(c)[d]^$*=!-<>/{x?}' }");
  EXPECT_EQ(get(routes, "/a.b+(c)[d]^$*=!-<>/1"), "0");
  EXPECT_EQ(get(routes, "/a.b+(c)[d]^$*=!-<>/"), "0") << "{x?} may be empty";
  EXPECT_EQ(get(routes, "/axb+(c)[d]^$*=!-<>/"), "path");
}

TEST(RouteTable, BadTemplatesAreRefusedWithTheReason) {
  EXPECT_EQ(
      table_error("{ pathTemplate: '/v2/users/{user_id}' }"),
      "r.yaml:1:29: pathTemplate \"/v2/users/{user_id}\": the name of the parameter \"user_id\" "
      "must be a letter, then letters and digits; rename it, as in {userId}");
  for (const std::string text : {"", "v2/users", "/a/{b", "/a/b}", "/a/{}", "/a/{1b}", "/a/{b}/{b}",
                                 "/a|b", "/a?b=c", "/a/{{b}}"}) {
    EXPECT_NE(table_error("{ pathTemplate: '" + text + "' }").find("pathTemplate"),
              std::string::npos)
        << text;
  }
}

TEST(RouteTable, RegexMatchesPathAndQuery) {
  const RouteTable routes = table("{ pathRegex: '^/v2/a(?:[?]x=.*)?$' }");
  EXPECT_EQ(get(routes, "/v2/a"), "0");
  EXPECT_EQ(get(routes, "/V2/A?X=1&y"), "0");
  EXPECT_EQ(get(routes, "/v2/a?y=1"), "path");
  EXPECT_EQ(get(routes, "/v2/a?"), "path");
  EXPECT_EQ(get(routes, "/v2/ab"), "path");
}

TEST(RouteTable, RegexIsAFullMatch) {
  const RouteTable routes = table("{ pathRegex: '/v2/a|/v2/b' }");
  EXPECT_EQ(get(routes, "/v2/a"), "0");
  EXPECT_EQ(get(routes, "/v2/b"), "0");
  EXPECT_EQ(get(routes, "/v2/ab"), "path");
  EXPECT_EQ(get(routes, "/x/v2/b"), "path");
}

TEST(RouteTable, BothFormsMeanTheRegexWithAndWithoutTheQuery) {
  const RouteTable routes =
      table("{ pathTemplate: '/ignored', pathRegex: '/a(?:[?].*)?|/b[?].*' }");
  EXPECT_EQ(get(routes, "/a?x=1"), "0");
  EXPECT_EQ(get(routes, "/ignored"), "path");
  EXPECT_EQ(get(routes, "/b?x"), "path");
}

TEST(RouteTable, BadRegexesAreRefused) {
  for (const std::string text : {"^/v2/(users$", "*", "/[a", "[a-z&&[^b]]"}) {
    const std::string error = table_error("{ pathRegex: '" + text + "' }");
    EXPECT_TRUE(error.starts_with("r.yaml:1:26: pathRegex")) << error;
  }
}

TEST(RouteTable, RunawayRegexRefusesInTime) {
  const RouteTable routes = table("{ pathRegex: '/(?:a+a+)+b' }, { pathTemplate: '/{x}' }");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get(routes, "/" + std::string(8000, 'a')), "1");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(RouteTable, FirstInFileOrderWins) {
  const RouteTable routes =
      table("{ pathTemplate: '/a/{x}', allowedMethods: [GET] }, { pathTemplate: '/a/b' }");
  EXPECT_EQ(get(routes, "/a/b"), "0");
  EXPECT_EQ(answer(routes, "POST", "/a/b"), "1");
}

TEST(RouteTable, MethodsAreCaseSensitive) {
  const RouteTable routes =
      table("{ pathTemplate: /a, allowedMethods: [get] }, { pathTemplate: /b }");
  EXPECT_EQ(answer(routes, "GET", "/a"), "0") << "rules may spell it as they like";
  EXPECT_EQ(answer(routes, "get", "/a"), "method");
  EXPECT_EQ(answer(routes, "HEAD", "/a"), "method");
  EXPECT_EQ(answer(routes, "ANY", "/b"), "1");
}

TEST(RouteTable, QueryNames) {
  const RouteTable routes = table("{ pathTemplate: /a, allowedQueryParams: [page_size, x y] }");
  for (const std::string query :
       {"", "?", "?&", "?&&page_size=1", "?page_size", "?page_size=", "?=x", "?PAGE_SIZE=1",
        "?page%5Fsize=1", "?page_size=1&page_size=2", "?x+y=1", "?x%20y", "?page_size=1?b=2",
        "?page_size=%zz", "?page_size=1%26b=2", "?page_size=1%3Bb=2", "?page_size=a+b/c=="}) {
    EXPECT_EQ(get(routes, "/a" + query), "0") << query;
  }
  EXPECT_EQ(get(routes, "/a?b=1"), "query b");
  EXPECT_EQ(get(routes, "/a?page_size=1&b"), "query b");
  EXPECT_EQ(get(routes, "/a??page_size=1"), "query ?page_size");
  EXPECT_EQ(get(routes, "/a?+page_size=1"), "query  page_size");
  EXPECT_EQ(get(routes, "/a?page_size%3D1"), "query page_size=1");
  EXPECT_EQ(get(routes, "/a?page_%C5%BFize=1"), "query page_\xC5\xBFize") << "long s is no s";
  EXPECT_EQ(get(routes, std::string("/a?page_size%00=1")),
            "query " + std::string("page_size\0", 10));
}

TEST(RouteTable, SemicolonsAreRefusedWhereNamesCount) {
  const RouteTable routes = table(
      "{ pathTemplate: /a, allowedQueryParams: [b, c] }, { pathTemplate: /any },"
      "{ pathTemplate: /s, queryParamSchemas: { b: {} } }");
  EXPECT_EQ(get(routes, "/a?b=1;x=2"), "query x");
  EXPECT_EQ(get(routes, "/a?x;b=1"), "query x");
  EXPECT_EQ(get(routes, "/a?b=1;c=2"), "query ;");
  EXPECT_EQ(get(routes, "/s?b=1;c=2"), "query ;");
  EXPECT_EQ(get(routes, "/any?b=1;c=2"), "1");
}

TEST(RouteTable, NoQueryNamesMeansNone) {
  const RouteTable routes = table("{ pathTemplate: /a, allowedQueryParams: [] }");
  EXPECT_EQ(get(routes, "/a"), "0");
  EXPECT_EQ(get(routes, "/a?"), "0");
  EXPECT_EQ(get(routes, "/a?b"), "query b");
}

TEST(RouteTable, NearestMissIsReported) {
  const RouteTable routes = table(
      "{ pathTemplate: '/a/{x}', allowedMethods: [PUT], allowedQueryParams: [q] },"
      "{ pathTemplate: '/a/b', allowedMethods: [GET], allowedQueryParams: [r] },"
      "{ pathTemplate: '/{x}/b', allowedMethods: [GET], allowedQueryParams: [s] }");
  EXPECT_EQ(get(routes, "/nowhere"), "path");
  EXPECT_EQ(get(routes, "/a/z"), "method");
  EXPECT_EQ(get(routes, "/a/b?z=1"), "query z");
  EXPECT_EQ(get(routes, "/a/b?s=1"), "2");
  EXPECT_EQ(get(routes, "/a/b?s=1&r=1"), "query s") << "of two near misses the first in the file";
}

TEST(RouteTable, PathParameters) {
  const RouteTable routes = table(
      "{ pathTemplate: '/u/{id}/{n}', pathParameterSchemas: {"
      "  id: { format: pseudonym }, n: { type: integer } } }");
  const std::string token = "p~" + std::string(43, 'A');
  EXPECT_EQ(get(routes, "/u/" + token + "/12"), "0");
  EXPECT_EQ(get(routes, "/u/" + token + "/x"), "path");
  EXPECT_EQ(get(routes, "/u/abc/12"), "path");
  EXPECT_EQ(get(routes, "/u/" + token.substr(1) + "/12"), "path");
  EXPECT_EQ(get(routes, "/u/p~" + std::string(42, 'A') + "/12"), "path");
  EXPECT_EQ(get(routes, "/u/" + token + "@corp.test/12"), "path");
  EXPECT_EQ(answer(routes, "GET", "/u/abc/12", true), "0") << "the token's value stands there";
  EXPECT_EQ(answer(routes, "GET", "/u/abc/x", true), "path");
  EXPECT_NE(
      table_error("{ pathTemplate: '/u/{id}', pathParameterSchemas: { nope: {} } }").find("{nope}"),
      std::string::npos);
  EXPECT_NE(table_error("{ pathRegex: '/u', pathParameterSchemas: { id: {} } }"), "");
}

TEST(RouteTable, QueryParameters) {
  const RouteTable routes = table(
      "{ pathTemplate: /a, queryParamSchemas: { Size: { type: integer, required: true } } },"
      "{ pathTemplate: /b, queryParamSchemas: {"
      "  x: { anyOf: [{ pattern: 'a.c' }, { enum: [One, two words] }, { type: number }] } } }");
  EXPECT_EQ(get(routes, "/a?size=12"), "0");
  EXPECT_EQ(get(routes, "/a?SIZE=+12+"), "0") << "blanks around a number do not count";
  EXPECT_EQ(get(routes, "/a?size=1&size=2&other=x"), "0");
  EXPECT_EQ(get(routes, "/a"), "query Size");
  EXPECT_EQ(get(routes, "/a?size"), "query Size") << "required means a value";
  EXPECT_EQ(get(routes, "/a?size=1&size"), "0") << "no value is a valid one";
  for (const std::string value : {"", "-1", "%2B1", "1.0", "x", "1&size=x"}) {
    EXPECT_EQ(get(routes, "/a?size=" + value), "query Size") << value;
  }
  for (const std::string value : {"abc", "One", "two+words", "1.5e-3", "-.5", "7."}) {
    EXPECT_EQ(get(routes, "/b?x=" + value), "1") << value;
  }
  for (const std::string value : {"abcd", "ABC", "one", "1e", "1_000", "."}) {
    EXPECT_EQ(get(routes, "/b?x=" + value), "query x") << value;
  }
  EXPECT_EQ(get(routes, "/b"), "1");
  EXPECT_NE(table_error("{ pathTemplate: /a, queryParamSchemas: { x: { pattern: '(' } } }")
                .find("pattern"),
            std::string::npos);
}

TEST(RouteTable, DotSegmentsAreRefusedHoweverTheyAreHidden) {
  const RouteTable routes = table("{ pathRegex: '.*' }");
  for (const std::string path :
       {"/.",           "/..",       "/a/./b",          "/a/../b",   "/a/..",       "/%2e",
        "/a/%2E%2e/b",  "/a/.%2e",   "/a/%252e%252e/b", "/a/..%2fb", "/a%2f..%2fb", "/a/..%252fb",
        "/a/..\\b",     "/a/..%5cb", "/a\\..\\b",       "/a/..;/b",  "/a/..;x=1/b", "/a/..%3b/b",
        "/a/%2e%2e;/b", "/a;../b",   "/..?x=1"}) {
    EXPECT_EQ(get(routes, path), "target") << path;
  }
  for (const std::string path :
       {"/a.b", "/...", "/a/.b", "/a/b.", "/a?x=/../b", "/a?../b", "/a/..b;c", "/%25252e%25252e"}) {
    EXPECT_EQ(get(routes, path), "0") << path;
  }
}

TEST(RouteTable, TargetsThatAreNone) {
  const RouteTable routes = table("{ pathRegex: '(?s).*' }");
  for (const std::string target :
       {"", "a", "?a=1", "http://zoom.us/v2", "*", "/a#b", "/a?b#c", "/a\nb", "/a\x7F", "/a?b\r",
        "/a\xFF", "/%FF", "/%c0%ae%c0%ae/b", "/..%c0%afb", "/%25c0%25ae"}) {
    EXPECT_EQ(get(routes, target), "target") << target;
  }
  EXPECT_EQ(get(routes, std::string_view("/a\0b", 4)), "target");
  EXPECT_EQ(get(routes, "/\xC3\xBC/%C3%BC a"), "0");
  EXPECT_EQ(get(routes, "/" + std::string(limits::kTargetBytes - 1, 'a')), "0");
  EXPECT_EQ(get(routes, "/" + std::string(limits::kTargetBytes, 'a')), "target");
}

}  // namespace
}  // namespace zoom_proxy
