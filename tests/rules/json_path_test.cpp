#include "rules/json_path.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

/// A condition in prefix form: `&(a=x !(b))`.
std::string condition_of(const JsonPathFilter& filter) {
  using Kind = JsonPathFilter::Kind;
  std::string path = "@";
  for (const std::string& name : filter.path) path += '.' + name;
  std::string parts;
  for (const JsonPathFilter& part : filter.parts) {
    parts += (parts.empty() ? "" : " ") + condition_of(part);
  }
  std::string literal = "null";
  if (const auto* truth = std::get_if<bool>(&filter.literal)) literal = *truth ? "true" : "false";
  if (const auto* number = std::get_if<JsonPathFilter::Number>(&filter.literal)) {
    literal = number->text;
  }
  if (const auto* text = std::get_if<std::string>(&filter.literal)) literal = '\'' + *text + '\'';
  switch (filter.kind) {
    case Kind::all_of:
      return "&(" + parts + ")";
    case Kind::any_of:
      return "|(" + parts + ")";
    case Kind::negation:
      return "!(" + parts + ")";
    case Kind::exists:
      return path;
    case Kind::equal:
      return path + "=" + literal;
    case Kind::not_equal:
      return path + "<>" + literal;
    case Kind::matches:
      return path + "~";
  }
  return "";
}

/// `a|b` names, `#0` indices, `1:3` a slice, `?` a filter, `*` wildcard, `..` before a step that
/// descends, steps separated by blanks.
std::string steps_of(std::string_view text) {
  std::string out;
  for (const JsonPathStep& step : parse_json_path(text, {}).steps) {
    if (!out.empty()) out += ' ';
    if (step.descend) out += "..";
    if (step.kind == JsonPathStep::Kind::wildcard) {
      EXPECT_TRUE(step.names.empty());
      out += '*';
    }
    for (const std::int64_t index : step.indices) out += '#' + std::to_string(index);
    if (step.kind == JsonPathStep::Kind::slice) {
      out += (step.first ? std::to_string(*step.first) : "") + ':' +
             (step.last ? std::to_string(*step.last) : "");
    }
    if (step.filter) out += '?' + condition_of(*step.filter);
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

TEST(JsonPath, PicksElements) {
  EXPECT_EQ(steps_of("$.a[0]"), "a #0");
  EXPECT_EQ(steps_of("$.a[-1].b"), "a #-1 b");
  EXPECT_EQ(steps_of("$.a[0, 2,3]"), "a #0#2#3");
  EXPECT_EQ(steps_of("$.a[1:3]"), "a 1:3");
  EXPECT_EQ(steps_of("$.a[:2]"), "a :2");
  EXPECT_EQ(steps_of("$.a[-2:]"), "a -2:");
  EXPECT_EQ(steps_of("$..[0]"), "..#0");
}

TEST(JsonPath, Filters) {
  EXPECT_EQ(steps_of("$.a[?(@.b == 'c')].d"), "a ?@.b='c' d");
  EXPECT_EQ(steps_of("$..[?(@.b)]"), "..?@.b");
  EXPECT_EQ(steps_of("$[?(@ != \"x\")]"), "?@<>'x'");
  EXPECT_EQ(steps_of("$[?(@['a b'].c == 1.5)]"), "?@.a b.c=1.5");
  EXPECT_EQ(steps_of("$[?(!(@.a) && @.b == true || @.c == null)]"),
            "?|(&(!(@.a) @.b=true) @.c=null)");
  EXPECT_EQ(steps_of("$[?(@.a =~ /x\\/[y)]/i && (@.b || @.c))]"), "?&(@.a~ |(@.b @.c))");
  EXPECT_EQ(steps_of("$[?( @.a  ==  'it\\'s' )]"), "?@.a='it's'");
}

TEST(JsonPath, KeepsItsText) {
  EXPECT_EQ(parse_json_path("$.['a', 'b']", {}).text, "$.['a', 'b']");
}

TEST(JsonPath, RefusesWhatItDoesNotUnderstand) {
  for (const std::string text : {"",
                                 "a",
                                 "users[*].email",
                                 "$a",
                                 "$.",
                                 "$..",
                                 "$...a",
                                 "$.a.",
                                 "$.a]",
                                 "$.a[b]",
                                 "$['a',]",
                                 "$['a' 'b']",
                                 "$['a",
                                 "$['a'",
                                 "$[",
                                 "$[]",
                                 "$['a\\n']",
                                 "$['\\",
                                 "$.a b",
                                 "$ .a",
                                 "$.a*",
                                 "$.'a'",
                                 "$[*",
                                 "$[*,'a']",
                                 "$.@",
                                 "$.a:b",
                                 "$[0,]",
                                 "$[0,'a']",
                                 "$[1x]",
                                 "$[-]",
                                 "$[99999999999]",
                                 "$[?@.a]",
                                 "$[?(@.a]",
                                 "$[?()]",
                                 "$[?(@.a ==)]",
                                 "$[?(@.a == x)]",
                                 "$[?(@.a =~ x)]",
                                 "$[?(@.a =~ /x)]",
                                 "$[?(@.a =~ /(/)]",
                                 "$[?('a' == @.a)]",
                                 "$[?(@.a &&)]",
                                 "$[?(@.a && @.b)"}) {
    EXPECT_THROW((void)parse_json_path(text, {}), ConfigError) << text;
  }
}

TEST(JsonPath, BoundsConditionsInsideOneAnother) {
  const auto nested = [](int depth) {
    return "$[?" + std::string(static_cast<std::size_t>(depth), '(') + "@.a" +
           std::string(static_cast<std::size_t>(depth), ')') + "]";
  };
  EXPECT_NO_THROW((void)parse_json_path(nested(10), {}));
  EXPECT_THROW((void)parse_json_path(nested(100'000), {}), ConfigError);
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
  for (const std::string text : {"$.a.length()", "$[(@.x)]", "$.a[1:3:2]", "$[?(@.a > 1)]",
                                 "$[?(@.a =~ /x/u)]", "$[?(@.length() == 1)]", "$[?(@.* == 1)]"}) {
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
