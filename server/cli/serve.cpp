#include "server/app.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/commands.hpp"
#include "server/output_file.hpp"

namespace zoom_proxy {

int serve_command(const std::string& config_file) {
  prepare_process();
  const auto settings = std::make_shared<const Settings>(
      load_settings(config_file, process_environment(), SettingsFor::server));
  check_output_directories(*settings);
  const auto snapshot =
      std::make_shared<const Snapshot>(Snapshot{settings, build_engine(*settings)});
  run_server(snapshot);
  return kOk;
}

}  // namespace zoom_proxy
