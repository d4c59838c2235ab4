#include "rules/identity/email.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace zoom_proxy {
namespace {

using namespace std::string_literals;

// What the peer recorded stands in tests/vectors/pseudonyms; these are the grammar's other corners.

struct Accepted {
  std::string text;
  std::string local;
  std::string domain;
};

TEST(ParseMailbox, FindsTheParts) {
  const Accepted cases[] = {
      {"ann@corp.test", "ann", "corp.test"},
      {"ANN@Corp.TEST", "ANN", "Corp.TEST"},
      {" \t(c) ann (d) @ (e) corp.test (f) ", "ann", "corp.test"},
      {"\r\n ann@corp.test", "ann", "corp.test"},
      {"(c\\)c)ann@corp.test", "ann", "corp.test"},
      {"()ann@corp.test", "ann", "corp.test"},
      {"<ann@corp.test>", "ann", "corp.test"},
      {" (x) < (y) ann@corp.test (z) > (w) ", "ann", "corp.test"},
      {"Ann<ann@corp.test>", "ann", "corp.test"},
      {"Ann Q (x) R<ann@corp.test>", "ann", "corp.test"},
      {"\"Ann\" \"Q\" <ann@corp.test>", "ann", "corp.test"},
      {"\"<x@y.zz>\" <ann@corp.test>", "ann", "corp.test"},
      {"\"\" <ann@corp.test>", "ann", "corp.test"},
      {"\"Änn 😀\" <ann@corp.test>", "ann", "corp.test"},
      {"(a@b.cc) ann@corp.test", "ann", "corp.test"},
      {"\"ann x\"@corp.test", "\"ann x\"", "corp.test"},
      {"\"ann\"@corp.test", "ann", "corp.test"},
      {"\" ann (c) \"@corp.test", " ann (c) ", "corp.test"},
      {"\"a(b\"@corp.test", "\"a(b\"", "corp.test"},
      {"\"\"@corp.test", "\"\"", "corp.test"},
      {"\"a\\ b\"@corp.test", "\"a\\ b\"", "corp.test"},
      {"\"\x01\x7F\"@corp.test", "\"\x01\x7F\"", "corp.test"},
      {"a@b.co", "a", "b.co"},
      {"a@1.2.c3-d.co", "a", "1.2.c3-d.co"},
      {"a@" + std::string(63, 'd') + ".co", "a", std::string(63, 'd') + ".co"},
      {"a@b." + std::string(26, 'z'), "a", "b." + std::string(26, 'z')},
  };
  for (const Accepted& expected : cases) {
    const auto box = parse_mailbox(expected.text);
    ASSERT_TRUE(box) << expected.text;
    EXPECT_EQ(box->local, expected.local) << expected.text;
    EXPECT_EQ(box->domain, expected.domain) << expected.text;
  }
}

const std::string kRefused[] = {
    "",
    "@",
    "a@",
    "@b.co",
    "ann",
    "a@b",
    "a@b.c",
    "a@b.co.",
    "a@.b.co",
    "a@b..co",
    "a@b.c1",
    "a@b.co-",
    "a@-b.co",
    "a@b-.co",
    "a@b_c.co",
    "a@b.co\n",
    "a@b.co\r\n",
    "\na@b.co",
    "a@b." + std::string(27, 'z'),
    "a@" + std::string(64, 'd') + ".co",
    "a..b@c.de",
    ".a@c.de",
    "a.@c.de",
    "a . b@c.de",
    "a b@c.de",
    "a@b@c.de",
    "Ann.Q <a@b.co>",
    "Änn <a@b.co>",
    "Ann, Q <a@b.co>",
    "\"A\"b <a@b.co>",
    "a(c)b <a@b.co>",
    "<a@b.co",
    "a@b.co>",
    "Ann a@b.co",
    "Ann <a@b.co> x",
    "<<a@b.co>>",
    "<>",
    "Ann <>",
    "(a(b)c)a@b.co",
    "(a@b.co",
    "(a@b.co)",
    "a@b.co(",
    "a@b.co (x",
    "(",
    "\"",
    "a@b.co\"",
    "a@b.co)",
    "(\\",
    "(\\\n)a@b.co",
    "(Ä)a@b.co",
    "\"ann",
    "\"ann\"",
    "\"ann\"x@b.co",
    "x\"ann\"@b.co",
    "\"a\"b\"@c.de",
    "\"a\\\"@c.de",
    "\"Ä\"@c.de",
    "\"a\nb\"@c.de",
    "\"a\\\rb\"@c.de",
    "ä@c.de",
    "a@ä.de",
    "a@b.co\0"s,
    "a\0@b.co"s,
    "a@[10.0.0.1]",
    "a@10.0.0.1",
    "a@b.c d",
    "a;b@c.de",
};

TEST(ParseMailbox, RefusesEverythingElse) {
  for (const std::string& text : kRefused) EXPECT_FALSE(parse_mailbox(text)) << text;
}

TEST(FindEmail, FindsAnAddressAnywhere) {
  const std::pair<std::string, std::size_t> cases[] = {
      {"ann@corp.test", 0},           {"mail ann.q+x@corp.test, please", 5},
      {"https://ann@corp.test/x", 6}, {"mailto:ann@corp.test", 7},
      {"<ann@corp.test>", 1},         {"x@y ann@corp.test", 4},
      {"a@b@corp.test", 2},           {"..ann@corp.test", 2},
      {"a..ann.q@corp.test", 3},      {"änn@corp.test", 0},
      {"ann@corp.test1", 0},          {"ann@corp.test.", 0},
      {"\"ann x\"@corp.test", 0},     {"say \"hi\" \"ann x\"@corp.test", 9},
      {"Name: ann@a.b.co\n", 6},
  };
  for (const auto& [text, at] : cases) EXPECT_EQ(find_email(text), at) << text;
}

TEST(FindEmail, FindsNothingElse) {
  for (const char* text : {"",
                           "@",
                           "@@",
                           "a@",
                           "@corp.test",
                           "a@b",
                           "a@b.c",
                           "a@b.1c",
                           "a@-b.co",
                           "a@b-.co",
                           "a@.co",
                           ".@corp.test",
                           "\"@corp.test",
                           "\"\n\"@corp.test",
                           "@Ann at corp.test",
                           "10@10.0.0.1",
                           "see you @ 10.30",
                           "at 10.30@ 11.45",
                           "me @ home",
                           "me @ home. Then",
                           "Hello. @corp.test",
                           "hello, @corp.test",
                           "ann(x)y@(corp.test",
                           "(ann)@corp.test",
                           "(ann) (x) @corp.test",
                           "ann (@corp.test",
                           "ann x) @corp.test",
                           "ann x\\) @corp.test",
                           "ann@(x corp.test",
                           "ann@)corp.test",
                           "ann@(x\\)corp.test",
                           "ann@(",
                           "ann@(\\",
                           "100 %",
                           "ann%4corp.test",
                           "ann%40",
                           "%40corp.test",
                           "＠corp.test",
                           "ann＠corp",
                           "a@b_.c",
                           "a@corp"}) {
    EXPECT_EQ(find_email(text), std::string::npos) << text;
  }
  EXPECT_EQ(find_email("a@" + std::string(64, 'd') + ".co"), std::string::npos);
  EXPECT_EQ(find_email("a@" + std::string(63, 'd') + ".co"), 0U);
}

TEST(FindEmail, FindsWhatPlainlyIsAnAddress) {
  const std::pair<std::string, std::size_t> cases[] = {
      {"of ann @corp.test", 3},
      {"ann@ corp.test", 0},
      {"ann\t@\tcorp.test", 0},
      {"ann(x)@(y)corp.test", 0},
      {"ann (a\\(b\\)\\\\) @ corp.test", 0},
      {"ann (x@y.z) @ corp.test", 0},
      {"\"ann x\" (c) @ corp.test", 0},
      {"ann@\r\n corp.test", 0},
      {"ann@\ncorp.test", 0},
      {"jö@corp.test", 0},
      {"an ada@münchen.test!", 3},
      {"ada@corp.рф", 0},
      {"\"jö x\"@corp.test", 0},
      {"ann.@corp.test", 0},
      {"ann..@corp.test", 0},
      {"ann@sub_dom.corp.test", 0},
      {"ann@_dmarc.corp.test", 0},
      {"/v2/users/ann%40corp.test/x", 0},
      {"ann＠corp.test", 0},
      {"ann\u200B@corp.test", 0},
      {"ann@\u200Bcorp.test", 0},
      {"ann\u00AD@\u00ADcorp.test", 0},
      {"ann\u2060@\u2060corp.test", 0},
      {"ann\uFEFF@\uFEFFcorp.test", 0},
      {"é@corp.test", 0},
  };
  for (const auto& [text, at] : cases) EXPECT_EQ(find_email(text), at) << text;
}

/// Texts of the grammar, and some that come near it.
class MadeMailboxes {
 public:
  std::string next() {
    std::string text = gap() + local() + gap() + "@" + gap() + domain() + gap();
    if (chance(20)) text = (chance(50) ? "Ann \"Ä(\" " : "") + ("<" + text + ">") + gap();
    if (chance(20)) text.insert(random_() % (text.size() + 1), token());
    return text;
  }

