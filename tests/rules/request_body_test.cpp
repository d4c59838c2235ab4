#include "rules/request_body.hpp"

#include <gtest/gtest.h>

#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

RequestBody rule(const std::string& yaml) {
  const RuleSet rules =
      read_rules("endpoints:\n  - pathTemplate: /a\n    requestBody: " + yaml + "\n", "r.yaml");
  return rules.endpoints.front().request_body.value();
}

std::string error(const std::string& yaml) {
  try {
    (void)rule(yaml);
    return "";
  } catch (const ConfigError& e) {
    return e.what();
  }
}

/// Why a JSON body is refused under a schema; "" when it is not.
std::string refusal(const std::string& schema, const std::string& body,
                    std::string_view content_type = "application/json") {
  const RequestBody read = rule("{content: {application/json: " + schema + "}}");
  return body_refusal(read, content_type, body).value_or("");
}

const std::string kToken = "p~" + std::string(43, 'A');

TEST(RequestBody, MayBeRequired) {
  EXPECT_EQ(body_refusal(rule("{}"), "", ""), std::nullopt);
  EXPECT_EQ(body_refusal(rule("{}"), "text/plain", "anything"), std::nullopt);
  EXPECT_EQ(body_refusal(rule("{required: true}"), "", ""),
            "the rules ask for a body here, and there is none");
  EXPECT_EQ(body_refusal(rule("{required: true}"), "", "x"), std::nullopt);
}

TEST(RequestBody, MustBeOneJsonValue) {
  EXPECT_EQ(refusal("{}", "{}"), "");
  EXPECT_EQ(refusal("{}", "{}", ""), "") << "no Content-Type is application/json";
  EXPECT_EQ(refusal("{}", "{}", "Application/JSON ; charset=utf-8"), "");
  EXPECT_EQ(refusal("{}", "{}", "text/plain"), "the rules allow a body of application/json only");
  for (const char* body : {"{", "{} {}", "x", " ", "[1,]"}) {
    EXPECT_EQ(refusal("{}", body), "the body is not one JSON value") << body;
  }
  EXPECT_EQ(refusal("{}", "\"\xff\""), "the body is not UTF-8");
}

TEST(RequestBody, TypesAreThoseOfJsonSchema) {
  const struct {
    const char* type;
    const char* yes;
    const char* no;
  } cases[] = {
      {"string", "\"1\"", "1"},      {"integer", "1.0", "1.5"}, {"integer", "-3", "\"3\""},
      {"integer", "1e2", "1e-2"},    {"number", "1.5", "null"}, {"boolean", "true", "0"},
      {"object", "{\"a\":1}", "[]"}, {"array", "[1]", "{}"},    {"'null'", "null", "false"}};
  for (const auto& c : cases) {
    const std::string schema = "{type: " + std::string(c.type) + "}";
    EXPECT_EQ(refusal(schema, c.yes), "") << c.type;
    EXPECT_NE(refusal(schema, c.no).find("$ is not of the type"), std::string::npos) << c.type;
  }
}

TEST(RequestBody, LooksAtEveryMemberAndElement) {
  const std::string schema =
      "{type: object, required: [id], properties: {id: {type: string, format: pseudonym}, "
      "list: {type: array, items: {type: integer}}}, additionalProperties: false}";
  EXPECT_EQ(refusal(schema, R"({"id":")" + kToken + R"(","list":[1,2]})"), "");
  EXPECT_EQ(refusal(schema, "{}"), "$.id is missing");
  EXPECT_EQ(refusal(schema, R"({"id":"ann"})"),
            "$.id does not have the form that the rules ask for");
  EXPECT_EQ(refusal(schema, R"({"id":")" + kToken + R"(","list":[1,"canary"]})"),
            "$.list[] is not of the type integer");
  EXPECT_EQ(refusal(schema, R"({"id":")" + kToken + R"(","canary":1})"),
            "$ has a member that the rules do not list");
  EXPECT_EQ(refusal(schema, R"({"id":"ann","id":")" + kToken + "\"}"),
            "$.id does not have the form that the rules ask for")
      << "Zoom may read either of two";
  const std::string open = "{properties: {a: {}}, additionalProperties: {type: boolean}}";
  EXPECT_EQ(refusal(open, R"({"a":1,"b":true})"), "");
  EXPECT_EQ(refusal(open, R"({"a":1,"canary":2})"), "$.* is not of the type boolean");
  EXPECT_EQ(refusal(open, "[1]"), "") << "members are of objects only, as in JSON Schema";
}

TEST(RequestBody, PatternsAreSearchedAndValuesCompared) {
  EXPECT_EQ(refusal("{pattern: b+}", "\"abbc\""), "");
  EXPECT_EQ(refusal("{pattern: b+}", "7"), "");
  EXPECT_EQ(refusal("{pattern: b+}", "\"canary\""),
            "$ does not have the form that the rules ask for");
  EXPECT_EQ(refusal("{enumValues: [a, b]}", "\"b\""), "");
  EXPECT_EQ(refusal("{enumValues: [a, b]}", "\"canary\""),
            "$ is none of the values that the rules list");
  EXPECT_NE(refusal("{enumValues: ['1']}", "1"), "");
}

TEST(RequestBody, RulesMustMakeSense) {
  for (const char* yaml : {"{must: true}", "{required: 1}", "{content: {text/plain: {}}}",
                           "{content: {application/x-www-form-urlencoded: {type: object}}}",
                           "{content: {application/json: {}, Application/Json: {}}}",
                           "{content: {application/json: {type: text}}}",
                           "{content: {application/json: {format: email}}}",
                           "{content: {application/json: {pattern: '('}}}",
                           "{content: {application/json: {enumValues: []}}}",
                           "{content: {application/json: {minimum: 1}}}",
                           "{content: {application/json: {additionalProperties: 1}}}"}) {
    EXPECT_EQ(error(yaml).substr(0, 9), "r.yaml:3:") << yaml;
  }
}

}  // namespace
}  // namespace zoom_proxy
