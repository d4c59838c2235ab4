// Every transform as the rules state it: YAML in, a value in, a value out.

#include "rules/text_transforms.hpp"

#include <gtest/gtest.h>

#include "rules/compiler.hpp"
#include "rules/ip_address.hpp"
#include "rules/rule_reader.hpp"
#include "rules/sanitizer.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

const TokenCodec& codec() { return *test::known_codec(); }

std::string token(const std::string& value, bool reversible = false, bool may_be_email = true) {
  std::string out;
  codec().append_token(value, reversible, may_be_email, out);
  return out;
}

/// What `!<TAG> {jsonPaths: [$.v], OPTIONS}` makes of {"v": VALUE}: the new value, or "gone".
std::string made(const std::string& tag, const std::string& options, const std::string& value) {
  const RuleSet rules =
      read_rules("endpoints:\n  - pathTemplate: /a\n    transforms:\n      - !<" + tag +
                     "> {jsonPaths: [$.v]" + (options.empty() ? "" : ", " + options) + "}\n",
                 "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  Sanitizer sanitizer(program, codec(), EgressGuard::off);
  std::string out;
  if (!sanitizer.feed("{\"v\":" + value + "}", out) || !sanitizer.finish(out)) return "refused";
  if (out == "{}") return "gone";
  return out.substr(5, out.size() - 6);
}

std::string error(const std::string& tag, const std::string& options) {
  try {
    (void)made(tag, options, "1");
    return "";
  } catch (const ConfigError& e) {
    return e.what();
  }
}

TEST(Transforms, PseudonymizeHasThreeEncodings) {
  const std::string hash = token("ann@corp.test").substr(2, 43);
  EXPECT_EQ(made("pseudonymize", "", R"("ann@corp.test")"), "\"t~" + hash + "@corp.test\"");
  EXPECT_EQ(made("pseudonymize", "encoding: URL_SAFE_HASH_ONLY", R"("ann@corp.test")"),
            '"' + hash + '"');
  EXPECT_EQ(made("pseudonymize", "encoding: JSON", R"("ann@corp.test")"),
            R"("{\"domain\":\"corp.test\",\"hash\":\")" + hash + R"(\"}")");
  EXPECT_EQ(
      made("pseudonymize", "encoding: JSON, includeReversible: true, includeOriginal: true", "12"),
      R"("{\"hash\":\")" + token("12").substr(2, 43) +
          R"(\",\"original\":\"12\",\"reversible\":\")" + token("12", true) + R"(\"}")");
  EXPECT_EQ(made("pseudonymize", "encoding: JSON", "\" \""), "null");
  EXPECT_NE(error("pseudonymize", "includeOriginal: true"), "");
  EXPECT_NE(error("pseudonymize", "encoding: json"), "");
  EXPECT_NE(error("pseudonymize", "encoding: URL_SAFE_HASH_ONLY, includeReversible: true"), "");
}

TEST(Transforms, PseudonymizeEmailHeaderTakesListsOfAddresses) {
  const std::string ann = token("ann@corp.test");
  const std::string bob = token("\"Bob, B\" <bob@corp.test>");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", R"("ann@corp.test, \"Bob, B\" <bob@corp.test>")"),
            '"' + ann + ',' + bob + '"');
  EXPECT_EQ(made("pseudonymizeEmailHeader", "encoding: JSON", R"("ann@corp.test")"),
            "\"[\\\"" + ann + "\\\"]\"");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", R"("ann@corp.test, nobody")"), "null");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", R"("ann@corp.test,")"), "null");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", R"(" ")"), R"("")");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", "null"), "null");
  EXPECT_EQ(made("pseudonymizeEmailHeader", "", "[1]"), "gone");
}

