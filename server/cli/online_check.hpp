#pragma once
// The part of `check` that needs Zoom's side: CA file, token, one page of users.

#include "config/settings.hpp"

namespace zoom_proxy {

/// Reads the CA file and parses the URLs as the server would (throws ConfigError); with `online`
/// fetches a token and one page of /v2/users. Prints what it found; false when Zoom refused, then
/// stderr says what to fix.
[[nodiscard]] bool check_zoom(const Settings& settings, bool online);

}  // namespace zoom_proxy
