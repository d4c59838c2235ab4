// Bad settings files, each with its right outcome: tests/attacks/settings.jsonl, in the format that
// tests/README.md tells.

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>

#include "rules/format/encoding.hpp"
#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

namespace bj = boost::json;

struct Attack : bj::object {};
/// What a failing case shows beside its name.
void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.at("why"); }

std::vector<Attack> read_cases() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/attacks/settings.jsonl");
  std::vector<Attack> cases;
  for (std::string line; std::getline(file, line);) cases.push_back({bj::parse(line).as_object()});
  return cases;
}

std::string text(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(key);
  return value == nullptr ? "" : std::string(std::string_view(value->as_string()));
}

/// The bytes of `text`, `text_b64` or `text_parts`.
std::string bytes(const bj::object& object) {
  if (object.contains("text")) return text(object, "text");
  if (object.contains("text_b64")) return decode_base64(text(object, "text_b64")).value();
  std::string out;
  for (const bj::value& part : object.at("text_parts").as_array()) {
    const std::string piece = decode_base64(std::string_view(part.at(0).as_string())).value();
    for (std::int64_t i = 0; i < part.at(1).as_int64(); ++i) out += piece;
  }
  return out;
}

class SettingsAttack : public testing::TestWithParam<Attack> {};

TEST_P(SettingsAttack, EndsAsItMust) {
  const bj::object& attack = GetParam();
  test::Variables variables;
  if (const bj::value* values = attack.if_contains("env"))
    for (const auto& [name, value] : values->as_object())
      variables.emplace(name, std::string_view(value.as_string()));
  const auto begin = std::chrono::steady_clock::now();
  const std::string message = test::refusal(bytes(attack), variables);
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

std::string case_name(const testing::TestParamInfo<Attack>& info) {
  std::string name = text(info.param, "id");
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Attacks, SettingsAttack, testing::ValuesIn(read_cases()), case_name);

TEST(SettingsAttacks, AreThere) { EXPECT_EQ(read_cases().size(), 107U); }

}  // namespace
}  // namespace zoom_proxy
