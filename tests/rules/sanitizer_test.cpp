#include "rules/sanitizer.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "rules/compiler.hpp"
#include "rules/limits.hpp"
#include "rules/rule_reader.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

const TokenCodec& codec() { return *test::known_codec(); }

const std::string kFields =
    "type: object, properties: {a: {type: string}, b: {type: boolean}, i: {type: integer},"
    " n: {type: number}, u: {}, list: {type: array, items: {type: string}},"
    " o: {type: object, properties: {a: {type: string}}}}";

const std::string kListed = "endpoints:\n  - pathTemplate: /a\n    responseSchema: {" + kFields +
                            "}\n    transforms: [!<pseudonymize> {jsonPaths: [\"$.o.a\"]}]\n";

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

/// The same wherever the body is cut in two, and byte by byte.
std::string sanitize_cut(const std::string& yaml, const std::string& body, EgressGuard guard) {
  const RuleSet rules = read_rules(yaml, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  const auto run = [&](std::size_t first, std::size_t step) {
    Sanitizer sanitizer(program, codec(), guard);
    std::string out;
    EXPECT_TRUE(sanitizer.feed(body.substr(0, first), out));
    for (std::size_t at = first; at < body.size(); at += step) {
      EXPECT_TRUE(sanitizer.feed(std::string(body, at, step), out));
    }
    EXPECT_TRUE(sanitizer.finish(out));
    return out;
  };
  std::string whole = run(body.size(), 1);
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_EQ(run(cut, body.size()), whole) << "cut at " << cut;
  }
  EXPECT_EQ(run(0, 1), whole);
  return whole;
}

TEST(EgressGuard, LeavesOutKeptMembersWhoseNamesHoldAnAddress) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"bob@corp.test":1})", "{}"},
      {R"({"bob@corp.test":1,"k":2})", R"({"k":2})"},
      {R"({"k":2,"bob@corp.test":{"x":[1,"]}"]}})", R"({"k":2})"},
      {R"({"k":1,"bob\u0040corp.test" : [2] , "l":3})", R"({"k":1,"l":3})"},
      {R"({"a":{"b":[{"c":1,"of Bob <bob@corp.test>":2,"d":3}]}})",
       R"({"a":{"b":[{"c":1,"d":3}]}})"},
      {R"([{"x":1,"y":2},{"x":1,"y@corp.test":2},{"x":1,"y@corp.test":2},{"x":1,"y":2}])",
       R"([{"x":1,"y":2},{"x":1},{"x":1},{"x":1,"y":2}])"},
      {R"({"@":1,"a@b":2,"a name of more than thirty-two bytes: bob@corp.test":3})",
       R"({"@":1,"a@b":2})"},
  };
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(sanitize_cut(kOpen, body, EgressGuard::redact), expected) << body;
    EXPECT_EQ(sanitize(kOpen, body, EgressGuard::log).out,
              sanitize(kOpen, body, EgressGuard::off).out);
    EXPECT_NE(sanitize(kOpen, body, EgressGuard::log).out, expected);
  }
}

TEST(EgressGuard, LooksAtNamesInValuesThatAreHeld) {
  const std::string held =
      "endpoints:\n  - pathTemplate: /a\n    transforms: [!<pseudonymize> {jsonPaths: "
      "[\"$..[?(@.k == 'x')].id\", \"$.list[-1]\"]}]\n";
  EXPECT_EQ(sanitize_cut(held,
                         R"({"list":[{"bob@corp.test":1},{"b":2}],)"
                         R"("o":{"k":"x","bob\u0040corp.test":[1],"l":{"a@b.io":1}},"z":1})",
                         EgressGuard::redact),
            R"({"list":[{}],"o":{"k":"x","l":{}},"z":1})");
}

TEST(EgressGuard, LeavesNamesAloneThatTheRulesList) {
  const std::string listed =
      "endpoints:\n  - pathTemplate: /a\n    transforms: [!<redact> {jsonPaths: "
      "[\"$['bob@corp.test'].gone\", \"$.secret\"]}]\n";
  EXPECT_EQ(sanitize_cut(listed, R"({"bob@corp.test":{"gone":1,"k":2},"eve@corp.test":3})",
                         EgressGuard::redact),
            R"({"bob@corp.test":{"k":2}})");
  EXPECT_EQ(sanitize_cut(kListed, R"({"a":"k","bob@corp.test":1})", EgressGuard::log),
            R"({"a":"k"})");
}

