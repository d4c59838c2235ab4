#pragma once
// `requestBody` of an endpoint: how rules state it, and whether a request's body may go on. Pure:
// tokens are still in place when a body is judged, as `format: pseudonym` looks for them.

#include <optional>
#include <string>
#include <string_view>

#include "rules/format/yaml.hpp"
#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// Throws ConfigError for what is unknown, mistyped, or no JSON Schema of the supported part.
[[nodiscard]] RequestBody read_request_body(const YamlNode& node);

/// Why a body must not go on, or nothing when it may. `content_type` as the client sent it, empty
/// without one: application/json. The reason names the rule and the place, never a value of the
/// body. Thread-safe.
[[nodiscard]] std::optional<std::string> body_refusal(const RequestBody& rule,
                                                      std::string_view content_type,
                                                      std::string_view body);

}  // namespace zoom_proxy
