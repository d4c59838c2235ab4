#include <iostream>

#include "server/cli/build_engine.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/online_check.hpp"

namespace zoom_proxy {

namespace {

Snapshot load(const std::string& config_file, const Environment& environment) {
  const auto settings = std::make_shared<const Settings>(
      load_settings(config_file, environment, SettingsFor::server));
  const std::shared_ptr<const Engine> engine = build_engine(*settings);
  print({"settings", Verdict::ok, config_file.empty() ? "from the environment" : config_file});
  for (const std::string& warning : warnings(*settings))
    print({"settings", Verdict::warning, warning});
  print({"rules", Verdict::ok,
         engine->rules_name() + ", " + std::to_string(engine->rules().endpoints.size()) +
             " endpoints"});
  return {settings, engine};
}

}  // namespace

int doctor_command(const std::string& config_file, const Environment& environment) {
  bool good = false;
  try {
    good = check_zoom(load(config_file, environment), true);
  } catch (const ConfigError&) {
    print({"settings", Verdict::wrong, "they cannot be used, for the reason on the next line",
           "correct them"});
    throw;  // main prints it, its place first
  }
  std::cout << (good ? "All is well.\n" : "Something is wrong: see the lines with WRONG.\n");
  return good ? kOk : kFailed;
}

}  // namespace zoom_proxy
