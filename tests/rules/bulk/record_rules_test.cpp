// Record rules: what they say, and what each transform does to a value.

#include <gtest/gtest.h>

#include "tests/rules/bulk/made_by_bulk.hpp"
#include "tests/rules/sanitized.hpp"

namespace zoom_proxy {
namespace {

using test::bulk_rules_error;
using test::made_by;
using test::text_by;
using test::token_of;

/// What `- TRANSFORM` makes of {"v": VALUE}: the new value.
std::string value_by(const std::string& transform, const std::string& value) {
  const std::string made = text_by("transforms:\n  - " + transform + "\n", "{\"v\":" + value + "}");
  if (!made.starts_with("{\"v\":") || !made.ends_with("}\n")) return made;
  return made.substr(5, made.size() - 7);
}

TEST(RecordRules, RedactMakesNullOfAnything) {
  for (const std::string value : {R"("x")", "1", "1.5", "true", "null", "[1,2]", R"({"a":1})"}) {
    EXPECT_EQ(value_by("redact: $.v", value), "null") << value;
  }
  EXPECT_EQ(value_by("redact: $.v[*].a", R"([{"a":1,"b":2},{"b":3}])"),
            R"([{"a":null,"b":2},{"b":3}])");
  EXPECT_EQ(value_by("redact: $.w", "1"), "1");
}

TEST(RecordRules, PseudonymizeGivesATokenOrNull) {
  EXPECT_EQ(value_by("pseudonymize: $.v", R"("x")"), '"' + token_of("x") + '"');
  EXPECT_EQ(value_by("pseudonymize: $.v", "12"), '"' + token_of("12", false, false) + '"');
  EXPECT_EQ(value_by("pseudonymize: $.v", "-0"), '"' + token_of("0", false, false) + '"');
  EXPECT_EQ(value_by("pseudonymize: $.v", "null"), "null");
  EXPECT_EQ(value_by("pseudonymize: $.v", R"("")"), R"("")");
  EXPECT_EQ(value_by("pseudonymize: $.v", R"(" \t ")"), R"(" \t ")");
  for (const std::string value : {"1.5", "1e3", "true", "[\"a\"]", R"({"a":1})"}) {
    EXPECT_EQ(value_by("pseudonymize: $.v", value), "null") << value;
  }
  EXPECT_EQ(value_by("pseudonymize: '$.v[*]'", R"(["a",1,true])"),
            "[\"" + token_of("a") + "\",\"" + token_of("1", false, false) + "\",null]");
}

TEST(RecordRules, TokenizeIsReversible) {
  EXPECT_EQ(value_by("tokenize: $.v", R"("x")"), '"' + token_of("x", true) + '"');
  EXPECT_EQ(value_by("tokenize: $.v", "7"), '"' + token_of("7", true, false) + '"');
  EXPECT_EQ(value_by("tokenize: $.v", "[]"), "null");
}

TEST(RecordRules, AnAddressHasThePseudonymThatApiRulesGiveIt) {
  const std::string body = R"({"v":"Ann <Ann+x@corp.test>"})";
  const std::string by_api = test::sanitized(
      "endpoints: [{pathTemplate: /a, transforms: [!<pseudonymize> {jsonPaths: [$.v]}]}]",
      *test::known_codec(), body);
  EXPECT_EQ(by_api, R"({"v":")" + token_of("ann@corp.test") + R"("})");
  EXPECT_EQ(text_by("transforms: [pseudonymize: $.v]", body), by_api + "\n");
}

TEST(RecordRules, DigestsTexts) {
  const std::string by_api = test::sanitized(
      "endpoints: [{pathTemplate: /a, transforms: [!<textDigest> {jsonPaths: [$.v], keywords: "
      "[Alpha]}]}]",
      *test::known_codec(), R"({"v":"alpha beta"})");
  EXPECT_EQ(text_by("transforms: [textDigestKeywords: {jsonPaths: $.v, keywords: [Alpha]}]",
                    R"({"v":"alpha beta"})"),
            by_api + "\n");
  EXPECT_NE(value_by("textDigest: $.v", R"("alpha beta")").find("length"), std::string::npos);
  EXPECT_EQ(value_by("textDigest: $.v", "5"), "null");
}

TEST(RecordRules, TransformsAreAppliedInOrderToEachOfTheirPaths) {
  EXPECT_EQ(
      text_by("transforms: [{pseudonymize: [$.a, $.b]}, {redact: $.b}]", R"({"a":"x","b":2})"),
      R"({"a":")" + token_of("x") + "\",\"b\":null}\n");
  EXPECT_EQ(value_by("pseudonymize: $.v\n  - tokenize: $.v", R"("x")"),
            '"' + token_of(token_of("x"), true) + '"');
}

TEST(RecordRules, ASchemaFilterComesBehindTheTransforms) {
  const std::string yaml = R"(
transforms:
  - pseudonymize: $.id
  - redact: $.text
outputSchemaFilter:
  type: object
  properties:
    id: {type: string}
    text: {type: string}
    owner: {$ref: '#/definitions/User'}
  definitions:
    User: {type: object, properties: {mail: {type: string}}}
)";
  // The id is a text only once it has its pseudonym.
  EXPECT_EQ(text_by(yaml, R"({"id":5,"text":"x","more":1,"owner":{"mail":"m","name":"n"}})"),
            R"({"id":")" + token_of("5", false, false) +
                "\",\"text\":null,\"owner\":{\"mail\":\"m\"}}\n");
}

