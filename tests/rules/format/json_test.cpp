#include "rules/format/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zoom_proxy::json {
namespace {

TEST(JsonNumber, FollowsTheGrammar) {
  for (const char* good : {"0", "-0", "7", "120", "1.5", "-1.50", "1e3", "1E+3", "0.1e-7", "10"}) {
    EXPECT_TRUE(valid_number(good)) << good;
  }
  for (const char* bad : {"", "-", "01", "-01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1.5.2",
                          "--1", "NaN", "1a", "1-2"}) {
    EXPECT_FALSE(valid_number(bad)) << bad;
  }
}

TEST(JsonEscapes, AreThoseOfTheStandard) {
  for (const char* good : {"", "abc", R"(\"\\\/\b\f\n\r\t)", R"(\u00e9\uD83D)", R"(\\u)"}) {
    EXPECT_TRUE(valid_escapes(good)) << good;
  }
  for (const char* bad : {R"(\x)", R"(\)", R"(\u12)", R"(\u12G4)", R"(a\)", R"(\U0041)", R"(\')"}) {
    EXPECT_FALSE(valid_escapes(bad)) << bad;
  }
}

std::string unescaped(std::string_view inside) {
  std::string out;
  unescape(inside, out);
  return out;
}

TEST(JsonUnescape, GivesUtf8AndQuestionMarksForLoneSurrogates) {
  EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\uDE00)"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(unescaped(R"(\ud83dx)"), "?x");
  EXPECT_EQ(unescaped(R"(\ude00\ud83d)"), "??");
  EXPECT_EQ(unescaped(R"(\ud83d\u0041)"), "?A");
  EXPECT_EQ(unescaped(R"(\ud83d\ud83d\ude00)"), "?\U0001F600");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(JsonString, IsEscapedWhereItMustBe) {
  std::string out;
  append_string("a\"b\\c\n\x1f\u00e9/", out);
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\u001F\u00e9/\"");
  std::string back;
  unescape(std::string_view(out).substr(1, out.size() - 2), back);
  EXPECT_EQ(back, "a\"b\\c\n\x1f\u00e9/");
}

/// Writes down what it is told; skips every value whose key starts with `x`.
struct Recorder : ForeseesNothing {
  std::string log;
  bool drop = false;
  bool dropping() const { return drop; }
  Enter on_object(const char*) { return note("{"), Enter::yes; }
  Enter on_array(const char*) { return note("["), Enter::yes; }
  void on_object_end(const char*) { note("}"); }
  void on_array_end(const char*) { note("]"); }
  void on_key(std::string_view raw, bool) {
    note(raw);
    drop = raw.substr(0, 2) == "\"x";
  }
  void on_colon(const char*) { note(":"); }
  void on_string(std::string_view raw, Marks) { note(raw); }
  void on_number(std::string_view raw, bool) { note(raw); }
  void on_literal(std::string_view raw) { note(raw); }
  void on_comma(const char*) {
    note(",");
    drop = false;
  }
  void on_dropped() {
    note("-");
    drop = false;
  }
  void on_document_end() { note(";"); }
  void suspend() {}
  BodyFault fault() const { return BodyFault::none; }
  void note(std::string_view text) { log += text; }
};

struct Outcome {
  std::string log;
  BodyFault fault;
};

Outcome run(std::string_view text, std::size_t cut) {
  Recorder recorder;
  Tokenizer<Recorder> tokenizer(recorder);
  const bool fed = tokenizer.feed(std::string(text.substr(0, cut))) &&
                   tokenizer.feed(std::string(text.substr(cut)));
  if (fed) static_cast<void>(tokenizer.finish());
  return {recorder.log, tokenizer.fault()};
}

TEST(Tokenizer, HandsOutEveryTokenAsItStands) {
  const std::string text = R"( {"a" : [1, -2.50e1,true ,null], "x":{"b":"]}\"","c":[{}]}, )"
                           R"("\u0078":"\ud83d", "d":{}} [] 7 )";
  const std::string expected =
      R"({"a":[1,-2.50e1,true,null],"x":-,"\u0078":"\ud83d","d":{}};[];7;)";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Outcome outcome = run(text, cut);
    EXPECT_EQ(outcome.fault, BodyFault::none) << cut;
    EXPECT_EQ(outcome.log, expected) << cut;
  }
}

