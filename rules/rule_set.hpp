#pragma once
// The rules as a file states them: one struct per YAML concept, before anything is compiled.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/error.hpp"
#include "rules/json_path.hpp"
#include "rules/transform.hpp"

namespace zoom_proxy {

/// The types of JSON Schema.
enum class JsonType {
  any,  ///< none is named
  string,
  integer,
  number,
  boolean,
  object,
  array,
  null,
};

/// Their names.
inline constexpr std::array<std::pair<std::string_view, JsonType>, 7> kJsonTypes{{
    {"string", JsonType::string},
    {"integer", JsonType::integer},
    {"number", JsonType::number},
    {"boolean", JsonType::boolean},
    {"object", JsonType::object},
    {"array", JsonType::array},
    {"null", JsonType::null},
}};

struct Property;

/// A response schema node: what of a value is kept (docs/compatibility.md, "Response schema").
struct Schema {
  using Type = JsonType;
  Type type = Type::any;  ///< without a type any scalar is kept, a container becomes null
  std::string ref;        ///< name of the definition that stands here; nothing else counts then
  std::vector<Property> properties;     ///< in file order
  std::shared_ptr<const Schema> items;  ///< null: elements are untyped
  std::vector<Schema> any_of;  ///< the first whose constants fit stands here; only `ref` goes first
  std::shared_ptr<const Schema> condition;    ///< `if`: an object of one constant; comes next
  std::shared_ptr<const Schema> then_schema;  ///< where there is a condition, never null
  std::shared_ptr<const Schema> else_schema;  ///< null: what does not meet the condition fits not
  std::optional<std::string> constant;        ///< `const` of a string: no other value fits
  Place place;
};

struct Property {
  std::string key;
  Schema schema;
};

struct Transform {
  Operation operation;
  std::vector<JsonPath> paths;              ///< at least one
  std::optional<JsonPath> apply_only_when;  ///< on the whole document: only if it finds something
  Place place;
};

/// What the value of a path or query parameter must look like.
struct ParameterSchema {
  enum class Type { any, string, integer, number };
  Type type = Type::any;
  bool reversible_pseudonym = false;  ///< format: the whole value is a `p~` token
  std::optional<std::string> pattern;
  std::vector<std::string> one_of;  ///< `enum`
  std::vector<ParameterSchema> any_of;
  bool required = false;  ///< query parameters only
  Place place;
};

struct BodyProperty;

/// What a value in a request's body must look like: a part of JSON Schema 2020-12.
struct BodySchema {
  using Type = JsonType;
  Type type = Type::any;
  std::vector<std::shared_ptr<const Regex>> patterns;  ///< each finds something in a text
  std::vector<std::string> one_of;                     ///< `enumValues`; empty: no bound
  std::vector<BodyProperty> properties;
  std::vector<std::string> required;
  bool only_listed = false;                      ///< `additionalProperties: false`
  std::shared_ptr<const BodySchema> additional;  ///< of members that are not listed; null: any
  std::shared_ptr<const BodySchema> items;       ///< null: any
};

struct BodyProperty {
  std::string key;
  BodySchema schema;
};

struct RequestBody {
  bool required = false;
  std::optional<BodySchema> json;  ///< of `application/json`; nothing: any body of any type
};

struct Endpoint {
  std::optional<std::string> path_template;
  std::optional<std::string> path_regex;  ///< when both are given, this one is matched
  std::map<std::string, ParameterSchema> path_parameters;
  std::optional<std::vector<std::string>> allowed_methods;  ///< upper case; nothing: any method
  std::optional<std::vector<std::string>> allowed_query_params;  ///< nothing: any; empty: none
  std::map<std::string, ParameterSchema> query_parameters;
  std::vector<std::string> allowed_request_headers;
  std::optional<RequestBody> request_body;  ///< nothing: any body
  std::optional<Schema> response_schema;    ///< nothing: every field is kept
  std::vector<Transform> transforms;
  Place place;
  Place path_place;  ///< of the template or regex

  /// The template or regex as written: the endpoint's name in logs, metrics and reports.
  [[nodiscard]] const std::string& name() const {
    return path_template ? *path_template : *path_regex;
  }
};

struct RuleSet {
  std::vector<Endpoint> endpoints;                   ///< at least one
  std::vector<std::string> allowed_request_headers;  ///< on every endpoint
  std::map<std::string, Schema> definitions;
};

}  // namespace zoom_proxy
