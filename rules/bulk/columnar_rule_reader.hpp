#pragma once
// Rules by column: YAML -> ColumnarRules.

#include "rules/bulk/bulk_rules.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {

/// Throws ConfigError.
[[nodiscard]] ColumnarRules read_columnar_rules(const YamlNode& root);

}  // namespace zoom_proxy
