#pragma once
// The X-Psoxy-… header fields of a request: what a client asks of the proxy itself. They end here,
// none of them goes on to Zoom.

#include <string>
#include <string_view>

#include "rules/identity/token.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

enum class HealthCheck {
  none,
  plain,
  deep,  ///< that asks Zoom
};

/// What X-Psoxy-Health-Check asks for: `deep` (in any case) the deep one, any other value, or the
/// field twice, the plain one.
[[nodiscard]] HealthCheck asked_health_check(const Fields& from_client);

/// X-Psoxy-Skip-Sanitizer: true, in any case.
[[nodiscard]] bool asks_to_skip_sanitizer(const Fields& from_client);

/// Throws Failure for what cannot be granted: a field given twice, another
/// X-Psoxy-Pseudonym-Implementation than v0.4, X-Psoxy-Skip-Sanitizer: true outside
/// `development_mode` (invalid_request), a token in X-Psoxy-User-To-Impersonate that does not
/// decode (tokenized_request_parameter_invalid; the user means nothing with Zoom's account
/// credentials and is otherwise ignored).
void check_control_fields(const Fields& from_client, const TokenCodec& codec,
                          bool development_mode);

/// `/path?query` that the request is about: its own, or what X-Psoxy-TargetPath and
/// X-Psoxy-TargetQuery put in the place of its path and its query; without `path_prefix` (slashes
/// at its ends do not count), where the path is the prefix or goes on with `/` after it. Throws
/// Failure (invalid_request) for fields that hold no path or query.
[[nodiscard]] std::string requested_target(const RequestHead& head, std::string_view path_prefix);

}  // namespace zoom_proxy
