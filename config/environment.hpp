#pragma once
// The names that users set in the environment: which setting each one means.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"

namespace zoom_proxy {

/// Looks a name up in the environment; tests hand in their own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
[[nodiscard]] Environment process_environment();

/// "zoom.api_url" -> "ZOOM_PROXY_ZOOM_API_URL".
[[nodiscard]] std::string environment_name(std::string_view path);

/// All names of a setting, the best known first; without the `_FILE` twins.
[[nodiscard]] std::vector<std::string> environment_names(const Setting& setting);

/// What the environment says of one setting.
struct EnvironmentValue {
  std::string name;  ///< the variable, `_FILE` and all
  Secret text;       ///< the value, or the path of the file that holds it
  bool names_file = false;
};
/// Nothing when no name of the setting is set to more than an empty text. Throws ConfigError when
/// two names differ, or a name and its `_FILE` twin are both set.
[[nodiscard]] std::optional<EnvironmentValue> find_in_environment(const Setting& setting,
                                                                  const Environment& environment);

/// Throws ConfigError when a setting that this version does not support is set.
void refuse_unsupported(const Environment& environment);

/// Replaces `${NAME}` by the environment's value and `$$` by a dollar; any other `$` stays. Throws
/// std::invalid_argument for an undefined name or a `${` that is no `${NAME}`.
[[nodiscard]] std::string substitute(std::string_view text, const Environment& environment);

}  // namespace zoom_proxy