TEST(EgressGuard, CountsEveryNameAtThePlaceThatTheRulesKnow) {
  const RuleSet rules = read_rules(kOpen, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  const std::string name = R"({"bob@corp.test":"x","k":1})";
  for (const EgressGuard guard : {EgressGuard::redact, EgressGuard::log, EgressGuard::off}) {
    Sanitizer sanitizer(program, codec(), guard);
    std::string out;
    ASSERT_TRUE(sanitizer.feed("[" + name + "," + name + "," + name + "]", out));
    if (guard == EgressGuard::off) {
      EXPECT_TRUE(sanitizer.guard_hits().empty());
      continue;
    }
    ASSERT_EQ(sanitizer.guard_hits().size(), 1U);
    EXPECT_EQ(program.states[sanitizer.guard_hits().begin()->first].place, "$.*");
    EXPECT_EQ(sanitizer.guard_hits().begin()->second, 3U);
    EXPECT_EQ(sanitizer.counts().dropped, guard == EgressGuard::redact ? 3U : 0U);
  }
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

struct Findings {
  std::string out;
  ValueCounts counts;
  std::vector<UnlistedField> unlisted;
};

Findings findings(const Program& program, std::string_view body) {
  Sanitizer sanitizer(program, codec());
  Findings all;
  EXPECT_TRUE(sanitizer.feed(body, all.out) && sanitizer.finish(all.out)) << body;
  all.counts = sanitizer.counts();
  all.unlisted = sanitizer.unlisted();
  return all;
}

TEST(Sanitizer, TellsWhichFieldsTheSchemaDoesNotList) {
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  const std::string long_name(64, 'n');
  const std::string body = R"({"a":"k","new_one":1,"o":{"a":"z","q":{"a":1}},"new_one":2,)"
                           R"("ann@corp.test":3,"\u0061nn":4,"q r":5,")" +
                           long_name + R"(":6,"n)" + long_name + R"(":7})";
  const std::vector<UnlistedField> fields = findings(program, body + body).unlisted;
  ASSERT_EQ(fields.size(), 4U);
  const StateId top = program.root;
  EXPECT_EQ(fields[0].object, top);
  EXPECT_EQ(fields[0].name, "");  // an address, an escape, a blank, one too long
  EXPECT_EQ(fields[0].count, 8U);
  EXPECT_EQ(fields[1].name, "new_one");
  EXPECT_EQ(fields[1].count, 4U);
  EXPECT_EQ(fields[2].name, long_name);
  EXPECT_EQ(fields[2].count, 2U);
  EXPECT_EQ(program.states[fields[3].object].place, "$.o");
  EXPECT_EQ(fields[3].name, "q");
}

TEST(Sanitizer, TellsWordsAndNothingThatMayBeAnId) {
  for (const char* word : {"host_email", "hostName", "h323_password", "e2ee", "pmi"}) {
    EXPECT_EQ(told(word), word);
  }
  for (const char* id : {"KDcuGIm1QgePTO8WbOqwIQ", "z8yAAAAA8bbbQ", "83456789012", "Ann",
                         "4444AAAiAAAAAiAiAiiAii", "ann@corp.test", "a b", "1234"}) {
    EXPECT_EQ(told(id), "") << id;
  }
}

TEST(Sanitizer, WithoutASchemaNoFieldIsUnlisted) {
  const RuleSet rules = read_rules(kOpen, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  EXPECT_TRUE(findings(program, R"({"x":1,"secret":2,"y":{"z":1}})").unlisted.empty());
}

TEST(Sanitizer, RemembersABoundedNumberOfFields) {
  const RuleSet rules = read_rules(kListed, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  std::string body = "{";
  for (int i = 0; i < 5000; ++i) body += "\"f" + std::to_string(i) + "\":1,";
  const Findings all = findings(program, body + R"("a":"k"})");
  EXPECT_EQ(all.out, R"({"a":"k"})");
  EXPECT_EQ(all.counts.dropped, 5000U);
  EXPECT_LE(all.unlisted.size(), limits::kKnownKeys + limits::kUnlistedNames + 1);
  std::uint64_t count = 0;
  for (const UnlistedField& field : all.unlisted) count += field.count;
  EXPECT_EQ(count, 5000U);
}

/// A page whose objects lack members, hold them in another order, or values of other kinds.
std::string random_page(std::minstd_rand& random, bool blanks) {
  static const std::string kKeys[] = {"a",
                                      "i",
                                      "x1",
                                      "list",
                                      "x2",
                                      "o",
                                      "b",
                                      "u",
                                      "n",
                                      "a_long_unlisted_name",
                                      "a_name_that_is_longer_than_the_others_are"};
  static const std::string kValues[] = {
      R"("plain")",
      R"("")",
      R"("Zo\u00e9 \"Q\"")",
      R"("ann@corp.test")",
      R"(["p","q"])",
      R"([])",
      R"(["p","ann@corp.test"])",
      R"(["p",1])",
      R"({"a":"id","q":"]}"})",
      "7",
      "-0",
      "12345678901234567890",
      "1.5",
      "true",
      "null",
      R"("S\u00e9bastien M\u00fcller and more than thirty-two bytes of him")",
      "\"\xC3\xA9\"",
      R"({"a":{"a":1}})"};
  const std::string blank = blanks ? " " : "";
  std::string page = "[";
  for (int object = 0; object < 12; ++object) {
    if (object > 0) page += blank + ',';
    page += blank + '{';
    bool first = true;
    for (const std::string& key : kKeys) {
      if (random() % 5 == 0) continue;
      if (!first) page += blank + ',';
      first = false;
      page +=
          blank + '"' + key + '"' + blank + ':' + blank + kValues[random() % std::size(kValues)];
    }
    page += blank + '}';
  }
  return page + blank + ']';
}

