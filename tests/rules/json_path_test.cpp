#include "rules/json_path.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

/// `a|b` names, `*` wildcard, `..` before a step that descends, steps separated by blanks.
std::string steps_of(std::string_view text) {
  std::string out;
  for (const JsonPathStep& step : parse_json_path(text, {}).steps) {
    if (!out.empty()) out += ' ';
    if (step.descend) out += "..";
    if (step.kind == JsonPathStep::Kind::wildcard) {
      EXPECT_TRUE(step.names.empty());
      out += '*';
    }
    for (std::size_t i = 0; i < step.names.size(); ++i) out += (i > 0 ? "|" : "") + step.names[i];
  }
  return out;
}

TEST(JsonPath, KnowsTheDialect) {
  EXPECT_EQ(steps_of("$"), "");
  EXPECT_EQ(steps_of("$.a"), "a");
  EXPECT_EQ(steps_of("$.host_id.b-c"), "host_id b-c");
  EXPECT_EQ(steps_of("$.a[*].b"), "a * b");
  EXPECT_EQ(steps_of("$.a[ * ]"), "a *");
  EXPECT_EQ(steps_of("$.o.*"), "o *");
  EXPECT_EQ(steps_of("$['a','b']"), "a|b");
  EXPECT_EQ(steps_of("$.['a','b']"), "a|b");
  EXPECT_EQ(steps_of("$.a.['b', 'c' ]"), "a b|c");
  EXPECT_EQ(steps_of("$[\"a\"][\"b\"]"), "a b");
  EXPECT_EQ(steps_of("$.a[*]['b','c']"), "a * b|c");
  EXPECT_EQ(steps_of("$..a"), "..a");
  EXPECT_EQ(steps_of("$..['a','b']"), "..a|b");
  EXPECT_EQ(steps_of("$..a[*]"), "..a *");
  EXPECT_EQ(steps_of("$..a[*]['b','c']"), "..a * b|c");
  EXPECT_EQ(steps_of("$..*"), "..*");
  EXPECT_EQ(steps_of("$.a..b"), "a ..b");
  EXPECT_EQ(steps_of("$['a.b','na me']"), "a.b|na me");
  EXPECT_EQ(steps_of("$['it\\'s','back\\\\slash']"), "it's|back\\slash");
  EXPECT_EQ(steps_of("$['\xC3\xBC'].\xC3\xBC"), "\xC3\xBC \xC3\xBC");
}

TEST(JsonPath, KeepsItsText) {
  EXPECT_EQ(parse_json_path("$.['a', 'b']", {}).text, "$.['a', 'b']");
}

TEST(JsonPath, RefusesWhatItDoesNotUnderstand) {
  for (const std::string text :
       {"",      "a",    "users[*].email", "$a",      "$.",         "$..",  "$...a",
        "$.a.",  "$.a]", "$.a[b]",         "$['a',]", "$['a' 'b']", "$['a", "$['a'",
        "$[",    "$[]",  "$['a\\n']",      "$['\\",   "$.a b",      "$ .a", "$.a*",
        "$.'a'", "$[*",  "$[*,'a']",       "$.@",     "$.a:b"}) {
    EXPECT_THROW((void)parse_json_path(text, {}), ConfigError) << text;
  }
}

TEST(JsonPath, ErrorNamesPathAndPlace) {
  try {
    (void)parse_json_path("$.a[b]", {"rules.yaml", 7, 3});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "rules.yaml:7:3: \"$.a[b]\" is no JSONPath: expected a name in quotes (at character 5)");
  }
}

TEST(JsonPath, SaysWhatIsNotSupportedYet) {
  for (const std::string text : {"$.a[0]", "$.a[-1]", "$.a[1:3]", "$.a[:2]", "$.a[0,2]",
                                 "$..[?(@.a == 'b')]", "$..[?(@.a", "$.a.length()", "$[(@.x)]"}) {
    try {
      (void)parse_json_path(text, {});
      ADD_FAILURE() << text;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("not supported by this version"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace zoom_proxy
