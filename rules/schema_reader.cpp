#include "rules/schema_reader.hpp"

#include <set>

#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

using Type = Schema::Type;

std::string read_ref(const YamlNode& node) {
  constexpr std::string_view kPrefix = "#/definitions/";
  const std::string& ref = node.as_string();
  if (!ref.starts_with(kPrefix) || ref.size() == kPrefix.size()) {
    node.fail(in_quotes(ref) + " is no reference of the form \"#/definitions/NAME\"");
  }
  return ref.substr(kPrefix.size());
}

/// `{properties: {KEY: {const: TEXT}}}`, the one form of a condition.
std::shared_ptr<const Schema> read_condition(const YamlNode& node) {
  constexpr auto kForm = "a condition has the form {properties: {NAME: {const: TEXT}}}";
  node.check_keys({"type", "properties", "title", "required", "additionalProperties", "$schema"});
  if (const auto type = node.find("type"); type && choose(*type, kJsonTypes) != Type::object) {
    type->fail(kForm);
  }
  const auto entries = node.at("properties").entries();
  if (entries.size() != 1) node.fail(kForm);
  const YamlNode value = entries.front().value;
  value.check_keys({"type", "const"});
  if (const auto type = value.find("type"); type && choose(*type, kJsonTypes) != Type::string) {
    type->fail(kForm);
  }
  Schema constant;
  constant.type = Type::string;
  constant.constant = value.at("const").as_string();
  constant.place = value.place();
  auto condition = std::make_shared<Schema>();
  condition->type = Type::object;
  condition->place = node.place();
  condition->properties.push_back({std::string(entries.front().key), std::move(constant)});
  return condition;
}

Schema read(const YamlNode& node, Type type_otherwise);

/// What decides between several schemas: `anyOf`, `if`, `const`.
void read_choices(const YamlNode& node, Schema& schema) {
  if (const auto alternatives = node.find("anyOf")) {
    for (const YamlNode& one : alternatives->elements()) {
      schema.any_of.push_back(read(one, Type::any));
    }
    if (schema.any_of.empty()) alternatives->fail("an empty list keeps nothing; list some schemas");
  }
  if (const auto condition = node.find("if")) {
    schema.condition = read_condition(*condition);
    schema.then_schema = std::make_shared<const Schema>(read(node.at("then"), Type::object));
    if (const auto otherwise = node.find("else")) {
      schema.else_schema = std::make_shared<const Schema>(read(*otherwise, Type::object));
    }
  } else {
    for (const auto key : {"then", "else"}) {
      if (const auto branch = node.find(key)) branch->fail("means nothing without \"if\"");
    }
  }
  if (const auto constant = node.find("const")) {
    schema.constant = constant->as_string();
    if (schema.type != Type::string) constant->fail("goes with `type: string` only; add that");
  }
}

Schema read(const YamlNode& node, Type type_otherwise) {
  node.check_keys({"type", "$ref", "format", "properties", "items", "definitions", "anyOf", "if",
                   "then", "else", "const", "title", "required", "additionalProperties",
                   "$schema"});
  Schema schema;
  schema.place = node.place();
  schema.type = type_otherwise;
  if (const auto type = node.find("type")) schema.type = choose(*type, kJsonTypes);
  if (const auto format = node.find("format")) (void)format->as_string();
  // Without the type that goes with them `properties` and `items` mean nothing, as in the peer: the
  // value is untyped and a container becomes null. They must still be well-formed.
  if (const auto properties = node.find("properties")) {
    std::vector<Property> list;
    for (const YamlEntry& entry : properties->entries()) {
      list.push_back(Property{std::string(entry.key), read(entry.value, Type::any)});
    }
    if (schema.type == Type::object) schema.properties = std::move(list);
  }
  if (const auto items = node.find("items")) {
    auto element = std::make_shared<const Schema>(read(*items, Type::any));
    if (schema.type == Type::array) schema.items = std::move(element);
  }
  read_choices(node, schema);
  if (const auto ref = node.find("$ref")) schema.ref = read_ref(*ref);
  return schema;
}

class ReferenceCheck {
 public:
  explicit ReferenceCheck(const RuleSet& rules) : rules_(rules) {}

  /// The schema and all below it.
  void check(const Schema& schema) {
    follow(schema);
    for (const auto& [name, property] : schema.properties) check(property);
    if (schema.items) check(*schema.items);
    for (const Schema& alternative : schema.any_of) check(alternative);
    if (schema.then_schema) check(*schema.then_schema);
    if (schema.else_schema) check(*schema.else_schema);
  }

 private:
  /// All schemas that may stand for this one at the same value: none may be itself.
  void follow(const Schema& schema) {
    if (!schema.ref.empty()) return follow_reference(schema);
    for (const Schema& alternative : schema.any_of) follow(alternative);
    if (schema.then_schema) follow(*schema.then_schema);
    if (schema.else_schema) follow(*schema.else_schema);
  }

  void follow_reference(const Schema& schema) {
    const auto found = rules_.definitions.find(schema.ref);
    if (found == rules_.definitions.end())
      fail(schema, " has no such definition" + nearest(schema));
    if (fine_.contains(schema.ref)) return;
    if (!open_.insert(schema.ref).second) fail(schema, " only leads back to itself");
    if (open_.size() > limits::kReferences) {
      fail(schema, " is one of more than " + std::to_string(limits::kReferences) +
                       " references in a row; name the last one instead");
    }
    follow(found->second);
    open_.erase(schema.ref);
    fine_.insert(schema.ref);
  }

  [[nodiscard]] std::string nearest(const Schema& schema) const {
    std::vector<std::string_view> names;
    for (const auto& [known, definition] : rules_.definitions) names.emplace_back(known);
    return did_you_mean(schema.ref, names);
  }

  [[noreturn]] static void fail(const Schema& at, const std::string& why) {
    throw ConfigError(at.place, "$ref " + in_quotes("#/definitions/" + at.ref) + why);
  }

  const RuleSet& rules_;
  std::set<std::string_view> open_;  ///< definitions on the way to the one that is looked at
  std::set<std::string_view> fine_;
};

}  // namespace

Schema read_schema(const YamlNode& node) { return read(node, Type::any); }

void check_references(const RuleSet& rules) {
  ReferenceCheck references(rules);
  for (const auto& [name, schema] : rules.definitions) references.check(schema);
  for (const Endpoint& endpoint : rules.endpoints) {
    if (endpoint.response_schema) references.check(*endpoint.response_schema);
  }
}

}  // namespace zoom_proxy
