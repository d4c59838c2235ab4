// Bad settings files, each with its right outcome: tests/attacks/settings.jsonl, in the format that
// tests/README.md tells.

#include <boost/json.hpp>
#include <chrono>

#include "settings_text.hpp"
#include "tests/attack_case.hpp"

namespace zoom_proxy {
namespace {

namespace bj = boost::json;
using test::Attack;
using test::bytes;
using test::case_name;
using test::read_attacks;
using test::text;

class SettingsAttack : public testing::TestWithParam<Attack> {};

TEST_P(SettingsAttack, EndsAsItMust) {
  const bj::object& attack = GetParam();
  test::Variables variables;
  if (const bj::value* values = attack.if_contains("env"))
    for (const auto& [name, value] : values->as_object())
      variables.emplace(name, std::string_view(value.as_string()));
  const auto begin = std::chrono::steady_clock::now();
  const std::string message = test::refusal(bytes(attack, "text"), variables);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const std::string outcome = message == "loaded" ? "ok" : "refused";
  EXPECT_TRUE(outcome == text(attack, "expect") || outcome == text(attack, "also"))
      << outcome << ": " << text(attack, "why") << ' ' << message;
  if (outcome == "ok") return;
  EXPECT_NE(message.find("settings.yaml"), std::string::npos) << message;
  EXPECT_LT(message.size(), 1000U);
  test::expect_all_in(message, {});  // no secret
  if (const bj::value* parts = attack.if_contains("error_contains")) {
    for (const bj::value& part : parts->as_array()) {
      EXPECT_NE(message.find(std::string_view(part.as_string())), std::string::npos)
          << part << " is not in " << message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, SettingsAttack,
                         testing::ValuesIn(read_attacks("attacks/settings.jsonl")), case_name);

TEST(SettingsAttacks, AreThere) { EXPECT_EQ(read_attacks("attacks/settings.jsonl").size(), 107U); }

}  // namespace
}  // namespace zoom_proxy
