#include "rules/look_ahead.hpp"

#include <gtest/gtest.h>

#include "rules/compiler.hpp"
#include "rules/limits.hpp"
#include "rules/rule_reader.hpp"
#include "rules/sanitizer.hpp"
#include "tests/rules/sanitized.hpp"

namespace zoom_proxy {
namespace {

/// The condition of the path `$[?(TEXT)]`.
bool holds(const std::string& condition, const std::string& json) {
  const JsonPath path = parse_json_path("$[?(" + condition + ")]", {});
  return meets(*path.steps.at(0).filter, parse_node(json).value());
}

TEST(Filter, ComparesMembersWithLiterals) {
  const std::string json = R"({"a":"x","n":12,"s":"12","t":true,"z":null,"o":{"b":"y"}})";
  for (const char* yes :
       {"@.a == 'x'", "@.a", "@.z", "@.n == 12", "@.n == 12.0", "@.s == 12", "@.t == true",
        "@.z == null", "@.o.b == 'y'", "@.a != 'y'", "@.none != 'y'", "!(@.none)", "@.a =~ /X/i",
        "@.o.b =~ /[xy]/", "@.a == 'x' && @.n == 12", "@.a == 'q' || @.t == true"}) {
    EXPECT_TRUE(holds(yes, json)) << yes;
  }
  for (const char* no : {"@.a == 'y'", "@.none", "@.none == null", "@.n == 13", "@.t == false",
                         "@.a == null", "@.a =~ /X/", "@.a =~ /xx/", "@.o =~ /.*/", "!(@.a)",
                         "@.a == 'x' && @.n == 13", "@.a == 'q' || @.t == false"}) {
    EXPECT_FALSE(holds(no, json)) << no;
  }
  EXPECT_TRUE(holds("@ == 'x'", "\"x\""));
  EXPECT_FALSE(holds("@ == 'x'", "[\"x\"]"));
}

bool found(const std::string& path, const std::string& json) {
  return finds(parse_json_path(path, {}), parse_node(json).value());
}

TEST(Finds, FollowsEveryKindOfStep) {
  const std::string json = R"({"a":[{"t":"x"},{"t":"y","n":null}],"e":[],"d":{"f":{"g":1}}})";
  for (const char* yes : {"$", "$.a", "$.e", "$.a[*].t", "$..g", "$..['q','g']", "$.a[1].n",
                          "$.a[-1].n", "$.a[0:1].t", "$.a[?(@.t == 'y')]", "$..[?(@.g == 1)]"}) {
    EXPECT_TRUE(found(yes, json)) << yes;
  }
  for (const char* no : {"$.b", "$.e[*]", "$.a[2]", "$.a[0].n", "$.a[-3]", "$.a[?(@.t == 'z')]",
                         "$..h", "$.d.f.g.h"}) {
    EXPECT_FALSE(found(no, json)) << no;
  }
  EXPECT_FALSE(found("$.n", R"({"n":null})")) << "a definite path must find more than a null";
}

TEST(Picks, CountsFromBothEnds) {
  const auto picked = [](const std::string& path) {
    const JsonPathStep step = parse_json_path(path, {}).steps.at(0);
    std::string out;
    for (std::size_t i = 0; i < 4; ++i) out += picks(step, i, 4) ? 'x' : '.';
    return out;
  };
  EXPECT_EQ(picked("$[0]"), "x...");
  EXPECT_EQ(picked("$[0,2]"), "x.x.");
  EXPECT_EQ(picked("$[-1]"), "...x");
  EXPECT_EQ(picked("$[1:3]"), ".xx.");
  EXPECT_EQ(picked("$[2:]"), "..xx");
  EXPECT_EQ(picked("$[:-1]"), "xxx.");
  EXPECT_EQ(picked("$[-2:]"), "..xx");
  EXPECT_EQ(picked("$[9]"), "....");
}

/// What rules with these transforms (YAML flow text), and perhaps a schema, make of a body, however
/// it is cut.
std::string sanitized(const std::string& transforms, const std::string& body,
                      const std::string& schema = "") {
  PseudonymOptions options;
  options.salt = "salt";
  static const TokenCodec codec(options);
  return test::sanitized("endpoints:\n  - pathTemplate: /a\n" +
                             (schema.empty() ? "" : "    responseSchema: " + schema + "\n") +
                             "    transforms: [" + transforms + "]\n",
                         codec, body);
}

TEST(LookAhead, FiltersElementsOfAnArray) {
  const std::string redact = "!<redact> {jsonPaths: [\"$.list[?(@.k == 'x')].v\"]}";
  EXPECT_EQ(sanitized(redact, R"({"list":[{"v":1,"k":"x"},{"v":2},{"k":"y","v":[3]},5]})"),
            R"({"list":[{"k":"x"},{"v":2},{"k":"y","v":[3]},5]})");
  const std::string whole = "!<redact> {jsonPaths: [\"$.list[?(@.k == 'x')]\"]}";
  EXPECT_EQ(sanitized(whole, R"({"list":[{"v":1,"k":"x"},{"v":2},{"k":"x"}],"b":1})"),
            R"({"list":[{"v":2}],"b":1})");
  EXPECT_EQ(sanitized("!<redact> {jsonPaths: [\"$.list[?(@ == 'x')]\"]}",
                      R"({"list":["x","y",["x"],"x"]})"),
            R"({"list":["y",["x"]]})");
}

TEST(LookAhead, FiltersAnObjectItself) {
  const std::string redact = "!<redact> {jsonPaths: [\"$.o[?(@.k == 'x')].v\"]}";
  EXPECT_EQ(sanitized(redact, R"({"o":{"v":1,"k":"x"}} {"o":{"v":1,"k":"y"}})"),
            "{\"o\":{\"k\":\"x\"}}\n{\"o\":{\"v\":1,\"k\":\"y\"}}");
}

TEST(LookAhead, FiltersAtAnyDepthAndNested) {
  EXPECT_EQ(sanitized("!<redact> {jsonPaths: [\"$..[?(@.k == 'x')].v\"]}",
                      R"({"k":"x","v":1,"o":{"l":[{"k":"x","v":2},{"v":3}]}})"),
            R"({"k":"x","o":{"l":[{"k":"x"},{"v":3}]}})");
  EXPECT_EQ(sanitized("!<redact> {jsonPaths: [\"$.a[?(@.k)].b[?(@.q == 1)].v\"]}",
                      R"({"a":[{"k":1,"b":[{"q":1,"v":2},{"q":2,"v":3}]},{"b":[{"q":1,"v":4}]}]})"),
            R"({"a":[{"k":1,"b":[{"q":1},{"q":2,"v":3}]},{"b":[{"q":1,"v":4}]}]})");
}

TEST(LookAhead, JudgesWhatTheSchemaLetsStand) {
  const std::string schema =
      "{type: object, properties: {list: {type: array, items: {type: object, properties: "
      "{v: {type: integer}, k: {type: string}}}}}}";
  const std::string redact = "!<redact> {jsonPaths: [\"$.list[?(@.h || @.k == 'x')].v\"]}";
  EXPECT_EQ(
      sanitized(redact, R"({"list":[{"v":1,"h":1},{"v":2,"k":"x"},{"v":3,"k":["x"]}]})", schema),
      R"({"list":[{"v":1},{"k":"x"},{"v":3,"k":null}]})");
}

TEST(LookAhead, PicksElementsByTheirPlace) {
  const std::string body = R"({"l":[0,{"a":1},[2,2],"3"],"m":[]})";
  const auto redact = [](const std::string& path) {
    return "!<redact> {jsonPaths: [\"" + path + "\"]}";
  };
  EXPECT_EQ(sanitized(redact("$.l[0]"), body), R"({"l":[{"a":1},[2,2],"3"],"m":[]})");
  EXPECT_EQ(sanitized(redact("$.l[-1]"), body), R"({"l":[0,{"a":1},[2,2]],"m":[]})");
  EXPECT_EQ(sanitized(redact("$.l[1:3]"), body), R"({"l":[0,"3"],"m":[]})");
  EXPECT_EQ(sanitized(redact("$..[-1]"), body), R"({"l":[0,{"a":1},[2]],"m":[]})")
      << "the last of l is gone, and so is the last of the list inside";
}

TEST(LookAhead, CountsElementsThatTheSchemaLetsStand) {
  const std::string schema =
      "{type: object, properties: {l: {type: array, items: {type: string}}}}";
  for (const char* path : {"$.l[1]", "$.l[-1]", "$.l[1:]"}) {
    EXPECT_EQ(sanitized(std::string("!<redact> {jsonPaths: [\"") + path + "\"]}",
                        R"({"l":[1,"a",null,{"x":["y"]},"b",[]]})", schema),
              R"({"l":["a"]})")
        << path;
  }
}

TEST(LookAhead, PathsCountWhatThoseBeforeThemHaveLeft) {
  const std::string body = R"({"l":[0,1,2,3,4,5,6,7]})";
  const auto redact = [&](const std::string& paths) {
    return sanitized("!<redact> {jsonPaths: [" + paths + "]}", body);
  };
  EXPECT_EQ(redact(R"("$.l[0]", "$.l[0]")"), R"({"l":[2,3,4,5,6,7]})");
  EXPECT_EQ(redact(R"("$.l[0]", "$.l[0]", "$.l[2]")"), R"({"l":[2,3,5,6,7]})");
  EXPECT_EQ(redact(R"("$.l[1:3]", "$.l[1]")"), R"({"l":[0,4,5,6,7]})");
  EXPECT_EQ(redact(R"("$.l[-1]", "$.l[-1]")"), R"({"l":[0,1,2,3,4,5]})");
  EXPECT_EQ(redact(R"("$.l[6:]", "$.l[-1]", "$.l[-1]")"), R"({"l":[0,1,2,3]})");
  EXPECT_EQ(redact(R"("$.l[0,7]", "$.l[-6]")"), R"({"l":[2,3,4,5,6]})");
}

TEST(LookAhead, APathCountsWithoutWhatTheSchemaOrAnEarlierPathTookOut) {
  const std::string schema =
      "{type: object, properties: {l: {type: array, items: {type: string}}}}";
  EXPECT_EQ(sanitized(R"(!<redact> {jsonPaths: ["$.l[1]", "$.l[1]"]})",
                      R"({"l":[1,"a",null,"b","c",{},"d"]})", schema),
            R"({"l":["a","d"]})");
}

TEST(LookAhead, RefusesToCountBehindAFilterThatRemoves) {
  EXPECT_THROW(sanitized("!<redact> {jsonPaths: [\"$.l[?(@.a)]\", \"$.l[0].b\"]}", "{}"),
               ConfigError);
  EXPECT_EQ(sanitized("!<redact> {jsonPaths: [\"$.l[0].b\", \"$.l[?(@.a)]\"]}",
                      R"({"l":[{"b":1},{"a":1}]})"),
            R"({"l":[{}]})");
}

TEST(LookAhead, AppliesOnlyWhenThePathFindsSomething) {
  const std::string transform =
      "!<redact> {jsonPaths: [\"$.v\"], applyOnlyWhen: \"$.list[?(@.k == 'x')]\"}";
  EXPECT_EQ(
      sanitized(transform, R"({"v":1,"list":[{"k":"x"}]} {"v":1,"list":[{"k":"y"}]} {"v":1})"),
      "{\"list\":[{\"k\":\"x\"}]}\n{\"v\":1,\"list\":[{\"k\":\"y\"}]}\n{\"v\":1}");
}

TEST(LookAhead, IsBounded) {
  const std::string redact = "!<redact> {jsonPaths: [\"$.list[?(@.k)].v\"]}";
  const std::string huge = "{\"list\":[{\"k\":[" + std::string(100, ' ') + "1";
  std::string body = huge;
  while (body.size() < limits::kLookAheadBytes + 1000) body += ",\"" + std::string(900, 'x') + "\"";
  body += "]}]}";
  PseudonymOptions options;
  options.salt = "salt";
  const TokenCodec codec(options);
  const RuleSet rules = read_rules(
      "endpoints:\n  - pathTemplate: /a\n    transforms: [" + redact + "]\n", "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, codec);
  std::string out;
  EXPECT_FALSE(sanitizer.feed(body, out));
  EXPECT_EQ(sanitizer.fault(), BodyFault::limit);
}

TEST(LookAhead, RefusesTooManyQuestionsAtOnePlace) {
  std::string paths;
  for (int i = 0; i < 7; ++i) {
    paths += (paths.empty() ? "" : ", ") + std::string("\"$.list[?(@.k == ") + std::to_string(i) +
             ")].v\"";
  }
  EXPECT_THROW(sanitized("!<redact> {jsonPaths: [" + paths + "]}", "{}"), ConfigError);
}

}  // namespace
}  // namespace zoom_proxy