struct MarksRecorder : Recorder {
  std::string marks;
  void on_string(std::string_view, Marks of) { marks += static_cast<char>('0' + of); }
};

TEST(Tokenizer, TellsWhatAStringHoldsHoweverItIsCut) {
  const std::string text =
      R"(["plain","an@sign","\n","\n@","@\n",")" + std::string(90, 'x') + R"(@","","an%40","＠"])";
  const std::string expected = "021332022";  // sums of kEscapes and kAtSign
  static_assert(kEscapes == 1 && kAtSign == 2);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    MarksRecorder recorder;
    Tokenizer<MarksRecorder> tokenizer(recorder);
    ASSERT_TRUE(tokenizer.feed(std::string(text, 0, cut)) &&
                tokenizer.feed(std::string(text, cut)));
    EXPECT_EQ(recorder.marks, expected) << cut;
  }
}

TEST(Tokenizer, RefusesWhatIsNotJsonHoweverItIsCut) {
  const std::vector<std::string> bad = {"{",
                                        "[1",
                                        R"({"a")",
                                        R"({"a":)",
                                        R"({"a":1)",
                                        R"({"a":1,})",
                                        "[1,]",
                                        "[,1]",
                                        "[1 2]",
                                        "{1:2}",
                                        R"({"a" 1})",
                                        R"({"a":1 "b":2})",
                                        "]",
                                        "}",
                                        "[}",
                                        "{]",
                                        "[1}",
                                        "tru",
                                        "nul",
                                        "truefalse",
                                        "[TRUE]",
                                        "01",
                                        "[+1]",
                                        "[.5]",
                                        "[1.]",
                                        "'a'",
                                        R"("a)",
                                        R"("\x")",
                                        R"("\u12")",
                                        "\"\x01\"",
                                        "\"a\nb\"",
                                        "/*c*/1",
                                        "[1]]",
                                        R"({"x":[})",
                                        R"({"x":[1,"y":2})",
                                        R"({"x":"a)",
                                        R"({"x":"a\")",
                                        "nan",
                                        "[1,,2]",
                                        R"({"a"::1})",
                                        "12 x"};
  for (const std::string& text : bad) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(run(text, cut).fault, BodyFault::syntax) << text << " cut at " << cut;
    }
  }
}

TEST(Tokenizer, BoundsDepthNumbersAndStrings) {
  const auto nested = [](std::size_t depth, const std::string& before) {
    return before + std::string(depth, '[') + std::string(depth, ']') + (before.empty() ? "" : "}");
  };
  EXPECT_EQ(run(nested(limits::kJsonDepth, ""), 0).fault, BodyFault::none);
  EXPECT_EQ(run(nested(limits::kJsonDepth + 1, ""), 0).fault, BodyFault::limit);
  EXPECT_EQ(run(nested(limits::kJsonDepth - 1, "{\"x\":"), 0).fault, BodyFault::none);
  EXPECT_EQ(run(nested(limits::kJsonDepth, "{\"x\":"), 0).fault, BodyFault::limit);
  for (const std::size_t cut : {0U, 500U}) {
    EXPECT_EQ(run(std::string(limits::kJsonNumberBytes, '7'), cut).fault, BodyFault::none);
    EXPECT_EQ(run(std::string(limits::kJsonNumberBytes + 1, '7'), cut).fault, BodyFault::limit);
    EXPECT_EQ(run('"' + std::string(limits::kJsonScalarBytes, 'a') + '"', cut).fault,
              BodyFault::limit);
    EXPECT_EQ(run('"' + std::string(limits::kJsonScalarBytes - 2, 'a') + '"', cut).fault,
              BodyFault::none);
    EXPECT_EQ(run(R"({"x":")" + std::string(2 * limits::kJsonScalarBytes, 'a') + "\"}", cut).fault,
              BodyFault::none)
        << "a dropped string is not held";
  }
}

TEST(Tokenizer, TakesNulBetweenTokensForAnotherEncoding) {
  EXPECT_EQ(run(std::string("{\0\"\0a", 5), 0).fault, BodyFault::encoding);
}

}  // namespace
}  // namespace zoom_proxy::json