  /// Whatever, to stand before or behind an address.
  std::string surroundings() {
    std::string text;
    while (chance(60)) text += token();
    return text;
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[random_() % texts.size()];
  }
  std::string token() {
    return one_of({"a",   "ann", ".",         "..",  "@",      "\"",     "(",   ")", "\\",
                   " ",   "\t",  "\r\n ",     "\n",  "-",      "_",      "<",   ">", "Ä",
                   "%40", "＠",  "corp.test", "(c)", "b@c.de", "\u200B", "\x01"});
  }
  std::string gap() {
    std::string text;
    while (chance(40)) {
      if (chance(50)) {
        text += one_of({" ", "\t", "\r\n ", " \r\n\t"});
      } else {
        text += '(';
        while (chance(60)) {
          text += one_of(
              {"x", "@", "a@b", "b@c.de", "\\(", "\\)", "\\\\", "\\\"", "\"", " ", ".", "%40"});
        }
        text += ')';
      }
    }
    return text;
  }
  std::string local() {
    if (chance(70)) return one_of({"a", "ann", "ann.q", "a.b.c", "%40", "a%40b.co", "{|}", "1"});
    std::string text = "\"";
    while (chance(60)) {
      text += one_of(
          {"x", "@", "(", ")", "(c)", " ", ".", "\\\"", "\\\\", "\\(", "b@c", "\r\n ", "\x7F"});
    }
    return text + '"';
  }
  std::string domain() {
    return one_of({"b.co", "1.2.c3-d.co", "corp.test", "1.b2.c1.zz", "a.b.c.d.test"});
  }

