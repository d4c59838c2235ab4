#pragma once
// The names that users set in the environment: which setting each one means.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"

namespace zoom_proxy {

/// Names and values, as they were when it was made: a reload sees what the start saw. Immutable,
/// cheap to copy, and the values are cleansed with the last copy. Tests hand in their own.
class Environment {
 public:
  using Variables = std::map<std::string, Secret, std::less<>>;
  /// Leaves out what Kubernetes sets for its services (`ZOOM_PROXY_PORT=tcp://10.0.0.1:80`).
  explicit Environment(Variables variables);

  /// The value of that name, or nothing.
  [[nodiscard]] std::optional<std::string> operator()(std::string_view name) const;
  [[nodiscard]] const Variables& variables() const noexcept { return *variables_; }

 private:
  std::shared_ptr<const Variables> variables_;
};
[[nodiscard]] Environment process_environment();

/// Overwrites the values of secret settings where the process was given them: /proc/PID/environ
/// does not show them any more. Call while there is one thread, after process_environment().
void hide_secrets_of_process_environment() noexcept;

/// "zoom.api_url" -> "ZOOM_PROXY_ZOOM_API_URL".
[[nodiscard]] std::string environment_name(std::string_view path);

/// All names of a setting, the best known first; without the `_FILE` twins.
[[nodiscard]] std::vector<std::string> environment_names(const Setting& setting);

/// What the environment says of one setting.
struct EnvironmentValue {
  std::string name;  ///< the variable, `_FILE` and all
  Secret text;       ///< the value (of a list, an item a line), or the path of its file
  bool names_file = false;
};
/// Nothing when no name of the setting is set to more than an empty text. Throws ConfigError when
/// two names differ, or a name and its `_FILE` twin are both set.
[[nodiscard]] std::optional<EnvironmentValue> find_in_environment(const Setting& setting,
                                                                  const Environment& environment);

/// Throws ConfigError when a setting that this version does not support is set.
void refuse_unsupported(const Environment& environment);

/// Throws ConfigError for a name that looks like one of ours and is none, and for names that mean
/// something to Psoxy which cannot be kept here.
void refuse_unknown(const Environment& environment);

/// Replaces `${NAME}` by the environment's value and `$$` by a dollar; any other `$` stays. Throws
/// std::invalid_argument for an undefined name or a `${` that is no `${NAME}`.
[[nodiscard]] std::string substitute(std::string_view text, const Environment& environment);

}  // namespace zoom_proxy
