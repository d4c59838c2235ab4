#pragma once
// Response schemas: YAML -> Schema.

#include "rules/format/yaml.hpp"
#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// Throws ConfigError at what is unknown, mistyped or makes no sense.
[[nodiscard]] Schema read_schema(const YamlNode& node);

/// Throws ConfigError for a `$ref` of any response schema that has no definition, or that leads
/// back to itself without a step down into a value.
void check_references(const RuleSet& rules);

}  // namespace zoom_proxy
