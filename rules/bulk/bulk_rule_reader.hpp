#pragma once
// Bulk rules YAML -> BulkRules. As strict as read_rules.

#include <string>
#include <string_view>

#include "rules/bulk/bulk_rules.hpp"

namespace zoom_proxy {

/// The keys tell the kind: `fileRules` by path; `format`, `transforms` or `outputSchemaFilter` by
/// record; else by column. `file` is used in places only. Throws ConfigError, also for API rules.
[[nodiscard]] BulkRules read_bulk_rules(std::string_view yaml, const std::string& file);

/// True for rules of that kind by their keys, read_bulk_rules() may still find fault with them.
/// Throws ConfigError for what is no YAML.
[[nodiscard]] bool are_bulk_rules(std::string_view yaml, const std::string& file);

}  // namespace zoom_proxy
