#include "rules/canary.hpp"

#include <gtest/gtest.h>

#include <map>

namespace zoom_proxy {
namespace {

Engine engine(const std::string& rules, EgressGuard guard = EgressGuard::redact) {
  PseudonymOptions options;
  options.salt = "a salt of the canary tests, long enough";
  options.encryption_key = "a key of the canary tests";
  return {RulesText{rules, "test.yaml"}, std::make_shared<const TokenCodec>(options), guard};
}

/// Rules with one endpoint; `schema` and `transforms` are YAML flow text.
std::string rules(const std::string& schema, const std::string& transforms) {
  std::string text = "endpoints:\n  - pathTemplate: /v2/things\n";
  if (!schema.empty()) text += "    responseSchema: " + schema + "\n";
  return text + "    transforms: [" + transforms + "]\n";
}

const std::string kSchema =
    "{ type: object, properties: { name: { type: string }, count: { type: integer },"
    " things: { type: array, items: { type: object, properties: { email: { type: string },"
    " topic: { type: string }, open: { type: boolean }, id: {} } } } } }";
const std::string kTransforms =
    "!<pseudonymize> { jsonPaths: ['$.things[*].email', '$..id'] },"
    "!<redact> { jsonPaths: ['$.name'] }, !<textDigest> { jsonPaths: ['$..topic'] }";

std::map<std::string, Fate> fates(const CanaryReport& report) {
  std::map<std::string, Fate> fates;
  for (const CanaryReport::Field& field : report.fields) fates[field.place] = field.fate;
  return fates;
}

TEST(Canary, TellsWhatBecomesOfEachField) {
  const Engine flown = engine(rules(kSchema, kTransforms));
  const CanaryReport report = fly_canaries(flown, 0, flown.rules(), EgressGuard::redact);
  EXPECT_EQ(report.leaks, std::vector<std::string>());
  EXPECT_TRUE(report.has_schema);
  const std::map<std::string, Fate> expected = {{"$.name", Fate::removed},
                                                {"$.count", Fate::kept},
                                                {"$.things[].email", Fate::pseudonymized},
                                                {"$.things[].topic", Fate::digested},
                                                {"$.things[].open", Fate::kept},
                                                {"$.things[].id", Fate::pseudonymized}};
  EXPECT_EQ(fates(report), expected);
  EXPECT_EQ(report.count(Fate::pseudonymized), 2U);
}

/// The leaks when `flown` is judged by stricter rules than it was built from.
std::string leaks(const Engine& flown, const std::string& strict,
                  EgressGuard guard = EgressGuard::redact) {
  const Engine judge = engine(strict);
  std::string text;
  for (const std::string& leak : fly_canaries(flown, 0, judge.rules(), guard).leaks)
    text += leak + '\n';
  return text;
}

TEST(Canary, SeesAValueThatWasNotTransformed) {
  const Engine flown = engine(rules(kSchema, ""));
  const std::string text = leaks(flown, rules(kSchema, kTransforms));
  for (const char* place :
       {"$.name: ", "$.things[].email: ", "$.things[].topic: ", "$.things[].id: "})
    EXPECT_NE(text.find(std::string(place) + "a value that the rules transform"), std::string::npos)
        << place << text;
  EXPECT_EQ(text.find("$.count"), std::string::npos) << text;
}

TEST(Canary, SeesAFieldThatIsNotListed) {
  const Engine flown = engine(rules("", kTransforms));  // without a schema all is kept
  const std::string text = leaks(flown, rules(kSchema, kTransforms));
  EXPECT_NE(text.find("$.things[].unlisted_canary_field: a field that the rules do not list"),
            std::string::npos)
      << text;
}

TEST(Canary, SeesValuesOfWrongTypes) {
  const Engine flown = engine(rules("", kTransforms));
  const std::string text = leaks(flown, rules(kSchema, kTransforms));
  EXPECT_NE(text.find("$.count: a value of a type"), std::string::npos) << text;
  EXPECT_NE(text.find("$.things: a value of a type"), std::string::npos) << text;
  EXPECT_NE(text.find("$: an answer of a type"), std::string::npos) << text;
}

TEST(Canary, SeesAnAddressInAKeptText) {
  const std::string kept = rules("{ type: object, properties: { text: { type: string } } }", "");
  const Engine guarded = engine(kept);
  EXPECT_EQ(leaks(guarded, kept), "");
  const Engine unguarded = engine(kept, EgressGuard::off);
  EXPECT_EQ(leaks(unguarded, kept, EgressGuard::off), "");
  EXPECT_EQ(leaks(unguarded, kept), "$.text: an e-mail address comes out in a text that is kept\n");
}

const std::string kChoices =
    "{ type: array, items: { anyOf: ["
    "{ type: object, properties: { kind: { type: string, const: a }, x: { type: string } } },"
    "{ if: { properties: { kind: { const: b } } }, then: { properties: { y: { type: integer } } },"
    "  else: { if: { properties: { kind: { const: c } } }, then: { properties: { id: {} } },"
    "    else: { properties: { kind: { type: string }, z: { type: string } } } } } ] } }";

TEST(Canary, TakesEveryBranchOfASchema) {
  const Engine flown = engine(rules(kChoices, kTransforms));
  const CanaryReport report = fly_canaries(flown, 0, flown.rules(), EgressGuard::redact);
  EXPECT_EQ(report.leaks, std::vector<std::string>());
  const std::map<std::string, Fate> expected = {{"$[].x", Fate::kept},
                                                {"$[].y", Fate::kept},
                                                {"$[].id", Fate::pseudonymized},
                                                {"$[].kind", Fate::kept},
                                                {"$[].z", Fate::kept}};
  EXPECT_EQ(fates(report), expected);
}

TEST(Canary, SeesALeakInAnyBranch) {
  const Engine flown = engine(rules("", ""));
  const std::string text = leaks(flown, rules(kChoices, "!<redact> { jsonPaths: ['$[*].z'] }"));
  EXPECT_NE(text.find("$[].z: a value that the rules transform"), std::string::npos) << text;
  EXPECT_NE(text.find("$[].y: a value of a type"), std::string::npos) << text;
  EXPECT_NE(text.find("$[].unlisted_canary_field: a field"), std::string::npos) << text;
}

TEST(Canary, WithoutSchemaFollowsTheTransforms) {
  const Engine flown = engine(rules("", kTransforms));
  const CanaryReport report = fly_canaries(flown, 0, flown.rules(), EgressGuard::redact);
  EXPECT_EQ(report.leaks, std::vector<std::string>());
  EXPECT_FALSE(report.has_schema);
  const std::map<std::string, Fate> expected = {{"$.things[].email", Fate::pseudonymized},
                                                {"$.id", Fate::pseudonymized},
                                                {"$.name", Fate::removed},
                                                {"$.topic", Fate::digested}};
  EXPECT_EQ(fates(report), expected);
}

TEST(Canary, BuiltInRulesDoNotLeak) {
  PseudonymOptions options;
  options.salt = "a salt of the canary tests, long enough";
  options.encryption_key = "a key of the canary tests";
  const Engine zoom("zoom", std::make_shared<const TokenCodec>(options));
  for (std::size_t i = 0; i < zoom.rules().endpoints.size(); ++i) {
    const CanaryReport report = fly_canaries(zoom, i, zoom.rules(), EgressGuard::redact);
    EXPECT_EQ(report.leaks, std::vector<std::string>()) << zoom.rules().endpoints[i].name();
    EXPECT_GT(report.count(Fate::kept), 0U);
  }
}

}  // namespace
}  // namespace zoom_proxy
