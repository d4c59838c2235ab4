#include "rules/transform.hpp"

#include <gtest/gtest.h>

#include "rules/text_transforms.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

const TokenCodec& codec() { return *test::known_codec(); }

Operation operation(std::string_view tag, bool reversible = false) {
  Operation operation;
  for (const TransformType& type : transform_types()) {
    if (type.tag == tag) operation.type = &type;
  }
  operation.options.include_reversible = reversible;
  return operation;
}

const Operation kPseudonymize = operation("pseudonymize");
const Operation kReversible = operation("pseudonymize", true);
const Operation kTextDigest = operation("textDigest");

Scalar applied(const Operation& operation, Scalar::Kind kind, const std::string& text) {
  Scalar scalar;
  scalar.kind = kind;
  scalar.text = text;
  operation.apply(codec(), scalar);
  return scalar;
}

TEST(Pseudonymize, TurnsStringsAndNumbersIntoTokens) {
  const Scalar email = applied(kPseudonymize, Scalar::Kind::string, "example@example.com");
  EXPECT_EQ(email.kind, Scalar::Kind::string);
  EXPECT_EQ(email.text, "t~8ZuLJANBU0hIFqmaE8RjwHZqRb4MezRyGZ6rLZUkKSg@example.com");
  const Scalar number = applied(kReversible, Scalar::Kind::number, "111111111");
  EXPECT_EQ(number.kind, Scalar::Kind::string);
  EXPECT_EQ(number.text, "p~LKW3WIP3bZzEQFelvQBi0lpLDZtk-1qJbWe3rHfhYhdfeki-8voee3S0wopon6Y3");
}

TEST(Pseudonymize, LeavesNothingOfWhatItDoesNotUnderstand) {
  EXPECT_EQ(applied(kPseudonymize, Scalar::Kind::boolean, "true").kind, Scalar::Kind::removed);
  EXPECT_EQ(applied(kPseudonymize, Scalar::Kind::container, "").kind, Scalar::Kind::removed);
  EXPECT_EQ(applied(kPseudonymize, Scalar::Kind::null, "").kind, Scalar::Kind::null);
  for (const char* blank : {"", " ", "\t\n", "\u2003"}) {
    EXPECT_EQ(applied(kPseudonymize, Scalar::Kind::string, blank).kind, Scalar::Kind::null);
  }
}

TEST(TextDigest, CountsAsThePeerDoes) {
  const struct {
    std::string text;
    int length;
    int words;
  } cases[] = {
      {"", 0, 0},
      {" ", 1, 1},
      {std::string(1, '\0'), 1, 1},
      {"Meeting overview", 16, 2},
      {"  two\t\n words ", 14, 2},
      {"a\u00a0b", 3, 1},
      {"\U0001F600", 2, 1},
      {"one\vtwo\fthree", 13, 3},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text_digest(c.text), "{\"length\":" + std::to_string(c.length) +
                                       ",\"word_count\":" + std::to_string(c.words) + "}");
  }
  EXPECT_EQ(applied(kTextDigest, Scalar::Kind::number, "5").kind, Scalar::Kind::null);
  EXPECT_EQ(applied(kTextDigest, Scalar::Kind::container, "").kind, Scalar::Kind::null);
}

}  // namespace
}  // namespace zoom_proxy