TEST(Transforms, PseudonymizeRegexMatchesReplacesEveryMatchOrItsGroup) {
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: '\\d+'", R"("a 12 b 7")"),
            "\"a " + token("12") + " b " + token("7") + '"');
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: 'id=(\\w+);', includeReversible: true",
                 R"("id=ab; ü id=cd;")"),
            "\"id=" + token("ab", true) + "; ü id=" + token("cd", true) + ";\"");
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: 'x'", R"("abc")"), "null");
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: 'x*'", R"("abc")"), "null");
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: 'x'", R"(" ")"), "null");
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: 'x'", "5"), "gone");
  EXPECT_NE(error("pseudonymizeRegexMatches", ""), "");
  EXPECT_NE(error("pseudonymizeRegexMatches", "regex: '('").find("regex"), std::string::npos);
}

TEST(Transforms, RedactRegexMatchesTakesMatchesOut) {
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['\\d+', 'b+']", R"("a1b22c\u00fc3")"),
            "\"ac\u00fc\"");
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['.']", "\"\u00fc\u20ac\""), R"("")");
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['x*']", R"("axb")"), R"("ab")");
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['x']", "5"), "null");
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['x']", "[\"x\"]"), "null");
  EXPECT_NE(error("redactRegexMatches", "redactions: []"), "");
}

TEST(Transforms, ExceptionsKeepTheLongestPart) {
  const std::string rules = "exceptions: ['[0-9]+', 'Room [A-Z]\\d']";
  EXPECT_EQ(made("redactExceptSubstringsMatchingRegexes", rules, R"("at 12 in Room B7 now")"),
            R"("Room B7")");
  EXPECT_EQ(made("redactExceptSubstringsMatchingRegexes", rules, R"("nothing")"), R"("")");
  EXPECT_EQ(made("redactExceptSubstringsMatchingRegexes", rules, R"("12\nRoom B7")"), R"("")")
      << "a text of several lines never matches";
  EXPECT_EQ(made("redactExceptSubstringsMatchingRegexes", rules, "true"), "null");
}

TEST(Transforms, PhrasesAreKeptAsTheyStand) {
  const std::string rules = "allowedPhrases: ['focus time', 'No Meetings', '1:1']";
  EXPECT_EQ(made("redactExceptPhrases", rules, R"("Ann: 1:1 and Focus Time: x")"),
            R"("Focus Time,1:1")");
  EXPECT_EQ(made("redactExceptPhrases", rules, R"("unfocus time, focus timer")"), R"("")");
  EXPECT_EQ(made("redactExceptPhrases", rules, R"("NO MEETINGS")"), R"("NO MEETINGS")");
}

TEST(Transforms, FilterKeepsWords) {
  EXPECT_EQ(made("filterTokenByRegex", "filters: ['[A-Z]+-\\d+', 'fix']",
                 R"("Ann fix AB-12  now CD-3x")"),
            R"("fix AB-12")");
  EXPECT_EQ(made("filterTokenByRegex", "filters: ['x']", R"("Ann")"), "null");
  EXPECT_EQ(made("filterTokenByRegex", "delimiter: ',', filters: ['a.*', 'b']", R"("a x,b,c")"),
            R"("a x b")");
  EXPECT_EQ(made("filterTokenByRegex", "delimiter: , filters: ['a b']", R"("a b")"), R"("a b")");
  EXPECT_EQ(made("filterTokenByRegex", "filters: ['a', 'b']", R"("a b")"), R"("a b")");
}

TEST(Transforms, TokenizeIsReversibleAndKnowsNoEMail) {
  EXPECT_EQ(made("tokenize", "", R"("ann@corp.test")"),
            '"' + token("ann@corp.test", true, false) + '"');
  EXPECT_EQ(made("tokenize", "regex: '/users/([^/]+)/.*'", R"("/users/u1/x/u1")"),
            "\"/users/" + token("u1", true) + "/x/" + token("u1", true) + '"');
  EXPECT_EQ(made("tokenize", "regex: '/users/([^/]+)'", R"("/other")"), R"("/other")");
  EXPECT_EQ(made("tokenize", "", "5"), "null");
}

