#include "rules/bulk/columnar_rule_reader.hpp"

#include <algorithm>

#include "rules/bulk/column_key.hpp"
#include "rules/format/csv.hpp"

namespace zoom_proxy {
namespace {

std::string read_name(const YamlNode& node) {
  const std::string& name = node.as_string();
  if (column_key(name).empty()) node.fail("a blank is no column's name; remove the entry");
  return std::string(csv_trim(name));
}

std::vector<ColumnName> read_names(const YamlNode& list) {
  std::vector<ColumnName> names;
  if (list.is_null()) return names;
  for (const YamlNode& node : list.elements()) names.push_back({read_name(node), node.place()});
  return names;
}

std::vector<ColumnName> read_names(const YamlNode& root, std::string_view key) {
  const auto list = root.find(key);
  return list ? read_names(*list) : std::vector<ColumnName>();
}

/// A map from columns of the input to new names.
std::vector<std::pair<ColumnName, std::string>> read_new_names(const YamlNode& root,
                                                               std::string_view key) {
  std::vector<std::pair<ColumnName, std::string>> names;
  const auto map = root.find(key);
  if (!map || map->is_null()) return names;
  for (const YamlEntry& entry : map->entries()) {
    names.emplace_back(ColumnName{read_name(entry.key_node), entry.key_node.place()},
                       read_name(entry.value));
  }
  return names;
}

std::shared_ptr<const Regex> read_regex(const YamlNode& node) {
  try {
    return std::make_shared<const Regex>(node.as_string(), Regex::Case::sensitive,
                                         Regex::Extent::whole, Place{}, Regex::Units::utf8);
  } catch (const ConfigError& error) {
    node.fail(error.what());
  }
}

/// The format of Java's String.format, of which `%s` and `%%` alone are meant.
std::string read_format(const YamlNode& node) {
  const std::string& text = node.as_string();
  std::size_t holes = 0;
  for (std::size_t i = text.find('%'); i != std::string::npos; i = text.find('%', i + 2)) {
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    if (kind != 's' && kind != '%') node.fail("`%s` stands for the value, `%%` for a percent sign");
    holes += kind == 's' ? 1 : 0;
  }
  if (holes != 1) node.fail("it needs `%s` once, where the value goes");
  return text;
}

/// `$1` is a group, `\` makes the next character literal, as in Java.
std::string read_replacement(const YamlNode& node) {
  const std::string& text = node.as_string();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) node.fail("a `\\` with nothing behind it");
    if (text[i] != '$' || text[i - (i > 0)] == '\\') continue;
    if (i + 1 == text.size() || text[i + 1] < '0' || text[i + 1] > '9') {
      node.fail("`$` must be followed by a group's number; write `\\$` for a dollar sign");
    }
  }
  return text;
}

FieldStep read_step(const YamlNode& node) {
  node.check_keys(
      {"filter", "formatString", "javaRegExpReplace", "pseudonymize", "pseudonymizeWithScope"});
  if (node.entries().size() != 1)
    node.fail("each transform has one key; make it a list of several");
  FieldStep step;
  if (const auto filter = node.find("filter")) {
    step.regex = read_regex(*filter);
  } else if (const auto format = node.find("formatString")) {
    step.kind = FieldStep::Kind::format_string;
    step.template_text = read_format(*format);
  } else if (const auto replace = node.find("javaRegExpReplace")) {
    replace->check_keys({"regExp", "replace"});
    step.kind = FieldStep::Kind::replace;
    step.regex = read_regex(replace->at("regExp"));
    step.template_text = read_replacement(replace->at("replace"));
  } else if (const auto pseudonymize = node.find("pseudonymize")) {
    if (!pseudonymize->as_bool()) pseudonymize->fail("only true has a meaning; remove it");
    step.kind = FieldStep::Kind::pseudonymize;
  } else {
    node.at("pseudonymizeWithScope").fail("scopes are not supported; use `pseudonymize: true`");
  }
  return step;
}

FieldTransform read_transform(const YamlEntry& entry) {
  entry.value.check_keys({"sourceColumn", "newName", "transforms"});
  FieldTransform transform;
  const auto source = entry.value.find("sourceColumn");
  const YamlNode named = source && !source->is_null() ? *source : entry.key_node;
  transform.source = {read_name(named), named.place()};
  transform.new_name = read_name(entry.value.at("newName"));
  if (const auto steps = entry.value.find("transforms"); steps && !steps->is_null()) {
    for (const YamlNode& step : steps->elements()) transform.steps.push_back(read_step(step));
  }
  return transform;
}

char read_delimiter(const YamlNode& node) {
  const std::string& text = node.as_string();
  const bool can = text.size() == 1 && text != "\"" && text != "\n" && text != "\r" &&
                   text != "\\" && static_cast<unsigned char>(text.front()) < 0x80 &&
                   text.front() != '\0';
  if (!can) node.fail("it must be one ASCII character, such as `,`, `;` or \"\\t\"");
  return text.front();
}

/// What is to be dropped must not leave under another name.
void check_renamed(const YamlNode& root, const ColumnarRules& rules) {
  const auto has = [](const std::vector<ColumnName>& names, const std::string& key) {
    return std::ranges::any_of(
        names, [&](const ColumnName& name) { return column_key(name.text) == key; });
  };
  for (const auto& [old, name] : rules.rename) {
    const std::string key = column_key(name);
    if (!has(rules.redact, column_key(old.text)) || has(rules.pseudonymize, key) ||
        has(rules.pseudonymize_if_present, key)) {
      continue;
    }
    root.at("columnsToRename")
        .fail("the column " + in_quotes(old.text) +
              " is in columnsToRedact, too; decide whether it leaves under a new name or not");
  }
}

}  // namespace

ColumnarRules read_columnar_rules(const YamlNode& root) {
  root.check_keys({"delimiter", "pseudonymFormat", "columnsToPseudonymize",
                   "columnsToPseudonymizeIfPresent", "columnsToRedact", "columnsToInclude",
                   "columnsToRename", "columnsToDuplicate", "fieldsToTransform",
                   "defaultScopeIdForSource"});
  using Encoding = TransformOptions::Encoding;
  constexpr std::array<std::pair<std::string_view, Encoding>, 3> kFormats{{
      {"JSON", Encoding::json},
      {"URL_SAFE_TOKEN", Encoding::url_safe_token},
      {"URL_SAFE_HASH_ONLY", Encoding::url_safe_hash_only},
  }};
  ColumnarRules rules;
  if (const auto delimiter = root.find("delimiter")) rules.delimiter = read_delimiter(*delimiter);
  if (const auto format = root.find("pseudonymFormat")) rules.format = choose(*format, kFormats);
  rules.pseudonymize = read_names(root, "columnsToPseudonymize");
  rules.pseudonymize_if_present = read_names(root, "columnsToPseudonymizeIfPresent");
  rules.redact = read_names(root, "columnsToRedact");
  if (const auto include = root.find("columnsToInclude"); include && !include->is_null()) {
    rules.include = read_names(*include);
  }
  rules.rename = read_new_names(root, "columnsToRename");
  rules.duplicate = read_new_names(root, "columnsToDuplicate");
  if (const auto fields = root.find("fieldsToTransform"); fields && !fields->is_null()) {
    for (const YamlEntry& entry : fields->entries()) {
      rules.transforms.push_back(read_transform(entry));
    }
  }
  check_renamed(root, rules);
  return rules;
}

}  // namespace zoom_proxy