  std::mt19937_64 random_{20'26};
};

TEST(FindEmail, FindsEveryMailboxWhateverStandsAroundIt) {
  MadeMailboxes made;
  int mailboxes = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = made.next();
    if (!parse_mailbox(text)) continue;
    ++mailboxes;
    ASSERT_NE(find_email(text), std::string::npos) << text;
    const std::string within = made.surroundings() + text + made.surroundings();
    ASSERT_NE(find_email(within), std::string::npos) << within << "\nof " << text;
  }
  EXPECT_GT(mailboxes, 50'000);
}

TEST(FindEmail, FindsWhatIsAMailboxWithoutBlanks) {
  for (const char* text : {"ann@corp.test", "\"a@b\"@corp.test", "a!#$%&'*/=?^_`{|}~-z@corp.test",
                           "ann@1.test", "\"a\\\\b\"@corp.test"}) {
    EXPECT_TRUE(parse_mailbox(text));
    EXPECT_EQ(find_email(text), 0U) << text;
  }
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

/// A quadratic scan of one of these would take longer than the minute that all of them have.
TEST(Email, HostileTextsTakeLinearTime) {
  constexpr std::size_t kSize = 1 << 18;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view piece :
       {"a",      "a.",      ".",    "a@",  "a@b.", "@",     "\"",    "\\\"",   "\"@",
        "\"a\"@", "(",       "()",   "(a)", " ",    "\r\n ", "a ",    "<",      "a@b-",
        "\"a\" ", "\"@b.co", "a (",  "p~",  "a@1.", "%40",   "＠1.",  "a＠1.1", "@ ",
        " @",     "(@)",     "@(",   "@)",  "\\)@", "@\\(",  "a%40.", "(a@)",   "\\(\\)@(",
        ".@",     "@1.1",    "\"@(", ")@ ", "( @ )"}) {
    const std::string text = repeat(piece, kSize / piece.size());
    for (const std::string& hostile : {text, text + "@corp.test", "\"" + text, "(" + text,
                                       text + "<a@b.c>", "a@" + text, "a@b.co" + text}) {
      static_cast<void>(parse_mailbox(hostile));
      static_cast<void>(find_email(hostile));
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(1));
}

TEST(Email, LongValuesAreJudgedByTheGrammarAlone) {
  const std::string name = repeat("Ann ", 100'000);
  EXPECT_TRUE(parse_mailbox(name + "<ann@corp.test>"));
  EXPECT_TRUE(parse_mailbox(repeat("(c) ", 100'000) + "ann@corp.test"));
  EXPECT_TRUE(parse_mailbox(repeat("a.", 100'000) + "a@corp.test"));
  EXPECT_TRUE(parse_mailbox("\"" + repeat("\\\"", 100'000) + "\"@corp.test"));
  EXPECT_FALSE(parse_mailbox(repeat("(", 100'000) + "ann@corp.test"));
}

}  // namespace
}  // namespace zoom_proxy
