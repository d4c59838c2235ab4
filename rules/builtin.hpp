#pragma once
// The files that the binary carries, embedded by cmake/embed_rules.cmake: every rules/*.yaml, the
// example answers rules/examples/*.json, and the parts of the report's page, rules/report/*.

#include <optional>
#include <span>
#include <string_view>

namespace zoom_proxy {

/// The YAML text of the built-in rule set `name` ("zoom"), or nothing.
[[nodiscard]] std::optional<std::string_view> builtin_rules(std::string_view name);

/// The names of all built-in rule sets, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> builtin_rule_names();

/// One JSON text for each of Zoom's calls known to us: `title`, `about`, `path` (a template),
/// `request` (a target that fits it) and `answer`, as Zoom would give it, about made-up people.
[[nodiscard]] std::span<const std::string_view> builtin_examples();

/// A file of rules/report ("page.html"). Throws std::logic_error when there is none.
[[nodiscard]] std::string_view builtin_page(std::string_view file);

}  // namespace zoom_proxy
