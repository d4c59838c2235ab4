// Bad bodies and bad rule files, each with its right outcome: tests/attacks/*.jsonl. The format is
// told in tests/README.md.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <memory>

#include "rules/engine.hpp"
#include "tests/attack_case.hpp"
#include "tests/rules/json_values.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

namespace bj = boost::json;
using test::Attack;
using test::bytes;
using test::case_name;
using test::read_attacks;
using test::text;

class BodyAttack : public testing::TestWithParam<Attack> {};

TEST_P(BodyAttack, EndsAsItMust) {
  static const Engine engine("zoom", test::known_codec());
  const bj::object& attack = GetParam();
  const std::string body = bytes(attack, "body");
  const std::size_t endpoint = std::get<RouteMatch>(engine.match("GET", "/v2/users")).endpoint;
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  std::string out;
  bool ok = true;
  constexpr std::size_t kPiece = 65'536;
  for (std::size_t at = 0; ok && at < body.size(); at += kPiece) {
    ok = sanitizer.feed(std::string_view(body).substr(at, kPiece), out);
  }
  ok = ok && sanitizer.finish(out);

  const std::string outcome = ok ? "ok" : "refused";
  EXPECT_TRUE(outcome == text(attack, "expect") || outcome == text(attack, "also"))
      << outcome << ": " << text(attack, "why") << " " << to_string(sanitizer.fault());
  if (!ok && text(attack, "expect") == "refused") {
    EXPECT_EQ(to_string(sanitizer.fault()), text(attack, "reason")) << text(attack, "why");
  }
  if (ok && attack.contains("output_json") && text(attack, "expect") == "ok") {
    EXPECT_EQ(test::canonical_json(out), test::canonical_json(text(attack, "output_json"))) << out;
  }
  if (const bj::value* absent = attack.if_contains("output_absent")) {
    const std::string decoded = test::canonical_json(out);
    for (const bj::value& canary : absent->as_array()) {
      EXPECT_EQ(out.find(std::string_view(canary.as_string())), std::string::npos);
      EXPECT_EQ(decoded.find(std::string_view(canary.as_string())), std::string::npos);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, BodyAttack, testing::ValuesIn(read_attacks("attacks/json.jsonl")),
                         case_name);

class RulesAttack : public testing::TestWithParam<Attack> {};

TEST_P(RulesAttack, EndsAsItMust) {
  const bj::object& attack = GetParam();
  const auto begin = std::chrono::steady_clock::now();
  std::string error;
  try {
    const Engine engine(RulesText{bytes(attack, "text"), "attack.yaml"}, test::known_codec());
  } catch (const ConfigError& e) {
    error = e.what();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const std::string outcome = error.empty() ? "ok" : "refused";
  EXPECT_TRUE(outcome == text(attack, "expect") || outcome == text(attack, "also"))
      << outcome << ": " << text(attack, "why") << " " << error;
  if (error.empty()) return;
  EXPECT_NE(error.find("attack.yaml"), std::string::npos) << error;
  if (const bj::value* parts = attack.if_contains("error_contains")) {
    for (const bj::value& part : parts->as_array()) {
      EXPECT_NE(error.find(std::string_view(part.as_string())), std::string::npos)
          << part << " is not in " << error;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, RulesAttack,
                         testing::ValuesIn(read_attacks("attacks/rules.jsonl")), case_name);

TEST(Attacks, AreThere) {
  EXPECT_EQ(read_attacks("attacks/json.jsonl").size(), 398U);
  EXPECT_EQ(read_attacks("attacks/rules.jsonl").size(), 111U);
}

}  // namespace

}  // namespace zoom_proxy
