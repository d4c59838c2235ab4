#pragma once
// Built-in default < settings file < environment < secret file -> Settings. The only reader of the
// environment.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/environment.hpp"
#include "config/file_watch.hpp"
#include "config/setting.hpp"
#include "rules/error.hpp"

namespace zoom_proxy {

/// Options of the command line that stand for a setting: path -> text. Stronger than anything else.
using Overrides = std::vector<std::pair<std::string_view, std::string>>;

/// What a load has come across.
struct LoadReport {
  /// The files that were read, or could not be, with what they held right before.
  FileDigests files;
  /// Of each secret that is set, where it came from ("environment NAME", "secret file PATH, ...").
  std::map<std::string, std::string> secret_sources;
};

/// Loads and validates. `file` empty: from the environment alone. Throws ConfigError; `report` is
/// filled as far as it came, also then.
[[nodiscard]] Settings load_settings(const std::string& file, const Environment& environment,
                                     SettingsFor use, const Overrides& overrides = {},
                                     LoadReport* report = nullptr);

/// The settings in force as YAML, each with a comment that says where it came from
/// (default, FILE:LINE:COLUMN, environment NAME, secret file PATH); secrets masked. Throws
/// ConfigError as load_settings does.
[[nodiscard]] std::string print_settings(const std::string& file, const Environment& environment,
                                         SettingsFor use);

/// The bytes of a file. Throws ConfigError at `place` with `what`, the path and the system's
/// reason.
[[nodiscard]] std::string read_file(const std::string& path, const Place& place,
                                    std::string_view what);

}  // namespace zoom_proxy
