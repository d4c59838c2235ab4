#pragma once
// Does Zoom let us in? A token, its scopes, and one page of users: for the deep health check.

#include <string>
#include <string_view>
#include <vector>

#include "server/connection_pool.hpp"
#include "server/snapshot.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

/// What the probe needs; all of it must outlive it.
struct ZoomAccess {
  const Snapshot& snapshot;
  ConnectionPool& pool;
  TokenCache& tokens;
  const std::string& base_path;  ///< of zoom.api_url
};

/// Safe to show: nothing of Zoom's bodies but what rules/zoom_api lets through, and no secret.
struct ZoomProbe {
  static constexpr std::string_view kOk = "ok";

  std::string access_token;  ///< kOk, or what went wrong and what to do
  std::string user_page;     ///< the same
  bool scopes_known = false;
  std::vector<std::string> missing_scopes;  ///< empty when they are not known

  [[nodiscard]] bool good() const noexcept {
    return access_token == kOk && user_page == kOk && missing_scopes.empty();
  }
};

/// What to do about missing scopes.
inline constexpr std::string_view kScopesAdvice = "add them to the Zoom app and activate it";

/// Takes the cached token if there is one. Ends within timeouts.total; what fails at Zoom's side is
/// in the result.
[[nodiscard]] Task<ZoomProbe> probe_zoom(ZoomAccess access);

}  // namespace zoom_proxy
