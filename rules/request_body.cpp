#include "rules/request_body.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rules/format/encoding.hpp"
#include "rules/look_ahead.hpp"

namespace zoom_proxy {
namespace {

using Type = BodySchema::Type;

std::string_view name_of(Type type) {
  return std::ranges::find(kJsonTypes, type, [](const auto& row) { return row.second; })->first;
}

// ---- reading ----

std::shared_ptr<const Regex> read_pattern(const YamlNode& node, const std::string& pattern) {
  return std::make_shared<const Regex>(pattern, Regex::Case::sensitive, Regex::Extent::anywhere,
                                       node.place(), Regex::Units::utf8);
}

BodySchema read_schema(const YamlNode& node);

/// `additionalProperties`: a boolean or a schema.
void read_additional(const YamlNode& node, BodySchema& schema) {
  if (node.is_map()) {
    schema.additional = std::make_shared<const BodySchema>(read_schema(node));
  } else {
    schema.only_listed = !node.as_bool();
  }
}

BodySchema read_schema(const YamlNode& node) {
  node.check_keys({"type", "format", "properties", "items", "required", "pattern", "enumValues",
                   "additionalProperties"});
  BodySchema schema;
  if (const auto type = node.find("type")) schema.type = choose(*type, kJsonTypes);
  if (const auto format = node.find("format")) {
    const std::string& word = format->as_string();
    if (word != "pseudonym" && word != "reversible-pseudonym") {
      format->fail("unknown format " + in_quotes(word) + "; the only one is pseudonym");
    }
    schema.patterns.push_back(read_pattern(*format, "p~[A-Za-z0-9_-]{43,}"));
  }
  if (const auto pattern = node.find("pattern")) {
    schema.patterns.push_back(read_pattern(*pattern, pattern->as_string()));
  }
  if (const auto words = node.find("enumValues")) {
    schema.one_of = words->as_strings();
    if (schema.one_of.empty()) words->fail("an empty list allows no value at all; list some");
  }
  if (const auto properties = node.find("properties")) {
    for (const YamlEntry& entry : properties->entries()) {
      schema.properties.push_back(BodyProperty{std::string(entry.key), read_schema(entry.value)});
    }
  }
  if (const auto names = node.find("required")) schema.required = names->as_strings();
  if (const auto more = node.find("additionalProperties")) read_additional(*more, schema);
  if (const auto items = node.find("items")) {
    schema.items = std::make_shared<const BodySchema>(read_schema(*items));
  }
  return schema;
}

// ---- judging ----

bool is_integer(const std::string& number) {
  if (number.find_first_of(".eE") == std::string::npos) return true;
  const double value = std::strtod(number.c_str(), nullptr);
  return std::isfinite(value) && value == std::trunc(value);
}

bool is_of(Type type, const JsonNode& value) {
  switch (type) {
    case Type::any:
      return true;
    case Type::string:
      return value.kind == JsonNode::Kind::string;
    case Type::integer:
      return value.kind == JsonNode::Kind::number && is_integer(value.text);
    case Type::number:
      return value.kind == JsonNode::Kind::number;
    case Type::boolean:
      return value.kind == JsonNode::Kind::boolean;
    case Type::object:
      return value.kind == JsonNode::Kind::object;
    case Type::array:
      return value.kind == JsonNode::Kind::array;
    case Type::null:
      return value.kind == JsonNode::Kind::null;
  }
  return false;
}

using Refusal = std::optional<std::string>;

Refusal judge(const BodySchema& schema, const JsonNode& value, const std::string& place);

/// Every occurrence of a repeated member must do: who reads the body may take any.
Refusal judge_members(const BodySchema& schema, const JsonNode& value, const std::string& place) {
  for (const std::string& name : schema.required) {
    if (std::ranges::find(value.members, name, &JsonMember::key) == value.members.end()) {
      return place + "." + name + " is missing";
    }
  }
  for (const JsonMember& member : value.members) {
    const auto listed = std::ranges::find(schema.properties, member.key, &BodyProperty::key);
    if (listed != schema.properties.end()) {
      if (Refusal why = judge(listed->schema, member.value, place + "." + listed->key)) return why;
    } else if (schema.only_listed) {
      return place + " has a member that the rules do not list";
    } else if (schema.additional) {
      if (Refusal why = judge(*schema.additional, member.value, place + ".*")) return why;
    }
  }
  return std::nullopt;
}

Refusal judge(const BodySchema& schema, const JsonNode& value, const std::string& place) {
  if (!is_of(schema.type, value)) {
    return place + " is not of the type " + std::string(name_of(schema.type));
  }
  const bool is_text = value.kind == JsonNode::Kind::string;
  const auto found = [&](const auto& pattern) { return pattern->matches(value.text); };
  if (is_text && !std::ranges::all_of(schema.patterns, found)) {
    return place + " does not have the form that the rules ask for";
  }
  if (!schema.one_of.empty() &&
      (!is_text || std::ranges::find(schema.one_of, value.text) == schema.one_of.end())) {
    return place + " is none of the values that the rules list";
  }
  if (value.kind == JsonNode::Kind::object) return judge_members(schema, value, place);
  if (!schema.items) return std::nullopt;
  for (const JsonNode& element : value.elements) {
    if (Refusal why = judge(*schema.items, element, place + "[]")) return why;
  }
  return std::nullopt;
}

bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) content_type.remove_suffix(1);
  return content_type.empty() || ascii_iequals(content_type, "application/json");
}

}  // namespace

RequestBody read_request_body(const YamlNode& node) {
  node.check_keys({"required", "content"});
  RequestBody rule;
  if (const auto required = node.find("required")) rule.required = required->as_bool();
  if (const auto content = node.find("content")) {
    for (const YamlEntry& entry : content->entries()) {
      if (!ascii_iequals(entry.key, "application/json")) {
        entry.key_node.fail("only application/json can be checked by this version; remove " +
                            in_quotes(entry.key));
      }
      if (rule.json) entry.key_node.fail("is there twice; remove one");
      rule.json = read_schema(entry.value);
    }
  }
  return rule;
}

std::optional<std::string> body_refusal(const RequestBody& rule, std::string_view content_type,
                                        std::string_view body) {
  if (body.empty()) {
    return rule.required ? Refusal("the rules ask for a body here, and there is none")
                         : std::nullopt;
  }
  if (!rule.json) return std::nullopt;
  if (!is_json(content_type)) return "the rules allow a body of application/json only";
  Utf8Check utf8;
  if (!utf8.feed(body) || !utf8.complete()) return "the body is not UTF-8";
  const std::optional<JsonNode> value = parse_node(body);
  if (!value) return "the body is not one JSON value";
  return judge(*rule.json, *value, "$");
}

}  // namespace zoom_proxy
