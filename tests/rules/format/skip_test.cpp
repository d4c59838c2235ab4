#include "rules/format/skip.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace zoom_proxy::scan {
namespace {

/// What comes of passing over a container whose bracket is open already.
struct Outcome {
  BodyFault fault = BodyFault::none;
  std::size_t taken = 0;  ///< bytes, where it was closed
  bool closed = false;
  bool operator==(const Outcome&) const = default;
};

using Function = const char* (*)(const char*, const char*, Skip&, json::Nesting&);

Outcome pass(Function function, const std::string& text, std::size_t outer, std::size_t cut) {
  json::Nesting nesting;
  for (std::size_t level = 0; level < outer; ++level) nesting.push(level % 3 == 0);
  Skip skip{nesting.depth()};
  nesting.push(true);
  Outcome outcome;
  for (std::size_t from = 0; from < text.size(); from += cut) {
    const std::string piece = text.substr(from, cut);
    const char* const stop = function(piece.data(), piece.data() + piece.size(), skip, nesting);
    outcome.fault = skip.fault;
    if (skip.fault != BodyFault::none) break;
    outcome.closed = nesting.depth() == skip.floor;
    if (outcome.closed) {
      outcome.taken = from + static_cast<std::size_t>(stop - piece.data());
      break;
    }
    EXPECT_EQ(stop, piece.data() + piece.size());
  }
  return outcome;
}

Outcome pass(const std::string& text) { return pass(skip, text, 0, text.size()); }

TEST(Skip, EndsBehindTheBracketThatCloses) {
  EXPECT_EQ(pass("1,2],3"), (Outcome{BodyFault::none, 4, true}));
  EXPECT_EQ(pass(R"("]",{"a":[]}] )"), (Outcome{BodyFault::none, 13, true}));
  EXPECT_EQ(pass(R"("\"]\\"] )"), (Outcome{BodyFault::none, 8, true}));
  EXPECT_EQ(pass("[[{}]]"), (Outcome{BodyFault::none, 0, false}));
}

TEST(Skip, RefusesWhatNoContainerCanHold) {
  for (const std::size_t blanks : {0U, 100U}) {
    const std::string filler(blanks, ' ');
    EXPECT_EQ(pass(filler + "}" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + "{]" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + "[{]}" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + "\"a\nb\"" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + "\"a\\\nb\"" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + "\\\"" + filler).fault, BodyFault::syntax);
    EXPECT_EQ(pass(filler + std::string(2000, '[') + filler).fault, BodyFault::limit);
  }
}

TEST(Skip, CountsLevelsToTheLimit) {
  const std::string deep =
      std::string(limits::kJsonDepth - 1, '{') + std::string(limits::kJsonDepth - 1, '}') + "]";
  EXPECT_EQ(pass(deep), (Outcome{BodyFault::none, deep.size(), true}));
  EXPECT_EQ(pass("{" + deep).fault, BodyFault::limit);
}

/// Text that is nearly JSON: much structure, some faults.
std::string random_text(std::minstd_rand& random, bool faults) {
  static const std::string kPieces[] = {"\"",
                                        "\"\"",
                                        "\\\\",
                                        "\\\"",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "{}",
                                        "[]",
                                        "Y_y\x7F",
                                        ",",
                                        ":",
                                        "1",
                                        "\"a\"",
                                        "\"]}\\\"\\\\\"",
                                        std::string(70, 'x'),
                                        std::string(63, ' '),
                                        "\"" + std::string(64, '\\') + "\""};
  std::string text;
  std::string open;
  for (int i = 0; i < 120; ++i) {
    std::string piece = kPieces[random() % std::size(kPieces)];
    if (!faults) {
      const bool opens = random() % 5 < 3;
      if (opens) open += random() % 2 == 0 ? '}' : ']';
      if (opens) piece = open.back() == '}' ? "{" : "[";
      if (!opens && !open.empty()) {
        piece = open.back();
        open.pop_back();
      }
      piece += random() % 3 == 0 ? "\"\\\\ ] \\\" } \"" : "7,";
    }
    text += piece;
  }
  for (; !open.empty(); open.pop_back()) text += open.back();
  return text + "]]]";
}

TEST(Skip, ComesToTheSameOnEveryMachineHoweverItIsCut) {
  std::minstd_rand random(4);
  int closed = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, round % 2 == 0);
    const std::size_t outer = random() % 200;
    const Outcome expected = pass(skip_portable, text, outer, 1);
    ASSERT_EQ(pass(skip_portable, text, outer, text.size()), expected);
    ASSERT_EQ(pass(skip, text, outer, text.size()), expected) << text;
    ASSERT_EQ(pass(skip, text, outer, 1 + random() % 150), expected) << text;
    closed += expected.closed ? 1 : 0;
  }
  EXPECT_GT(closed, 1000);
}

TEST(Skip, BlocksGoAsFarAsTheyCan) {
  if (!has_avx2()) return;  // then there is but the portable one, which the others test
  json::Nesting nesting;
  nesting.push(true);
  Skip skip;
  const std::string text(640, ' ');
  EXPECT_EQ(skip_avx2(text.data(), text.data() + 639, skip, nesting), text.data() + 576);
}

}  // namespace
}  // namespace zoom_proxy::scan
