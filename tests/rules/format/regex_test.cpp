#include "rules/format/regex.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace zoom_proxy {
namespace {

using Case = Regex::Case;
using Extent = Regex::Extent;

Regex whole(std::string_view pattern, Case letter_case = Case::sensitive) {
  return Regex(pattern, letter_case, Extent::whole, {});
}

TEST(Regex, WholeMeansEveryByte) {
  EXPECT_TRUE(whole("abc").matches("abc"));
  EXPECT_FALSE(whole("abc").matches("abcd"));
  EXPECT_FALSE(whole("abc").matches("xabc"));
  EXPECT_FALSE(whole("^abc$").matches("abc\n")) << "`$` alone would match before the newline";
  EXPECT_TRUE(whole("a|b$").matches("b"));
  EXPECT_FALSE(whole("a|b$").matches("ab"));
  EXPECT_FALSE(whole("a").matches(std::string_view("a\0", 2)));
}

TEST(Regex, AnywhereFindsTheFirst) {
  const Regex regex("b(c)?(d)?", Case::sensitive, Extent::anywhere, {});
  const auto groups = regex.match("abdbc");
  ASSERT_TRUE(groups);
  ASSERT_EQ(groups->size(), 3U);
  EXPECT_EQ((*groups)[0], "bd");
  EXPECT_EQ((*groups)[1].data(), nullptr);
  EXPECT_EQ((*groups)[2], "d");
  EXPECT_FALSE(regex.match("acd"));
}

TEST(Regex, LetterCaseKnowsAsciiOnly) {
  EXPECT_TRUE(whole("/USERS", Case::ignored).matches("/users"));
  EXPECT_FALSE(whole("/USERS", Case::sensitive).matches("/users"));
  EXPECT_FALSE(whole("s", Case::ignored).matches("\xC5\xBF")) << "long s folds to s in Unicode";
  EXPECT_FALSE(whole("\xC3\xA9", Case::ignored).matches("\xC3\x89"));
}

TEST(Regex, TakesWhatThePeersRulesUse) {
  EXPECT_TRUE(whole("a(?!bc)[a-z]+").matches("abd"));
  EXPECT_FALSE(whole("a(?!bc)[a-z]+").matches("abc"));
  EXPECT_TRUE(whole(R"(\Qa.b\E(?<n>x++))").matches("a.bxx"));
}

TEST(Regex, ErrorHasReasonAndPlace) {
  try {
    Regex("a(b", Case::sensitive, Extent::whole, {"rules.yaml", 3, 4});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "rules.yaml:3:4: the regular expression does not compile: missing closing "
              "parenthesis (at offset 3)");
  }
  for (const std::string pattern :
       {"*", "[a", "a{2,1}", "(?<1a>x)", "\\3", "\\p{Nope}", "(?<=a*)b", "(*UTF)a", "\\C"}) {
    EXPECT_THROW(whole(pattern), ConfigError) << pattern;
  }
}

TEST(Regex, RunawayMatchCountsAsNoMatch) {
  const std::string subject = std::string(8000, 'x') + "y";
  EXPECT_TRUE(whole("(?:x*)*y").matches("xxy"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(whole("(x+x+)+z").matches(subject));
  EXPECT_FALSE(whole("(?:.*.*.*.*.*.*.*.*)z").matches(subject));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Regex, StepsAreLimited) {
  // Takes about 2^n steps to find its match: 2^14 are allowed, 2^20 are not.
  const auto doubling = [](int n) {
    const std::string times = "{" + std::to_string(n) + "}";
    return whole("(?:a?)" + times + "a" + times).matches(std::string(n, 'a'));
  };
  EXPECT_TRUE(doubling(14));
  EXPECT_FALSE(doubling(20));
}

TEST(Regex, LongHonestSubjectMatches) {
  // Needs more than JIT's small stack.
  EXPECT_TRUE(whole("(?:a|(b))*").matches(std::string(4000, 'b')));
  EXPECT_TRUE(whole("/v2/[^/?]+(?:[?].*)?").matches("/v2/" + std::string(200'000, 'a')));
}

}  // namespace
}  // namespace zoom_proxy
