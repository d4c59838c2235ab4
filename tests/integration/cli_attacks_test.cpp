// tests/attacks/settings.jsonl and rules.jsonl as a person meets them: exit codes and messages of
// the commands. tests/README.md tells the format.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/attack_case.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

using zoom_proxy::test::Attack;
using zoom_proxy::test::bytes;
using zoom_proxy::test::read_attacks;

void expect_outcome(const Attack& attack, const std::string& file, const Process& process,
                    int exit_code) {
  const std::string errors = process.errors();
  ASSERT_TRUE(exit_code == 0 || exit_code == 1) << exit_code << ' ' << errors;
  const std::string outcome = exit_code == 0 ? "ok" : "refused";
  const json::value* also = attack.if_contains("also");
  EXPECT_TRUE(outcome == text(attack.at("expect")) || (also != nullptr && outcome == text(*also)))
      << outcome << ": " << attack.at("why") << ' ' << errors;
  EXPECT_EQ(canaries(process.output() + errors), "");
  if (exit_code == 0) return;
  EXPECT_EQ(process.output(), "");
  EXPECT_NE(errors.find(file), std::string::npos) << errors;
  EXPECT_LT(errors.size(), 1500U);
  const json::value* parts = attack.if_contains("error_contains");
  if (parts == nullptr) return;
  for (const json::value& part : parts->as_array())
    EXPECT_NE(errors.find(text(part)), std::string::npos) << part << " is not in " << errors;
}

/// Runs the command, whose last argument is the file's name, on each case; returns their number.
std::size_t run_all(const std::string& cases, const std::string& file_name,
                    std::vector<std::string> command) {
  const TemporaryDirectory directory;
  const std::string file = directory.file(file_name);
  command.insert(command.begin(), proxy_program());
  command.push_back(file);
  const std::vector<Attack> attacks = read_attacks("../attacks/" + cases);
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(text(attack.at("id")));
    std::ofstream(file, std::ios::binary) << bytes(attack, "text");
    Process::Environment environment;
    if (const json::value* variables = attack.if_contains("env"))
      for (const auto& [name, value] : variables->as_object()) environment[name] = text(value);
    Process process(command, environment);
    const int exit_code = process.wait();
    expect_outcome(attack, file, process, exit_code);
  }
  return attacks.size();
}

TEST(CommandLineAttacks, SettingsEndAsTheyMust) {
  EXPECT_EQ(run_all("settings.jsonl", "settings.yaml", {"check", "--config"}), 107U);
}

TEST(CommandLineAttacks, RulesEndAsTheyMust) {
  EXPECT_EQ(run_all("rules.jsonl", "attack.yaml", {"explain", "--rules"}), 111U);
}

}  // namespace
}  // namespace integration