TEST(RecordRules, TheGuardLooksAtWhatIsKeptAndNotAtPseudonyms) {
  const std::string schema =
      "\noutputSchemaFilter: {type: object, properties: {a: {type: string}, b: {type: string}}}";
  const std::string record = R"({"a":"ann@corp.test","b":"of bob@corp.test"})";
  for (const std::string& yaml : {std::string("transforms: [pseudonymize: $.a]"),
                                  "transforms: [pseudonymize: $.a]" + schema}) {
    const auto made = made_by(yaml, record);
    EXPECT_EQ(made.text, R"({"a":")" + token_of("ann@corp.test") + "\",\"b\":null}\n");
    EXPECT_EQ(made.counts.addresses, (std::map<std::string, std::uint64_t>{{"$.*", 1}}));
    EXPECT_EQ(text_by(yaml, record, {.guard = EgressGuard::log}),
              R"({"a":")" + token_of("ann@corp.test") + "\",\"b\":\"of bob@corp.test\"}\n");
  }
}

TEST(RecordRules, TheGuardLooksAtNamesThatNoRuleLists) {
  const std::string yaml = "transforms: [pseudonymize: $.email]";
  const std::string record = R"({"email":"a@b.de","by":{"bob@corp.example":1}})";
  const std::string token = R"({"email":")" + token_of("a@b.de") + R"(","by":{)";
  const auto made = made_by(yaml, record + "\n" + record);
  EXPECT_EQ(made.text, token + "}}\n" + token + "}}\n");
  ASSERT_EQ(made.counts.addresses.size(), 1U);
  EXPECT_EQ(made.counts.addresses.begin()->second, 2U);
  EXPECT_EQ(made_by("format: JSON_ARRAY\n" + yaml, "[" + record + "]").text, "[" + token + "}}]");
  const auto logged = made_by(yaml, record, {.guard = EgressGuard::log});
  EXPECT_EQ(logged.text, token + "\"bob@corp.example\":1}}\n");
  EXPECT_EQ(logged.counts.addresses.size(), 1U);
  EXPECT_TRUE(made_by(yaml, record, {.guard = EgressGuard::off}).counts.addresses.empty());
}

TEST(RecordRules, CountsWhatBecameOfValues) {
  const auto made = made_by(
      "transforms: [{pseudonymize: [$.a, $.b]}, {redact: $.c}, {textDigest: $.d}]\n"
      "outputSchemaFilter: {type: object, properties: {a: {type: string}, d: {type: string}}}",
      "{\"a\":\"x\",\"b\":\"y\",\"c\":1,\"d\":\"t\"}\n{\"a\":null,\"c\":null}\n");
  EXPECT_EQ(made.counts.rows, 2U);
  EXPECT_EQ(made.counts.changed,
            (std::map<std::string, std::uint64_t>{
                {"pseudonymized", 2}, {"digested", 1}, {"dropped", 3}, {"null", 2}}));
}

TEST(RecordRules, TokenizeNeedsAKey) {
  PseudonymOptions options;
  options.salt = "salt";
  const auto codec = std::make_shared<const TokenCodec>(options);
  EXPECT_NE(bulk_rules_error("transforms:\n  - tokenize: $.a", codec).find("encryption key"),
            std::string::npos);
  EXPECT_NE(bulk_rules_error("fileRules: {a: {transforms: [tokenize: $.a]}}", codec)
                .find("rules.yaml:1:30: the rules ask for reversible pseudonyms"),
            std::string::npos)
      << bulk_rules_error("fileRules: {a: {transforms: [tokenize: $.a]}}", codec);
  EXPECT_EQ(bulk_rules_error("transforms:\n  - pseudonymize: $.a", codec), "");
}

TEST(RecordRules, WhatIsNotUnderstoodIsAnErrorWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"format: PARQUET", "PARQUET is not supported"},
      {"format: ndjson", "is none of: NDJSON, CSV, JSON_ARRAY, AUTO"},
      {"transforms: [hash: $.a]", "hash"},
      {"transforms: [{redact: $.a, pseudonymize: $.b}]", "one key"},
      {"transforms: [{}]", "one key"},
      {"transforms: [redact: []]", "without paths"},
      {"transforms: [redact: a]", "must begin with `$`"},
      {"transforms: [redact: $]", "as a whole"},
      {"transforms: [redact: '$[?(@.a == 1)]']", "as a whole"},
      {"transforms: [redact: {jsonPaths: $.a}]", "list"},
      {"transforms: [textDigestKeywords: $.a]", "map"},
      {"transforms: [textDigestKeywords: {jsonPaths: $.a}]", "keywords"},
      {"transforms: [textDigestKeywords: {jsonPaths: $.a, keywords: []}]", "textDigest"},
      {"transforms: {redact: $.a}", "list"},
      {"outputSchemaFilter: {properties: {}}", "add `type: object`"},
      {"outputSchemaFilter: {type: array}", "add `type: object`"},
      {"outputSchemaFilter: {$ref: '#/definitions/A'}", "no such definition"},
      {"outputSchemaFilter: {type: object, minimum: 1}", "minimum"},
      {"format: CSV\ndelimiter: ';'", "delimiter"},
  };
  for (const auto& [yaml, part] : cases) {
    const std::string error = bulk_rules_error(yaml);
    EXPECT_NE(error.find(part), std::string::npos) << yaml << " -> " << error;
    EXPECT_TRUE(error.starts_with("rules.yaml:")) << error;
  }
}

}  // namespace
}  // namespace zoom_proxy
