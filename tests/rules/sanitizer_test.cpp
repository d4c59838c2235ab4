#include "rules/sanitizer.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "rules/compiler.hpp"
#include "rules/limits.hpp"
#include "rules/rule_reader.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

const TokenCodec& codec() { return *test::known_codec(); }

const std::string kListed = R"(
endpoints:
  - pathTemplate: /a
    responseSchema:
      type: object
      properties:
        a: {type: string}
        b: {type: boolean}
        i: {type: integer}
        n: {type: number}
        u: {}
        list: {type: array, items: {type: string}}
        o: {type: object, properties: {a: {type: string}}}
    transforms:
      - !<pseudonymize>
        jsonPaths: ["$.o.a"]
)";

const std::string kOpen = R"(
endpoints:
  - pathTemplate: /a
    transforms:
      - !<pseudonymize>
        jsonPaths: ["$..email"]
      - !<redact>
        jsonPaths: ["$.gone[*]", "$..secret"]
)";

struct Outcome {
  std::string out;
  BodyFault fault = BodyFault::none;
};

Outcome sanitize(const std::string& yaml, std::string_view body,
                 EgressGuard guard = EgressGuard::redact) {
  const RuleSet rules = read_rules(yaml, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, codec(), guard);
  Outcome outcome;
  if (sanitizer.feed(body, outcome.out)) static_cast<void>(sanitizer.finish(outcome.out));
  outcome.fault = sanitizer.fault();
  return outcome;
}

TEST(Sanitizer, DropsWhatIsNotListed) {
  EXPECT_EQ(sanitize(kListed, R"({"x":1,"a":"k","y":{"a":"z"},"o":{"q":[1,"]"]},"z":[]})").out,
            R"({"a":"k","o":{}})");
  EXPECT_EQ(sanitize(kListed, R"({"A":"k","+a":"k","a ":"k"})").out, "{}");
}

TEST(Sanitizer, ComparesKeysUnescapedAndKeepsTheirSpelling) {
  EXPECT_EQ(sanitize(kListed, R"({"\u0061":"k\u002f\ud800","\u0062 ":true})").out,
            R"({"\u0061":"k\u002f\ud800"})");
}

TEST(Sanitizer, NullsWhatHasAnotherType) {
  EXPECT_EQ(sanitize(kListed, R"({"a":1,"b":"t","i":"1","n":true,"u":{},"list":{},"o":[]})").out,
            R"({"a":null,"b":null,"i":null,"n":null,"u":null,"list":null,"o":null})");
  EXPECT_EQ(sanitize(kListed, R"({"a":null,"b":null,"i":null,"u":null,"o":null})").out,
            R"({"a":null,"b":false,"i":null,"u":null,"o":null})");
  EXPECT_EQ(sanitize(kListed, R"({"list":["a",null,1,[],{},"b"]})").out, R"({"list":["a","b"]})");
}

TEST(Sanitizer, KeepsNumbersAsSpelledAndTruncatesUnderInteger) {
  EXPECT_EQ(sanitize(kListed, R"({"n":1.10,"u":1E400,"i":-12.9})").out,
            R"({"n":1.10,"u":1E400,"i":-12})");
}

TEST(Sanitizer, StripsBlanksAndWritesOneDocumentALine) {
  EXPECT_EQ(sanitize(kListed, " { \"a\" :\n\"x\" ,\t\"i\": 1 }\r\n{\"a\":\"y\"}{ }  ").out,
            "{\"a\":\"x\",\"i\":1}\n{\"a\":\"y\"}\n{}");
  EXPECT_EQ(sanitize(kListed, "").out, "");
  EXPECT_EQ(sanitize(kListed, " \n ").out, "");
  EXPECT_EQ(sanitize(kListed, "\xEF\xBB\xBF{\"a\":\"x\"}").out, "{\"a\":\"x\"}");
}

TEST(Sanitizer, SanitizesEveryOccurrenceOfADuplicateKey) {
  const std::string out = sanitize(kListed, R"({"o":{"a":"one","a":"two"}})").out;
  EXPECT_EQ(out.find("one"), std::string::npos);
  EXPECT_EQ(out.find("two"), std::string::npos);
  EXPECT_EQ(out.find("\"a\":\"t~"), out.rfind("\"a\":\"t~") - 52) << out;
}

TEST(Sanitizer, WithoutASchemaTouchesOnlyWhatPathsName) {
  EXPECT_EQ(sanitize(kOpen, R"([{"k":null,"secret":{"email":"a@b.io"}},null,{"gone":[1]}])").out,
            R"([{"k":null},null,{"gone":[1]}])");
  EXPECT_EQ(sanitize(kOpen, R"({"gone":[1,{"a":2}],"k":1.0,"secret":7})").out,
            R"({"gone":[],"k":1.0})");
  EXPECT_EQ(sanitize(kOpen, R"({"a":1,"email":true,"b":{"email":{"email":"x"}},"email":[]})").out,
            R"({"a":1,"b":{}})")
      << "a value that cannot be pseudonymized is removed";
  EXPECT_EQ(sanitize(kOpen, R"({"email":"","e":[{"email":null}]})").out,
            R"({"email":null,"e":[{"email":null}]})");
}

