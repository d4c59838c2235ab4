#pragma once
// The one list of settings: a new one is a member of Settings, a row of setting_list.cpp and a line
// of config/zoom-proxy.example.yaml.

#include <span>
#include <string_view>
#include <vector>

#include "config/setting.hpp"

namespace zoom_proxy {

/// Every key there is, in the order of the example file.
[[nodiscard]] const std::vector<Setting>& all_settings();

/// Puts what is in force back where a change needs a restart; returns the paths of those settings.
[[nodiscard]] std::vector<std::string_view> keep_until_restart(Settings& loaded,
                                                               const Settings& in_force);

/// Keys that this version knows but does not support: an error rather than silence, since who sets
/// them relies on them.
struct UnsupportedSetting {
  std::string_view path;
  std::string_view alias = {};   ///< of the environment
  std::string_view reason = {};  ///< begins with a comma, where no later version will
};
[[nodiscard]] std::span<const UnsupportedSetting> unsupported_settings();

/// The settings but for the secrets, for what keeps them as long as the process runs.
[[nodiscard]] Settings without_secrets(const Settings& settings);

}  // namespace zoom_proxy
