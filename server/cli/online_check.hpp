#pragma once
// The part of `check` that needs Zoom's side: CA file, token and its scopes, one page of users.

#include "server/snapshot.hpp"

namespace zoom_proxy {

/// Reads the CA file and parses the URLs as the server would (throws ConfigError); with `online`
/// fetches a token and one page of /v2/users. Prints what it found; false when Zoom refused or the
/// token lacks a scope that the rules need, then stderr says what to fix.
[[nodiscard]] bool check_zoom(const Snapshot& snapshot, bool online);

}  // namespace zoom_proxy
