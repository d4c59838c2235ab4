#include "rules/rule_reader.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "rules/builtin.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/gzip.hpp"
#include "rules/format/yaml.hpp"
#include "rules/limits.hpp"
#include "rules/request_body.hpp"
#include "rules/schema_reader.hpp"

namespace zoom_proxy {
namespace {

// ---- transforms
// ----------------------------------------------------------------------------------

bool read_flag(const YamlNode& map, std::string_view key) {
  const auto value = map.find(key);
  return value && value->as_bool();
}

/// The row of the table by the tag `!<pseudonymize>` or the key `method`.
const TransformType& read_type(const YamlNode& tagged) {
  const YamlNode node = tagged.untagged();
  std::string word = tagged.tag();
  if (const auto method = node.find("method")) {
    if (!word.empty() && word != method->as_string()) {
      method->fail("contradicts the tag " + in_quotes("!" + word));
    }
    word = method->as_string();
  }
  if (word.empty()) node.fail("a transform needs a tag like `!<redact>` that says what it does");
  std::vector<std::string_view> tags;
  for (const TransformType& type : transform_types()) {
    if (type.tag == word) return type;
    tags.push_back(type.tag);
  }
  node.fail("unknown transform " + in_quotes(word) + did_you_mean(word, tags));
}

Transform read_transform(const YamlNode& tagged) {
  Transform transform;
  transform.place = tagged.place();
  const TransformType& type = read_type(tagged);
  transform.operation.type = &type;
  const YamlNode node = tagged.untagged();
  // `fields` has no effect, as in the peer.
  std::vector<std::string_view> keys = {"method", "jsonPaths", "applyOnlyWhen", "fields"};
  for (const TransformType::Key& key : type.keys) keys.push_back(key.name);
  node.check_keys(keys);
  for (const TransformType::Key& key : type.keys) {
    if (const auto value = node.find(key.name)) key.read(*value, transform.operation.options);
  }
  if (type.finish != nullptr) type.finish(node, transform.operation.options);
  const YamlNode paths = node.at("jsonPaths");
  for (const YamlNode& path : paths.elements()) transform.paths.push_back(read_json_path(path));
  if (transform.paths.empty()) paths.fail("a transform without paths does nothing; remove it");
  if (const auto when = node.find("applyOnlyWhen"); when && !when->is_null()) {
    transform.apply_only_when = read_json_path(*when);
  }
  return transform;
}

// ---- endpoints
// -----------------------------------------------------------------------------------

constexpr std::array<std::pair<std::string_view, ParameterSchema::Type>, 3> kParameterTypes{{
    {"string", ParameterSchema::Type::string},
    {"integer", ParameterSchema::Type::integer},
    {"number", ParameterSchema::Type::number},
}};

enum class ParameterOf { path, query };

ParameterSchema read_parameter(const YamlNode& node, ParameterOf where) {
  if (where == ParameterOf::query) {
    node.check_keys({"type", "format", "pattern", "enum", "anyOf", "required"});
  } else {
    node.check_keys({"type", "format", "pattern", "enum", "anyOf"});
  }
  ParameterSchema schema;
  schema.place = node.place();
  if (const auto type = node.find("type")) schema.type = choose(*type, kParameterTypes);
  if (const auto format = node.find("format")) {
    const std::string& word = format->as_string();
    if (word != "reversible-pseudonym" && word != "pseudonym") {
      format->fail("unknown format " + in_quotes(word) + "; the only one is reversible-pseudonym");
    }
    schema.reversible_pseudonym = true;
  }
  if (const auto pattern = node.find("pattern")) schema.pattern = pattern->as_string();
  if (const auto words = node.find("enum")) {
    schema.one_of = words->as_strings();
    if (schema.one_of.empty()) words->fail("an empty list allows no value at all; list some");
  }
  if (const auto alternatives = node.find("anyOf")) {
    for (const YamlNode& alternative : alternatives->elements()) {
      schema.any_of.push_back(read_parameter(alternative, where));
    }
  }
  schema.required = read_flag(node, "required");
  return schema;
}

std::map<std::string, ParameterSchema> read_parameters(const YamlNode& map, std::string_view key,
                                                       ParameterOf where) {
  std::map<std::string, ParameterSchema> parameters;
  if (const auto schemas = map.find(key)) {
    for (const YamlEntry& entry : schemas->entries()) {
      parameters.emplace(entry.key, read_parameter(entry.value, where));
    }
  }
  return parameters;
}

/// Names of methods or header fields: tokens of RFC 9110 section 5.6.2.
std::vector<std::string> read_tokens(const YamlNode& node) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto is_token_character = [&](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  };
  std::vector<std::string> tokens = node.as_strings();
  for (const std::string& token : tokens) {
    if (token.empty() || !std::ranges::all_of(token, is_token_character)) {
      node.fail(in_quotes(token) + " cannot be the name of a method or header");
    }
  }
  return tokens;
}

void read_endpoint_path(const YamlNode& node, Endpoint& endpoint) {
  const auto path_template = node.find("pathTemplate");
  const auto path_regex = node.find("pathRegex");
  if (path_template) {
    endpoint.path_template = path_template->as_string();
    endpoint.path_place = path_template->place();
  }
  if (path_regex) {
    endpoint.path_regex = path_regex->as_string();
    endpoint.path_place = path_regex->place();
  }
  if (!path_template && !path_regex) {
    node.fail("an endpoint needs pathTemplate (\"/v2/users/{userId}\") or pathRegex");
  }
}

Endpoint read_endpoint(const YamlNode& node) {
  node.check_keys({"pathTemplate", "pathRegex", "pathParameterSchemas", "allowedMethods",
                   "allowedQueryParams", "queryParamSchemas", "allowedRequestHeaders",
                   "allowedRequestHeadersToForward", "requestBody", "responseSchema", "augments",
                   "transforms"});
  Endpoint endpoint;
  endpoint.place = node.place();
  read_endpoint_path(node, endpoint);
  endpoint.path_parameters = read_parameters(node, "pathParameterSchemas", ParameterOf::path);
  if (const auto methods = node.find("allowedMethods")) {
    endpoint.allowed_methods = read_tokens(*methods);
    for (std::string& method : *endpoint.allowed_methods) {
      for (char& c : method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  if (const auto names = node.find("allowedQueryParams")) {
    endpoint.allowed_query_params = names->as_strings();
  }
  endpoint.query_parameters = read_parameters(node, "queryParamSchemas", ParameterOf::query);
  for (const auto key : {"allowedRequestHeaders", "allowedRequestHeadersToForward"}) {
    if (const auto headers = node.find(key)) {
      for (std::string& header : read_tokens(*headers)) {
        endpoint.allowed_request_headers.push_back(std::move(header));
      }
    }
  }
  if (const auto body = node.find("requestBody")) {
    endpoint.request_body = read_request_body(*body);
  }
  if (const auto schema = node.find("responseSchema")) {
    endpoint.response_schema = read_schema(*schema);
  }
  if (const auto augments = node.find("augments"); augments && !augments->elements().empty()) {
    augments->fail("augments are not supported by this version; remove them from the rules");
  }
  if (const auto transforms = node.find("transforms")) {
    for (const YamlNode& transform : transforms->elements()) {
      endpoint.transforms.push_back(read_transform(transform));
    }
  }
  return endpoint;
}

}  // namespace

RuleSet read_rules(std::string_view yaml, const std::string& file) {
  const YamlDocument document = YamlDocument::parse(yaml, file);
  const YamlNode root = document.root();
  root.check_keys({"endpoints", "allowedRequestHeaders", "allowAllEndpoints", "definitions",
                   "defaultScopeIdForSource"});
  if (read_flag(root, "allowAllEndpoints")) {
    root.at("allowAllEndpoints")
        .fail(
            "true would send the answers of unlisted endpoints to the client unsanitized; "
            "list the endpoints instead and remove this key");
  }
  RuleSet rules;
  for (const YamlNode& endpoint : root.at("endpoints").elements()) {
    rules.endpoints.push_back(read_endpoint(endpoint));
  }
  if (rules.endpoints.empty()) {
    root.at("endpoints").fail("without an endpoint every request would be refused; list some");
  }
  if (const auto headers = root.find("allowedRequestHeaders")) {
    rules.allowed_request_headers = read_tokens(*headers);
  }
  if (const auto definitions = root.find("definitions")) {
    for (const YamlEntry& entry : definitions->entries()) {
      rules.definitions.emplace(entry.key, read_schema(entry.value));
    }
  }
  check_references(rules);
  return rules;
}

// ---- where rules come from
// -----------------------------------------------------------------------

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// No name, path or base64 text looks like that, and rules always do.
bool looks_like_yaml(std::string_view text) {
  return text.find('\n') != std::string_view::npos || text.find(": ") != std::string_view::npos ||
         text.starts_with('{');
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(limits::kRulesFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) {
    throw ConfigError({path}, "the rules file cannot be read; check its type and permissions");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limits::kRulesFileBytes) {
    throw ConfigError({path}, "the rules file is larger than " +
                                  std::to_string(limits::kRulesFileBytes) + " bytes");
  }
  return text;
}

std::optional<std::string> decode_packed(std::string_view text) {
  const std::optional<std::string> bytes = decode_base64(text);
  if (!bytes) return std::nullopt;
  if (auto unzipped = gunzip(*bytes, limits::kRulesFileBytes)) return unzipped;
  if (looks_like_yaml(*bytes)) return bytes;
  return std::nullopt;
}

}  // namespace

RulesText load_rules_text(const std::string& name_or_file_or_text) {
  const std::string value(trimmed(name_or_file_or_text));
  if (value.size() > limits::kRulesFileBytes) {
    throw ConfigError(
        {}, "the rules are larger than " + std::to_string(limits::kRulesFileBytes) + " bytes");
  }
  if (const auto builtin = builtin_rules(value)) return {std::string(*builtin), value};
  if (looks_like_yaml(value)) return {name_or_file_or_text, "rules"};
  std::error_code ignored;
  if (std::filesystem::exists(value, ignored)) return {read_file(value), value};
  if (auto yaml = decode_packed(value)) return {std::move(*yaml), "rules"};
  std::string names;
  for (const std::string_view name : builtin_rule_names()) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw ConfigError({}, "no rules at " + in_quotes(value) + ": it is no built-in rule set (" +
                            names +
                            "), no existing file, no YAML text and no base64 of gzip of one");
}

}  // namespace zoom_proxy
