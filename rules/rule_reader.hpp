#pragma once
// Rules YAML -> RuleSet. Strict: an unknown, duplicate or mistyped key is an error with its place.

#include <string>
#include <string_view>

#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// Reads API rules. `file` is used in error places only. Throws ConfigError.
[[nodiscard]] RuleSet read_rules(std::string_view yaml, const std::string& file);

/// The rules text behind a setting: the name of a built-in set, the path of a file, or the text
/// itself, plain or as base64(gzip(yaml)). Throws ConfigError when it is none of these.
struct RulesText {
  std::string yaml;
  std::string name;  ///< "zoom" or the file's path, for error places and logs
};
[[nodiscard]] RulesText load_rules_text(const std::string& name_or_file_or_text);

}  // namespace zoom_proxy
