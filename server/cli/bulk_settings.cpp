#include "server/cli/bulk_settings.hpp"

namespace zoom_proxy {

Settings load_bulk_settings(const BulkCommandOptions& options, const Environment& environment) {
  Overrides overrides{{"rules.file", options.rules}};
  if (!options.algorithm.empty()) overrides.emplace_back("pseudonyms.algorithm", options.algorithm);
  return load_settings(options.config_file, environment, SettingsFor::sanitizer, overrides);
}

}  // namespace zoom_proxy