TEST(EgressGuard, NullsKeptStringsThatHoldAnAddress) {
  const std::string body = R"({"a":"write to ann@corp.test.","u":"ann\u0040corp.test",)"
                           R"("list":["x","<ann@corp.test>","@"]})";
  EXPECT_EQ(sanitize(kListed, body).out, R"({"a":null,"u":null,"list":["x",null,"@"]})");
  EXPECT_EQ(sanitize(kListed, body, EgressGuard::log).out, body);
  EXPECT_EQ(sanitize(kListed, body, EgressGuard::off).out, body);
}

TEST(EgressGuard, ReportsThePlaceAndNeverTheValue) {
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  for (const EgressGuard guard : {EgressGuard::redact, EgressGuard::log}) {
    Sanitizer sanitizer(program, codec(), guard);
    std::string out;
    ASSERT_TRUE(sanitizer.feed(R"({"list":["a@b.io","c@d.io"],"o":{"a":"e@f.io"}})", out));
    ASSERT_EQ(sanitizer.guard_hits().size(), 1U);
    const auto [state, hits] = *sanitizer.guard_hits().begin();
    EXPECT_EQ(program.states[state].place, "$.list[]");
    EXPECT_EQ(hits, 2U);
  }
}

TEST(Sanitizer, RefusesATopLevelThatDoesNotFitTheSchema) {
  for (const char* body : {"[]", "null", "1", "\"a\"", "true", "{}[]", "null {}"}) {
    EXPECT_EQ(sanitize(kListed, body).fault, BodyFault::top_level) << body;
  }
}

TEST(Sanitizer, RefusesWhatIsNotUtf8) {
  for (const char* body :
       {"{\"a\":\"\xff\"}", "{\"zz\":\"\xc0\xaf\"}", "\xff\xfe", "\xEF\xBB{}", "\xEF"}) {
    EXPECT_EQ(sanitize(kListed, body).fault, BodyFault::encoding);
  }
}

TEST(Sanitizer, ACutCharacterIsACutBody) {
  EXPECT_EQ(sanitize(kListed, "{\"a\":\"\xc3").fault, BodyFault::syntax);
}

TEST(Sanitizer, StaysDeadAfterAFault) {
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, codec());
  std::string out;
  EXPECT_FALSE(sanitizer.feed("{]", out));
  const std::string before = out;
  EXPECT_FALSE(sanitizer.feed("{\"a\":\"k\"}", out));
  EXPECT_FALSE(sanitizer.finish(out));
  EXPECT_EQ(out, before);
}

TEST(Sanitizer, CountsWhatBecameOfValues) {
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, codec());
  std::string out;
  ASSERT_TRUE(sanitizer.feed(R"({"x":{"y":1},"z":2,"a":7,"o":{"a":"id","q":""}})", out));
  ASSERT_TRUE(sanitizer.finish(out));
  EXPECT_EQ(sanitizer.counts().dropped, 3U);
  EXPECT_EQ(sanitizer.counts().nulled, 1U);
  EXPECT_EQ(sanitizer.counts().pseudonymized, 1U);
}

TEST(Sanitizer, GivesTheSameForEveryCutOfAnAwkwardBody) {
  const std::string body =
      "\xEF\xBB\xBF {\"a\" : \"x\\u00e9\\\\\\\"\u20ac\", \"zz\":{\"k\":\"\\\"]}\",\"l\":[[],{}]},\n"
      "\"i\":-12.5e1 ,\"list\":[ \"p\" , null,\"q\"],\"\\u006f\":{\"a\":\"z\\u0061\"},\"b\":null}"
      "\n{\"b\":true} {\"n\":1.50}";
  const std::string whole = sanitize(kListed, body).out;
  ASSERT_FALSE(whole.empty());
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  for (std::size_t first = 0; first <= body.size(); ++first) {
    for (std::size_t second = first; second <= body.size(); ++second) {
      Sanitizer sanitizer(program, codec());
      std::string out;
      ASSERT_TRUE(sanitizer.feed(std::string(body, 0, first), out));
      ASSERT_TRUE(sanitizer.feed(std::string(body, first, second - first), out));
      ASSERT_TRUE(sanitizer.feed(std::string(body, second), out));
      ASSERT_TRUE(sanitizer.finish(out));
      ASSERT_EQ(out, whole) << first << ' ' << second;
    }
  }
}

}  // namespace
}  // namespace zoom_proxy