TEST(Sanitizer, TheShortWaysComeToTheSameAsTheLongOnes) {
  // Blanks between tokens keep a body off them.
  const std::string items =
      "endpoints:\n  - pathTemplate: /a\n    responseSchema: {type: array, items: {" + kFields +
      "}}\n    transforms: [!<pseudonymize> {jsonPaths: [\"$[*].o.a\"]}]\n";
  for (const std::string& rules_text : {items, kOpen}) {
    const RuleSet rules = read_rules(rules_text, "test.yaml");
    const Program program = compile(rules, rules.endpoints.front());
    for (unsigned seed = 1; seed <= 300; ++seed) {
      std::minstd_rand first(seed);
      std::minstd_rand second(seed);
      const std::string compact = random_page(first, false);
      const Findings expected = findings(program, random_page(second, true));
      const Findings all = findings(program, compact);
      ASSERT_EQ(all.out, expected.out) << compact;
      ASSERT_EQ(all.counts.dropped, expected.counts.dropped) << compact;
      ASSERT_EQ(all.counts.nulled, expected.counts.nulled) << compact;
      ASSERT_EQ(all.counts.pseudonymized, expected.counts.pseudonymized) << compact;
      ASSERT_EQ(all.unlisted.size(), expected.unlisted.size()) << compact;
      std::string cut;
      Sanitizer sanitizer(program, codec());
      for (std::size_t at = 0, size = 0; at < compact.size(); at += size) {
        size = 1 + first() % 300;
        ASSERT_TRUE(sanitizer.feed(std::string(compact, at, size), cut));
      }
      ASSERT_TRUE(sanitizer.finish(cut));
      ASSERT_EQ(cut, expected.out) << compact;
    }
  }
}

TEST(Sanitizer, ObjectsThatLookAlikeAreTreatedByTheirPlaceAndContent) {
  const auto list = [](const std::string& first, const std::string& third,
                       const std::string& last) {
    const std::string rest = R"("n":"a value of some length"})";
    return "[" + first + rest + R"(,{"a":"1",)" + rest + "," + third + rest + R"(,{"a":"3",)" +
           rest + R"(,{"a":"4",)" + rest + "," + last + rest + "]";
  };
  const auto redacted = [](const std::string& path, const std::string& body) {
    return sanitize("endpoints:\n  - pathTemplate: /a\n    transforms: [!<redact> {jsonPaths: [\"" +
                        path + "\"]}]\n",
                    body)
        .out;
  };
  const std::string body = list(R"({"a":"0",)", R"({"a":"2",)", R"({"a":"x",)");
  EXPECT_EQ(redacted("$[0].a", body), list("{", R"({"a":"2",)", R"({"a":"x",)"));
  EXPECT_EQ(redacted("$[2].a", body), list(R"({"a":"0",)", "{", R"({"a":"x",)"));
  EXPECT_EQ(redacted("$[5:].a", body), list(R"({"a":"0",)", R"({"a":"2",)", "{"));
  EXPECT_EQ(redacted("$[-1].a", body), list(R"({"a":"0",)", R"({"a":"2",)", "{"));
  EXPECT_EQ(redacted("$[?(@.a == 'x')].a", body), list(R"({"a":"0",)", R"({"a":"2",)", "{"));
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
