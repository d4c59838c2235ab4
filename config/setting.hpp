#pragma once
// One key of the settings file, as data: what the loader, the environment, `--print-config` and the
// example file are driven by.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace zoom_proxy {

/// What a command needs to have been set.
enum class SettingsFor {
  server,     ///< everything
  sanitizer,  ///< pseudonym settings alone
};

/// One key of the settings file.
struct Setting {
  /// A name of the environment beside the one that is made from the path.
  struct Alias {
    std::string_view name;
    std::string_view prefix = {};  ///< put before a value that has no `://`
  };
  enum class Required { never, by_server, always };

  /// What most settings do not need.
  struct Traits {
    std::vector<Alias> aliases = {};
    Required required = Required::never;
    /// The server needs it in this mode of inbound_auth.
    std::optional<InboundAuthMode> needed_in_mode = {};
    bool secret = false;      ///< never printed
    bool file_twin = false;   ///< PATH_file and NAME_FILE name a file that holds the value
    bool trimmed = false;     ///< of white space around it
    bool multi_line = false;  ///< line breaks may stand in it
    bool may_be_zero = false;
    bool reloaded = false;  ///< a change counts while the server runs; else after a restart
    /// Throws std::invalid_argument, "must be ...", for a text that will not do; of a list: for
    /// an item.
    void (*check)(std::string_view text) = nullptr;
  };

  std::string_view path;  ///< blocks and key joined by dots: "zoom.api_url"
  std::string_view description;
  Traits traits;
  bool list = false;  ///< a YAML list; as text: an item a line

  /// Sets the member from its text; throws std::invalid_argument, "must be ...", never the value.
  std::function<void(Settings&, std::string_view text)> set;
  /// The member as YAML; a secret that is set as "***".
  std::function<std::string(const Settings&)> get;
  /// Copies the member; of a setting that is not reloaded alone.
  std::function<void(Settings& to, const Settings& from)> copy;

  [[nodiscard]] bool required_by(SettingsFor use) const noexcept {
    return traits.required == Required::always ||
           (traits.required == Required::by_server && use == SettingsFor::server);
  }
};

}  // namespace zoom_proxy
