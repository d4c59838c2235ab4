#pragma once
// Rules by record: YAML -> RecordRules.

#include "rules/bulk/bulk_rules.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {

/// Throws ConfigError.
[[nodiscard]] RecordRules read_record_rules(const YamlNode& root);

}  // namespace zoom_proxy