TEST(Transforms, TextDigestCountsKeywords) {
  EXPECT_EQ(
      made("textDigest", "keywords: [Budget, risk, none]", R"("Budget: risk, budgets BUDGET")"),
      R"("{\"keywords\":{\"budget\":2,\"risk\":1},\"length\":28,\"word_count\":4}")");
  EXPECT_EQ(made("textDigest", "keywords: [x]", R"("a")"), R"("{\"length\":1,\"word_count\":1}")");
}

TEST(Transforms, IpAddressesAreHashedOrEncrypted) {
  EXPECT_EQ(made("encryptIp", "", R"("10.0.0.1")"),
            R"("p~3BU4goNN07w3ofq8v5ig2enxSWj9xnAnPOThel4mHTmrZBJVaY3CjxNEDJYfGEk_")");
  EXPECT_EQ(made("hashIp", "", R"("2001:0db8::1")"),
            R"("t~njBikXo6n6-7z6JEg8zs_E89aJQ0lje1vW3O9EkS__8")");
  EXPECT_EQ(made("hashIp", "", R"("::ffff:192.0.2.128")"),
            R"("t~SUZ6xYqAE2gCw90EnrhS7ait6lh2xPKj2-SSQVm8o9A")");
  for (const char* none : {"\"abc\"", "\"1.2.3\"", "\"1.2.3.4 \"", "7", "\"1.2.3.4\\u0000\""}) {
    EXPECT_EQ(made("hashIp", "", none), "null") << none;
  }
  EXPECT_EQ(canonical_ip_address("2001:db8::1"), "2001:db8:0:0:0:0:0:1");
}

TEST(Transforms, GroupsThatOverlapLeaveNothing) {
  EXPECT_EQ(made("pseudonymizeRegexMatches", "regex: '(?=(\\w\\w))\\w'", R"("alice")"), "null");
}

TEST(Transforms, MatchesThatWouldReachBackAreRefused) {
  EXPECT_NE(error("redactRegexMatches", "redactions: ['(?=..\\K)b']"), "");
}

TEST(Transforms, ManyMatchesInALongTextTakeOnePass) {
  // Were the whole rest looked at again for each match, this would take minutes.
  std::string text;
  while (text.size() < 900'000) text += "ab\u00fc";
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['ab', '\u00fc']", '"' + text + '"'), R"("")");
}

TEST(Transforms, ARunawayRegexLeavesNothing) {
  const std::string text = '"' + std::string(4000, 'a') + "!\"";
  EXPECT_EQ(made("redactRegexMatches", "redactions: ['(a+)+$']", text), "null");
  EXPECT_EQ(made("tokenize", "regex: '((a+)+)'", text), "null");
  EXPECT_EQ(made("redactExceptSubstringsMatchingRegexes", "exceptions: ['(a+)+\\W\\W']", text),
            "null");
}

TEST(Transforms, UnknownKeysAreRefusedWithASuggestion) {
  EXPECT_NE(error("redactRegexMatches", "redaction: ['x']").find("did you mean \"redactions\""),
            std::string::npos);
  EXPECT_NE(error("hashIp", "regex: x"), "");
}

TEST(Transforms, TextDigestLooksIntoJson) {
  const std::string inside = "isJsonEscaped: true, jsonPathToProcessWhenEscaped: '$..text'";
  EXPECT_EQ(
      made(
          "textDigest", inside,
          R"("{\"text\": \"two words\", \"n\":1.50, \"l\":[{\"text\":7},\"\\u00e4\",null,true]}")"),
      R"("{\"text\":\"{\\\"length\\\":9,\\\"word_count\\\":2}\",\"n\":1.50,)"
      R"(\"l\":[{\"text\":null},\"ä\",null,true]}")");
  for (const char* other : {R"("no JSON")", R"("{} {}")", R"("")", "7", "null", "{}"}) {
    EXPECT_EQ(made("textDigest", inside, other), "null") << other;
  }
  const std::string digest = R"("{\"length\":9,\"word_count\":2}")";
  EXPECT_EQ(made("textDigest", "isJsonEscaped: true", R"("two words")"), digest);
  EXPECT_EQ(made("textDigest", "jsonPathToProcessWhenEscaped: $.text", R"("two words")"), digest);
  EXPECT_NE(error("textDigest", "jsonPathToProcessWhenEscaped: text"), "");
}

}  // namespace
}  // namespace zoom_proxy
