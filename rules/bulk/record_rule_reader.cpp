#include "rules/bulk/record_rule_reader.hpp"

#include <array>
#include <utility>

#include "rules/bulk/record_transforms.hpp"
#include "rules/schema_reader.hpp"

namespace zoom_proxy {
namespace {

void read_paths(const YamlNode& node, Transform& transform) {
  const auto add = [&](const YamlNode& path) {
    transform.paths.push_back(read_json_path(path));
    if (transform.paths.back().steps.empty()) {
      path.fail("`$` is the record as a whole; name what in it is meant, as in $.email");
    }
  };
  if (node.is_scalar()) return add(node);
  for (const YamlNode& path : node.elements()) add(path);
  if (transform.paths.empty()) node.fail("a transform without paths does nothing; remove it");
}

void read_keywords(const YamlNode& node, Operation& operation) {
  for (const TransformType::Key& key : operation.type->keys) {
    if (key.name == "keywords") key.read(node, operation.options);
  }
  if (operation.options.words.empty())
    node.fail("an empty list finds nothing; use textDigest instead");
}

Transform read_transform(const YamlNode& node) {
  constexpr std::array<std::string_view, 5> kNames = {"redact", "pseudonymize", "tokenize",
                                                      "textDigest", "textDigestKeywords"};
  node.check_keys(kNames);
  if (node.entries().size() != 1) {
    node.fail("each transform is a list element of its own with one key, as in `- redact: $.name`");
  }
  const YamlEntry& entry = node.entries().front();
  Transform transform;
  transform.place = entry.key_node.place();
  transform.operation.type = record_transform_type(entry.key);
  if (entry.key != "textDigestKeywords") {
    read_paths(entry.value, transform);
    return transform;
  }
  entry.value.check_keys({"jsonPaths", "keywords"});
  read_paths(entry.value.at("jsonPaths"), transform);
  read_keywords(entry.value.at("keywords"), transform.operation);
  return transform;
}

RecordFormat read_format(const YamlNode& node) {
  constexpr std::array<std::pair<std::string_view, RecordFormat>, 4> kFormats = {{
      {"NDJSON", RecordFormat::ndjson},
      {"CSV", RecordFormat::csv},
      {"JSON_ARRAY", RecordFormat::json_array},
      {"AUTO", RecordFormat::automatic},
  }};
  if (node.is_scalar() && node.as_string() == "PARQUET") {
    node.fail(
        "PARQUET is not supported by this version; export the records as NDJSON or CSV and name "
        "that format");
  }
  return choose(node, kFormats);
}

RuleSet one_endpoint(const Place& place) {
  RuleSet rules;
  Endpoint& endpoint = rules.endpoints.emplace_back();
  endpoint.path_template = "/";
  endpoint.place = endpoint.path_place = place;
  return rules;
}

RuleSet read_filter(const YamlNode& node) {
  RuleSet rules = one_endpoint(node.place());
  const Schema schema = read_schema(node);
  const bool chosen = !schema.ref.empty() || !schema.any_of.empty() || schema.condition;
  if (!chosen && schema.type != JsonType::object) {
    node.fail("a record is an object, so nothing of it would be left; add `type: object`");
  }
  rules.endpoints.front().response_schema = schema;
  if (const auto definitions = node.find("definitions")) {
    for (const YamlEntry& entry : definitions->entries()) {
      rules.definitions.emplace(entry.key, read_schema(entry.value));
    }
  }
  check_references(rules);
  return rules;
}

}  // namespace

RecordRules read_record_rules(const YamlNode& root) {
  root.check_keys({"format", "transforms", "outputSchemaFilter", "defaultScopeIdForSource"});
  RecordRules rules;
  if (const auto format = root.find("format")) rules.format = read_format(*format);
  rules.transforms = one_endpoint(root.place());
  if (const auto transforms = root.find("transforms")) {
    for (const YamlNode& transform : transforms->elements()) {
      rules.transforms.endpoints.front().transforms.push_back(read_transform(transform));
    }
  }
  if (const auto filter = root.find("outputSchemaFilter"); filter && !filter->is_null()) {
    rules.schema = read_filter(*filter);
  }
  return rules;
}

}  // namespace zoom_proxy
