#include "server/app.hpp"
#include "server/bulk_settings.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/commands.hpp"
#include "server/output_file.hpp"

namespace zoom_proxy {

int serve_command(const std::string& config_file, const Environment& environment) {
  prepare_process();
  SnapshotSource source;
  source.settings = [=](LoadReport& report) {
    Settings settings = load_settings(config_file, environment, SettingsFor::server, {}, &report);
    check_output_directories(settings);
    check_bulk_directories(settings);
    return settings;
  };
  source.engines = build_engines;
  run_server(std::move(source));
  return kOk;
}

}  // namespace zoom_proxy
