// Response schemas with anyOf, const and if: which of several schemas a value is kept by.

#include "rules/choice.hpp"

#include <gtest/gtest.h>

#include "rules/compiler.hpp"
#include "rules/limits.hpp"
#include "rules/rule_reader.hpp"
#include "rules/sanitizer.hpp"
#include "tests/rules/known_codec.hpp"
#include "tests/rules/sanitized.hpp"

namespace zoom_proxy {
namespace {

/// What a response schema (YAML flow text, its references to `definitions`) and transforms make of
/// a body, however it is cut.
std::string kept(const std::string& schema, const std::string& body,
                 const std::string& transforms = "", const std::string& definitions = "{}") {
  return test::sanitized("definitions: " + definitions +
                             "\nendpoints:\n  - pathTemplate: /a\n    responseSchema: " + schema +
                             "\n    transforms: [" + transforms + "]\n",
                         *test::known_codec(), body);
}

/// An object whose kind is this, and that has this one further member.
std::string of_kind(const std::string& kind, const std::string& member) {
  return "{type: object, properties: {kind: {type: string, const: " + kind + "}, " + member +
         ": {type: string}}}";
}

const std::string kList =
    "{type: array, items: {anyOf: [" + of_kind("a", "x") + ", " + of_kind("b", "y") + "]}}";

TEST(AnyOf, TakesTheFirstWhoseConstantsFit) {
  EXPECT_EQ(kept(kList, R"([{"x":"1","y":"2","kind":"a"},{"kind":"b","x":"3","y":"4","z":"5"}])"),
            R"([{"x":"1","kind":""},{"kind":"","y":"4"}])");
  EXPECT_EQ(kept(kList, R"([{"x":"1","kind":"\u0061"}])"), R"([{"x":"1","kind":""}])");
}

TEST(AnyOf, IsNullWhereNothingFits) {
  EXPECT_EQ(kept(kList, R"([{"kind":"c","x":"1","y":"2"},{"kind":7,"x":"1"},{"kind":null}])"),
            "[]");
  EXPECT_EQ(kept("{type: object, properties: {p: {anyOf: [" + of_kind("a", "x") + "]}}}",
                 R"({"p":{"kind":"b","x":"1"}})"),
            R"({"p":null})");
  EXPECT_EQ(kept("{anyOf: [" + of_kind("a", "x") + "]}", R"({"kind":"b"})"), "refused: top-level");
}

TEST(AnyOf, AMemberThatIsNotThereContradictsNothing) {
  EXPECT_EQ(kept(kList, R"([{"x":"1","y":"2"}])"), R"([{"x":"1"}])");
}

TEST(AnyOf, WithoutConstantsTheFirstCounts) {
  EXPECT_EQ(kept("{type: object, properties: {p: {anyOf: [{type: integer}, {type: string}]}}}",
                 R"({"p":5} {"p":"x"})"),
            "{\"p\":5}\n{\"p\":null}");
  EXPECT_EQ(kept("{anyOf: [" + of_kind("a", "x") + ", {type: object, properties: {y: {}}}, " +
                     of_kind("b", "z") + "]}",
                 R"({"kind":"b","x":1,"y":2,"z":"3"})"),
            R"({"y":2})");
}

TEST(AnyOf, ManyAlternativesNeedFewStates) {
  std::string schema = "{type: array, items: {anyOf: [";
  for (int i = 0; i < 50; ++i) schema += of_kind("k" + std::to_string(i), "x") + ", ";
  EXPECT_EQ(kept(schema + "]}}", R"([{"kind":"k49","x":"1"},{"kind":"k50","x":"2"}])"),
            R"([{"kind":"","x":"1"}])");
}

TEST(AnyOf, NestsInProportion) {
  std::string schema = "{type: string}";
  for (int i = 0; i < 8; ++i) {
    const auto one = [&](const std::string& kind) {
      return "{type: object, properties: {kind: {type: string, const: " + kind +
             "}, in: " + schema + "}}";
    };
    schema = "{anyOf: [" + one("a") + ", " + one("b") + "]}";
  }
  const RuleSet rules =
      read_rules("endpoints: [{pathTemplate: /a, responseSchema: " + schema + "}]", "test.yaml");
  EXPECT_LT(compile(rules, rules.endpoints.front()).states.size(), 4000U);
}

TEST(Const, AnotherValueNullsTheObjectsAroundIt) {
  const std::string inner = "{type: object, properties: {in: " + of_kind("a", "x") + ", n: {}}}";
  const std::string schema =
      "{type: object, properties: {p: " + inner + ", l: {type: array, items: " + inner + "}}}";
  EXPECT_EQ(kept(schema, R"({"p":{"n":1,"in":{"kind":"a","x":"1"}}})"),
            R"({"p":{"n":1,"in":{"kind":"","x":"1"}}})");
  EXPECT_EQ(kept(schema, R"({"l":[{"n":1,"in":{"kind":"b","x":"1"}},{"n":2}]})"),
            R"({"l":[{"n":2}]})")
      << "an array's elements answer for themselves";
  EXPECT_EQ(kept(schema, R"({"p":{"n":1,"in":{"x":"1","kind":"b"}}})"), "refused: top-level")
      << "up to the whole document";
}

TEST(Const, EveryOccurrenceOfAMemberCounts) {
  EXPECT_EQ(kept(kList, R"([{"kind":"b","kind":"a","x":"1","y":"2"}])"), "[]");
}

TEST(Const, GoesWithAnyNestingOfDefinitions) {
  const std::string definitions =
      "{N: {type: object, properties: {kind: {$ref: '#/definitions/A'}, x: {}, "
      "in: {$ref: '#/definitions/N'}, list: {type: array, items: {$ref: '#/definitions/N'}}}}, "
      "A: {type: string, const: a}}";
  const std::string schema = "{anyOf: [{$ref: '#/definitions/N'}, {type: object, properties: {}}]}";
  EXPECT_EQ(kept(schema, R"({"kind":"a","in":{"in":{"kind":"a","x":1}},"list":[{"kind":"q"}]})", "",
                 definitions),
            R"({"kind":"","in":{"in":{"kind":"","x":1}},"list":[]})");
  EXPECT_EQ(kept(schema, R"({"kind":"a","in":{"in":{"kind":"b","x":1}}})", "", definitions), "{}");
}

/// So many objects, one inside the other, each of which must be held.
std::string nested(std::size_t levels, const std::string& innermost) {
  std::string body = innermost;
  for (std::size_t i = 0; i < levels; ++i) body = R"({"in":)" + body + R"(,"kind":"a","x":1})";
  return body;
}

Program nested_program() {
  static const RuleSet rules = read_rules(
      "definitions: {N: {anyOf: [{type: object, properties: {kind: {type: string, const: a}, in: "
      "{$ref: '#/definitions/N'}}}]}}\n"
      "endpoints: [{pathTemplate: /a, responseSchema: {$ref: '#/definitions/N'}}]",
      "test.yaml");
  return compile(rules, rules.endpoints.front());
}

TEST(SchemaChoice, HeldValuesCountTogether) {
  const Program program = nested_program();
  const std::string pad = R"({"pad":[")" + std::string(1'000'000, 'x') + R"("]})";
  const auto fault = [&](std::size_t levels) {
    Sanitizer sanitizer(program, *test::known_codec());
    std::string out;
    if (sanitizer.feed(nested(levels, pad), out)) (void)sanitizer.finish(out);
    return sanitizer.fault();
  };
  EXPECT_EQ(fault(10), BodyFault::none);
  EXPECT_EQ(fault(20), BodyFault::limit);
}

TEST(SchemaChoice, GoesAsDeepAsJsonMay) {
  const Program program = nested_program();
  const std::string body = nested(limits::kJsonDepth, "null");
  std::string expected = "null";
  for (std::size_t i = 0; i < limits::kJsonDepth; ++i) {
    expected = R"({"in":)" + expected + R"(,"kind":""})";
  }
  Sanitizer sanitizer(program, *test::known_codec());
  std::string out;
  ASSERT_TRUE(sanitizer.feed(body, out) && sanitizer.finish(out)) << to_string(sanitizer.fault());
  EXPECT_EQ(out, expected);
}

TEST(If, ChoosesByOneConstant) {
  const std::string schema =
      "{type: array, items: {if: {properties: {kind: {const: a}}}, "
      "then: {properties: {x: {}, kind: {type: string}}}, else: {type: object, properties: "
      "{y: {}}}}}";
  EXPECT_EQ(kept(schema, R"([{"x":1,"y":2,"kind":"a"},{"x":1,"kind":"b","y":2},{"x":1,"y":2}])"),
            R"([{"x":1,"kind":"a"},{"y":2},{"x":1}])");
}

TEST(If, WithoutElseNothingIsLeftOfTheOthers) {
  const std::string schema =
      "{type: object, properties: {l: {type: array, items: {type: object, properties: {p: "
      "{if: {properties: {kind: {const: a}}}, then: {properties: {x: {}}}}, n: {}}}}}}";
  EXPECT_EQ(
      kept(schema, R"({"l":[{"n":1,"p":{"kind":"a","x":1}},{"n":2,"p":{"kind":"b","x":1}}]})"),
      R"({"l":[{"n":1,"p":{"x":1}}]})");
}

TEST(If, ChainsBehindElse) {
  const std::string schema =
      "{anyOf: [{if: {properties: {kind: {const: a}}}, then: {properties: {x: {}}}, else: "
      "{if: {properties: {kind: {const: b}}}, then: {properties: {y: {}}}}}, "
      "{type: object, properties: {z: {}}}]}";
  EXPECT_EQ(kept(schema, R"({"kind":"a","x":1,"y":2,"z":3} {"kind":"b","x":1,"y":2,"z":3})"),
            "{\"x\":1}\n{\"y\":2}");
  EXPECT_EQ(kept(schema, R"({"kind":"c","x":1,"y":2,"z":3})"), R"({"z":3})");
}

TEST(SchemaChoice, TransformsSeeWhatItLeft) {
  EXPECT_EQ(kept(kList, R"([{"kind":"a","x":"1","y":"2"},{"kind":"b","x":"1","y":"2"}])",
                 "!<redact> {jsonPaths: ['$[*].x', '$[?(@.y)].kind']}"),
            R"([{"kind":""},{"y":"2"}])");
  EXPECT_EQ(kept(kList, R"([{"kind":"c"},{"kind":"a","x":"1"},{"kind":"a","x":"2"}])",
                 "!<redact> {jsonPaths: ['$[0]']}"),
            R"([{"kind":"","x":"2"}])")
      << "places count what the schema left";
  EXPECT_EQ(kept(kList, R"([{"kind":"a","x":"1"}])", "!<textDigest> {jsonPaths: ['$..kind']}"),
            R"([{"kind":"{\"length\":0,\"word_count\":0}","x":"1"}])");
}

TEST(SchemaChoice, HoldsNoMoreThanItsLimit) {
  const std::string value = "[{\"kind\":\"a\",\"pad\":\"" + std::string(1000, 'x') + "\",\"l\":[";
  std::string body = value;
  while (body.size() < limits::kLookAheadBytes) body += "1000000000,";
  const RuleSet rules =
      read_rules("endpoints: [{pathTemplate: /a, responseSchema: " + kList + "}]", "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, *test::known_codec());
  std::string out;
  EXPECT_FALSE(sanitizer.feed(body + "1]}]", out));
  EXPECT_EQ(sanitizer.fault(), BodyFault::limit);
}

TEST(SchemaChoice, ShowsInTheDump) {
  const RuleSet rules =
      read_rules("endpoints: [{pathTemplate: /a, responseSchema: " + kList + "}]", "test.yaml");
  EXPECT_EQ(compile(rules, rules.endpoints.front()).dump(),
            "1: array [*]=2\n"
            "2: scalar choice=4/6/7\n"
            "3: object .kind=8\n"
            "4: object .kind=9 .x=10\n"
            "5: object .kind=11\n"
            "6: object .kind=12 .y=13\n"
            "7: null\n"
            "8: constant\n"
            "9: constant\n"
            "10: string\n"
            "11: constant\n"
            "12: constant\n"
            "13: string\n"
            "14: anything .kind=14\n");
}

}  // namespace
}  // namespace zoom_proxy
