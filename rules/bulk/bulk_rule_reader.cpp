#include "rules/bulk/bulk_rule_reader.hpp"

#include <algorithm>
#include <array>

#include "rules/bulk/columnar_rule_reader.hpp"
#include "rules/bulk/record_rule_reader.hpp"
#include "rules/format/yaml.hpp"
#include "rules/path_template.hpp"

namespace zoom_proxy {
namespace {

/// How many `fileRules` may stand one in the other, as in the peer.
constexpr int kNesting = 2;

template <std::size_t kCount>
bool has_any(const YamlNode& map, const std::array<std::string_view, kCount>& keys) {
  return std::ranges::any_of(keys, [&](std::string_view key) { return map.find(key).has_value(); });
}

BulkRules read_kind(const YamlNode& root, int nesting);

FileRule read_file_rule(const YamlEntry& entry, int nesting) {
  const Place place = entry.key_node.place();
  std::string_view path = entry.key;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) throw ConfigError(place, "an empty path fits no file; name one, as in {name}");
  const PathTemplate parsed = parse_path_template(path, "the path", place);
  auto rules = std::make_shared<const BulkRules>(read_kind(entry.value, nesting + 1));
  if (parsed.names.empty() && std::holds_alternative<MultiTypeRules>(rules->kind)) {
    entry.value.fail(
        "fileRules inside fileRules are matched against the last parameter of the path above, "
        "which has none; add one, as in exports/{name}");
  }
  return {std::string(entry.key),
          Regex(parsed.regex, Regex::Case::sensitive, Regex::Extent::whole, place),
          std::move(rules)};
}

MultiTypeRules read_file_rules(const YamlNode& root, int nesting) {
  root.check_keys({"fileRules", "defaultScopeIdForSource"});
  const YamlNode files = root.at("fileRules");
  if (nesting == kNesting) files.fail("fileRules may stand in fileRules, but no deeper");
  MultiTypeRules rules;
  for (const YamlEntry& entry : files.entries()) {
    rules.files.push_back(read_file_rule(entry, nesting));
  }
  if (rules.files.empty()) files.fail("without a path every file would be refused; name some");
  return rules;
}

BulkRules read_kind(const YamlNode& root, int nesting) {
  constexpr std::array<std::string_view, 4> kApi = {"endpoints", "allowAllEndpoints",
                                                    "allowedRequestHeaders", "definitions"};
  constexpr std::array<std::string_view, 3> kRecords = {"format", "transforms",
                                                        "outputSchemaFilter"};
  if (!root.is_map()) {
    root.fail(
        "bulk rules are a map; name the columns (columnsToPseudonymize, columnsToRedact), or "
        "`transforms` of JSON records, or `fileRules` by path");
  }
  if (has_any(root, kApi)) {
    root.fail(
        "these are API rules, which sanitize answers of an API; bulk rules name columns "
        "(columnsToPseudonymize, columnsToRedact), `transforms` of JSON records, or `fileRules` "
        "by path");
  }
  if (root.find("fileRules")) return {read_file_rules(root, nesting)};
  if (has_any(root, kRecords)) return {read_record_rules(root)};
  return {read_columnar_rules(root)};
}

}  // namespace

BulkRules read_bulk_rules(std::string_view yaml, const std::string& file) {
  return read_kind(YamlDocument::parse(yaml, file).root(), 0);
}

bool are_bulk_rules(std::string_view yaml, const std::string& file) {
  constexpr std::array<std::string_view, 12> kKeys = {"fileRules",
                                                      "format",
                                                      "transforms",
                                                      "outputSchemaFilter",
                                                      "columnsToPseudonymize",
                                                      "columnsToPseudonymizeIfPresent",
                                                      "columnsToRedact",
                                                      "columnsToInclude",
                                                      "columnsToRename",
                                                      "columnsToDuplicate",
                                                      "fieldsToTransform",
                                                      "pseudonymFormat"};
  const YamlDocument document = YamlDocument::parse(yaml, file);
  return document.root().is_map() && has_any(document.root(), kKeys);
}

}  // namespace zoom_proxy
