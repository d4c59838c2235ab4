#pragma once
// The rule sets that the binary carries: every rules/*.yaml, embedded by cmake/embed_rules.cmake.

#include <optional>
#include <span>
#include <string_view>

namespace zoom_proxy {

/// The YAML text of the built-in rule set `name` ("zoom"), or nothing.
[[nodiscard]] std::optional<std::string_view> builtin_rules(std::string_view name);

/// The names of all built-in rule sets, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> builtin_rule_names();

}  // namespace zoom_proxy
