#include "rules/rule_reader.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "rules/builtin.hpp"
#include "rules/format/encoding.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kEndpoint = "endpoints:\n  - pathTemplate: /v2/users\n";

std::string read_error(const std::string& yaml) {
  try {
    (void)read_rules(yaml, "r.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

/// The error of an endpoint with these further lines, which begin at line 3, column 5.
std::string endpoint_error(const std::string& lines) {
  return read_error(std::string(kEndpoint) + "    " + lines);
}

/// The error of an endpoint with this one transform, whose text begins at line 4, column 9.
std::string transform_error(const std::string& transform) {
  return endpoint_error("transforms:\n      - " + transform);
}

/// The error of a response schema of one property `p`.
std::string property_error(const std::string& schema) {
  return endpoint_error("responseSchema: { type: object, properties: { p: " + schema + " } }");
}

#define EXPECT_CONTAINS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << "\"" << (text) << "\" lacks " << (part)

const char* const kEverything = R"(
allowedRequestHeaders: [Accept-Language]
defaultScopeIdForSource: zoom
allowAllEndpoints: false
endpoints:
  - pathTemplate: /v2/users/{userId}
    pathParameterSchemas:
      userId: { type: string, format: reversible-pseudonym }
    allowedMethods: [GET, head]
    allowedQueryParams: [page_size]
    queryParamSchemas:
      page_size:
        required: true
        anyOf: [{ type: integer }, { enum: [all, none] }, { type: number, pattern: '1.*' }]
    allowedRequestHeaders: [X-A]
    allowedRequestHeadersToForward: [X-B]
    augments: []
    responseSchema: { $ref: '#/definitions/User' }
    transforms:
      - !<pseudonymize>
        jsonPaths: ['$.id']
        includeReversible: true
        encoding: URL_SAFE_TOKEN
      - !redact
        jsonPaths: ['$.name', '$..email']
      - method: textDigest
        jsonPaths: ['$.text']
        keywords: []
  - pathRegex: '^/v2/groups$'
definitions:
  User:
    type: object
    properties:
      id: { type: string, format: whatever }
      tags: { type: array, items: { type: integer } }
      any: {}
)";

TEST(RuleReader, ReadsAnEndpoint) {
  const RuleSet rules = read_rules(kEverything, "r.yaml");
  ASSERT_EQ(rules.endpoints.size(), 2U);
  EXPECT_EQ(rules.allowed_request_headers, std::vector<std::string>{"Accept-Language"});
  const Endpoint& users = rules.endpoints[0];
  EXPECT_EQ(users.name(), "/v2/users/{userId}");
  EXPECT_EQ(users.place.text(), "r.yaml:6:5");
  EXPECT_EQ(users.path_place.text(), "r.yaml:6:19");
  EXPECT_TRUE(users.path_parameters.at("userId").reversible_pseudonym);
  EXPECT_EQ(users.allowed_methods, (std::vector<std::string>{"GET", "HEAD"}));
  EXPECT_EQ(users.allowed_query_params, std::vector<std::string>{"page_size"});
  const ParameterSchema& page_size = users.query_parameters.at("page_size");
  EXPECT_TRUE(page_size.required);
  ASSERT_EQ(page_size.any_of.size(), 3U);
  EXPECT_EQ(page_size.any_of[0].type, ParameterSchema::Type::integer);
  EXPECT_EQ(page_size.any_of[1].one_of, (std::vector<std::string>{"all", "none"}));
  EXPECT_EQ(page_size.any_of[2].pattern, "1.*");
  EXPECT_EQ(users.allowed_request_headers, (std::vector<std::string>{"X-A", "X-B"}));
  EXPECT_EQ(users.response_schema->ref, "User");
}

TEST(RuleReader, ReadsTransformsAndDefinitions) {
  const RuleSet rules = read_rules(kEverything, "r.yaml");
  const Endpoint& users = rules.endpoints.at(0);
  ASSERT_EQ(users.transforms.size(), 3U);
  EXPECT_EQ(users.transforms[0].operation.type->tag, "pseudonymize");
  EXPECT_TRUE(users.transforms[0].operation.options.include_reversible);
  EXPECT_EQ(users.transforms[1].operation.type->tag, "redact");
  EXPECT_EQ(users.transforms[1].paths[1].text, "$..email");
  EXPECT_EQ(users.transforms[2].operation.type->tag, "textDigest");

  const Schema& user = rules.definitions.at("User");
  ASSERT_EQ(user.properties.size(), 3U);
  EXPECT_EQ(user.properties[1].schema.items->type, Schema::Type::integer);
  EXPECT_EQ(user.properties[2].schema.type, Schema::Type::any);
}

TEST(RuleReader, WhatIsAbsentAllowsAll) {
  const RuleSet rules = read_rules(kEverything, "r.yaml");
  const Endpoint& groups = rules.endpoints.at(1);
  EXPECT_EQ(groups.name(), "^/v2/groups$");
  EXPECT_FALSE(groups.allowed_methods);
  EXPECT_FALSE(groups.allowed_query_params);
  EXPECT_FALSE(groups.response_schema);
}

TEST(RuleReader, AnEmptyQueryListIsNotAbsent) {
  const RuleSet rules = read_rules(std::string(kEndpoint) + "    allowedQueryParams: []\n", "");
  ASSERT_TRUE(rules.endpoints[0].allowed_query_params);
  EXPECT_TRUE(rules.endpoints[0].allowed_query_params->empty());
  EXPECT_CONTAINS(endpoint_error("allowedQueryParams:\n"), "expected a list, found nothing");
}

TEST(RuleReader, UnknownKeysAreErrors) {
  EXPECT_EQ(read_error("endpointz: []"),
            "r.yaml:1:1: unknown key \"endpointz\"; did you mean \"endpoints\"?");
  EXPECT_EQ(endpoint_error("allowedMethod: [GET]"),
            "r.yaml:3:5: unknown key \"allowedMethod\"; did you mean \"allowedMethods\"?");
  EXPECT_CONTAINS(endpoint_error("description: x"), "r.yaml:3:5: unknown key \"description\"");
  EXPECT_CONTAINS(transform_error("!<redact>\n        jsonPath: ['$.a']"),
                  "r.yaml:5:9: unknown key");
  EXPECT_CONTAINS(property_error("{ type: string, enum: [a] }"), "unknown key \"enum\"");
  EXPECT_CONTAINS(property_error("{ type: integer, minimum: 1 }"), "unknown key \"minimum\"");
  EXPECT_CONTAINS(endpoint_error("queryParamSchemas: { a: { min: 1 } }"), "unknown key \"min\"");
  EXPECT_CONTAINS(endpoint_error("pathParameterSchemas: { a: { required: true } }"), "required");
  EXPECT_CONTAINS(read_error("columnsToPseudonymize: [Email]"), "columnsToPseudonymize");
}

TEST(RuleReader, DuplicateKeysAreErrors) {
  EXPECT_CONTAINS(endpoint_error("allowedMethods: [GET]\n    allowedMethods: [DELETE]"),
                  "r.yaml:4:5: duplicate key \"allowedMethods\"");
  EXPECT_CONTAINS(property_error("{ type: string, type: object }"), "duplicate key \"type\"");
}

TEST(RuleReader, MistypedValuesAreErrors) {
  EXPECT_CONTAINS(endpoint_error("allowedMethods: { GET: true }"), "\"allowedMethods\"");
  EXPECT_CONTAINS(endpoint_error("allowedMethods: ['GET ']"), "\"allowedMethods\"");
  EXPECT_CONTAINS(endpoint_error("allowedRequestHeaders: ['a:b']"), "\"allowedRequestHeaders\"");
  EXPECT_CONTAINS(endpoint_error("transforms: {}"), "\"transforms\"");
  EXPECT_CONTAINS(property_error("string"), "\"p\": expected a map, found a text");
  EXPECT_CONTAINS(property_error("{ type: [string, 'null'] }"), "\"type\"");
  EXPECT_CONTAINS(property_error("{ type: strang }"), "\"strang\" is none of: string, integer,");
  EXPECT_CONTAINS(property_error("{ type: object, properties: [a] }"), "\"properties\"");
  EXPECT_CONTAINS(transform_error("!<redact> {jsonPaths: '$.a'}"), "\"jsonPaths\"");
  EXPECT_CONTAINS(transform_error("!<pseudonymize> {jsonPaths: ['$.a'], includeReversible: maybe}"),
                  "\"includeReversible\"");
  EXPECT_CONTAINS(endpoint_error("queryParamSchemas: { a: { format: date } }"), "\"format\"");
  EXPECT_CONTAINS(endpoint_error("queryParamSchemas: { a: { enum: [] } }"), "\"enum\"");
  EXPECT_CONTAINS(endpoint_error("allowedMethods: !x [GET]"), "unexpected tag");
  for (const std::string text : {"", "hello", "- a\n- b\n", "{}"}) EXPECT_NE(read_error(text), "");
}

TEST(RuleReader, WhatThisVersionCannotDoIsRefusedAsSuch) {
  constexpr auto kUnsupported = "not supported by this version";
  EXPECT_CONTAINS(endpoint_error("augments: [{}]"), kUnsupported);
}

TEST(RuleReader, SchemasThatChooseMustMakeSense) {
  EXPECT_EQ(property_error("{ anyOf: [{ type: string }, {}] }"), "");
  EXPECT_EQ(property_error("{ type: string, const: a }"), "");
  EXPECT_EQ(property_error("{ if: { type: object, properties: { a: { const: b } } }, then: {} }"),
            "");
  EXPECT_CONTAINS(property_error("{ anyOf: [] }"), "\"anyOf\": an empty list keeps nothing");
  EXPECT_CONTAINS(property_error("{ anyOf: {} }"), "\"anyOf\"");
  EXPECT_CONTAINS(property_error("{ const: a }"), "\"const\": goes with `type: string` only");
  EXPECT_CONTAINS(property_error("{ type: integer, const: 5 }"), "\"const\"");
  EXPECT_CONTAINS(property_error("{ type: string, const: [a] }"), "\"const\"");
  EXPECT_CONTAINS(property_error("{ then: {} }"), "\"then\": means nothing without \"if\"");
  EXPECT_CONTAINS(property_error("{ if: { properties: { a: { const: b } } } }"), "\"then\"");
  for (const std::string condition :
       {"{}", "{ properties: {} }", "{ properties: { a: { type: string } } }",
        "{ properties: { a: { const: b }, c: { const: d } } }", "{ type: array, properties: {} }",
        "{ anyOf: [{}] }", "{ properties: { a: { type: integer, const: 5 } } }"}) {
    EXPECT_NE(property_error("{ if: " + condition + ", then: {} }"), "") << condition;
  }
}

TEST(RuleReader, ReferencesMustNotLeadBackToThemselves) {
  const auto error = [](const std::string& a, const std::string& b) {
    return read_error("definitions:\n  A: " + a + "\n  B: " + b + "\n" + std::string(kEndpoint));
  };
  const std::string to_a = "{ $ref: '#/definitions/A' }";
  const std::string to_b = "{ $ref: '#/definitions/B' }";
  const std::string to_none = "{ $ref: '#/definitions/C' }";
  const std::string condition = "{ if: { properties: { k: { const: x } } }, then: ";
  EXPECT_CONTAINS(error("{ anyOf: [{}, " + to_a + "] }", "{}"),
                  "r.yaml:2:20: $ref \"#/definitions/A\" only leads back to itself");
  for (const std::string& b : {to_a, "{ anyOf: [" + to_a + "] }", condition + to_a + " }",
                               condition + "{}, else: " + to_a + " }"}) {
    EXPECT_CONTAINS(error("{ anyOf: [{ anyOf: [" + to_b + "] }] }", b),
                    "only leads back to itself");
  }
  for (const std::string& b : {"{ anyOf: [{}, { type: array, items: " + to_none + " }] }",
                               condition + "{ type: array, items: " + to_none + " } }",
                               condition + "{}, else: { properties: { p: " + to_none + " } } }"}) {
    EXPECT_CONTAINS(error("{}", b), "\"#/definitions/C\" has no such definition");
  }
  EXPECT_EQ(error("{ type: array, items: { anyOf: [" + to_a + "] } }",
                  "{ type: object, properties: { p: " + condition + to_b + " } } }"),
            "");
  std::string chain = "definitions:\n";
  for (int i = 0; i < 1002; ++i) {
    const std::string next = std::to_string(i + 1);
    chain += "  D" + std::to_string(i) + ": { anyOf: [{ $ref: '#/definitions/D" + next + "' }] }\n";
  }
  EXPECT_CONTAINS(read_error(chain + "  D1002: {}\n" + std::string(kEndpoint)),
                  "more than 1000 references in a row");
}

TEST(RuleReader, ReadsTheConditionOfATransform) {
  const RuleSet rules = read_rules(
      "endpoints:\n  - pathTemplate: /a\n    transforms:\n"
      "      - !<redact> {jsonPaths: ['$.a'], applyOnlyWhen: '$.b[?(@.c)]'}\n"
      "      - !<redact> {jsonPaths: ['$.a'], applyOnlyWhen: }\n",
      "r.yaml");
  EXPECT_EQ(rules.endpoints.at(0).transforms.at(0).apply_only_when->text, "$.b[?(@.c)]");
  EXPECT_FALSE(rules.endpoints.at(0).transforms.at(1).apply_only_when);
  EXPECT_CONTAINS(transform_error("!<redact> {jsonPaths: ['$.a'], applyOnlyWhen: b}"),
                  "must begin with `$`");
}

TEST(RuleReader, TransformsMustMakeSense) {
  EXPECT_EQ(
      transform_error("jsonPaths: ['$.a']"),
      "r.yaml:4:9: \"transforms\": a transform needs a tag like `!<redact>` that says what it "
      "does");
  EXPECT_CONTAINS(transform_error("!<remove> {jsonPaths: ['$.a']}"),
                  "unknown transform \"remove\"");
  EXPECT_CONTAINS(transform_error("!<Redact> {jsonPaths: ['$.a']}"), "did you mean \"redact\"?");
  EXPECT_CONTAINS(transform_error("!<redact> {method: pseudonymize, jsonPaths: ['$.a']}"),
                  "method");
  EXPECT_EQ(transform_error("!<redact> {method: redact, jsonPaths: ['$.a'], fields: [x]}"), "");
  EXPECT_CONTAINS(transform_error("!<redact> {}"), "\"jsonPaths\" is missing");
  EXPECT_CONTAINS(transform_error("!<redact> {jsonPaths: []}"), "\"jsonPaths\"");
  EXPECT_CONTAINS(transform_error("!<redact> {jsonPaths: ['']}"),
                  "\"jsonPaths\": \"\" is no JSONPath");
  EXPECT_CONTAINS(transform_error("!<redact> {jsonPaths: ['a']}"),
                  "r.yaml:4:32: \"jsonPaths\": \"a\" is no JSONPath");
  EXPECT_CONTAINS(transform_error("!<pseudonymize> {jsonPaths: ['$.a'], includeOriginal: true}"),
                  "\"includeOriginal\"");
  EXPECT_CONTAINS(transform_error("!<pseudonymize> {jsonPaths: ['$.a'], encoding: PLAIN}"),
                  "\"encoding\"");
  EXPECT_EQ(transform_error("!<pseudonymize> {jsonPaths: ['$.a'], onlyIfRegex: x}"), "");
}

TEST(RuleReader, PathsAreRequired) {
  EXPECT_EQ(
      read_error("endpoints: [{ allowedMethods: [GET] }]"),
      "r.yaml:1:13: \"endpoints\": an endpoint needs pathTemplate (\"/v2/users/{userId}\") or "
      "pathRegex");
  const RuleSet both = read_rules("endpoints: [{ pathTemplate: /a, pathRegex: /b }]", "");
  EXPECT_EQ(both.endpoints[0].path_regex, "/b");
}

TEST(RuleReader, WithoutEndpointsNothingWorks) {
  EXPECT_CONTAINS(read_error("endpoints: []"), "every request would be refused");
  EXPECT_CONTAINS(read_error("definitions: {}"), "\"endpoints\" is missing");
}

TEST(RuleReader, AllowAllEndpointsIsRefused) {
  const std::string error = read_error(std::string(kEndpoint) + "allowAllEndpoints: true\n");
  EXPECT_CONTAINS(error, "r.yaml:3:20: \"allowAllEndpoints\"");
  EXPECT_CONTAINS(error, "unsanitized");
}

TEST(RuleReader, ReferencesMustLeadSomewhere) {
  const auto with = [](const std::string& definitions) {
    return endpoint_error("responseSchema: { $ref: '#/definitions/A' }\ndefinitions: " +
                          definitions);
  };
  EXPECT_EQ(with("{ A: { type: string } }"), "");
  EXPECT_EQ(with("{ A: { $ref: '#/definitions/B' }, B: {} }"), "");
  EXPECT_CONTAINS(with("{ Aa: {} }"),
                  "\"#/definitions/A\" has no such definition; did you mean \"Aa\"?");
  EXPECT_CONTAINS(with("{ A: {}, B: { type: array, items: { $ref: '#/definitions/C' } } }"),
                  "\"#/definitions/C\"");
  EXPECT_CONTAINS(with("{ A: { $ref: '#/definitions/A' } }"), "only leads back to itself");
  EXPECT_CONTAINS(with("{ A: { $ref: '#/definitions/B' }, B: { $ref: '#/definitions/A' } }"),
                  "only leads back to itself");
  EXPECT_EQ(with("{ A: { type: object, properties: { child: { $ref: '#/definitions/A' } } } }"), "")
      << "a tree of any depth";
  for (const std::string ref :
       {"https://example.com/a", "file:///etc/passwd", "#", "#/definitions/"}) {
    EXPECT_CONTAINS(property_error("{ $ref: '" + ref + "' }"), "\"$ref\"");
  }
}

TEST(RuleReader, IgnoredSchemaKeys) {
  EXPECT_EQ(property_error("{ $schema: x, title: t, required: [a], additionalProperties: true, "
                           "format: email, definitions: {}, type: string }"),
            "");
}

TEST(RuleReader, PropertiesCountOnlyUnderTheirType) {
  const RuleSet rules = read_rules(
      std::string(kEndpoint) +
          "    responseSchema: { properties: { a: { type: string } }, items: { type: string } }\n",
      "");
  EXPECT_EQ(rules.endpoints[0].response_schema->type, Schema::Type::any);
  EXPECT_TRUE(rules.endpoints[0].response_schema->properties.empty());
  EXPECT_EQ(rules.endpoints[0].response_schema->items, nullptr);
  EXPECT_CONTAINS(endpoint_error("responseSchema: { properties: { a: { type: nope } } }"), "nope");
}

// ---- where rules come from
// -----------------------------------------------------------------------

std::string base64(std::string_view bytes) {
  return encode_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::string gzip(std::string text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(RulesText, BuiltIn) {
  const RulesText text = load_rules_text("zoom");
  EXPECT_EQ(text.name, "zoom");
  EXPECT_EQ(text.yaml, *builtin_rules("zoom"));
  EXPECT_EQ(builtin_rules("nope"), std::nullopt);
  EXPECT_EQ(load_rules_text("zoom-strict").yaml, *builtin_rules("zoom-strict"));
  EXPECT_EQ(builtin_rule_names().size(), 3U);
}

TEST(RulesText, Itself) {
  EXPECT_EQ(load_rules_text(std::string(kEndpoint)).yaml, kEndpoint);
  EXPECT_EQ(load_rules_text("{\"endpoints\":[]}").yaml, "{\"endpoints\":[]}");
  EXPECT_EQ(load_rules_text("endpoints: []").yaml, "endpoints: []");
}

TEST(RulesText, Packed) {
  const std::string yaml(kEndpoint);
  EXPECT_EQ(load_rules_text(base64(gzip(yaml))).yaml, yaml);
  EXPECT_EQ(load_rules_text(base64(gzip(yaml)) + "\n").yaml, yaml);
  EXPECT_EQ(load_rules_text(base64(yaml)).yaml, yaml);
  const std::string bomb = base64(gzip(std::string(limits::kRulesFileBytes + 1, 'a')));
  EXPECT_THROW((void)load_rules_text(bomb), ConfigError);
}

TEST(RulesText, File) {
  const std::string path = testing::TempDir() + "rules_text_test.yaml";
  std::ofstream(path) << kEndpoint;
  const RulesText text = load_rules_text(path);
  EXPECT_EQ(text.yaml, kEndpoint);
  EXPECT_EQ(text.name, path);
  std::ofstream(path) << std::string(limits::kRulesFileBytes + 1, '#');
  EXPECT_THROW((void)load_rules_text(path), ConfigError);
  std::filesystem::remove(path);
  EXPECT_THROW((void)load_rules_text(testing::TempDir()), ConfigError) << "a folder";
}

TEST(RulesText, NoneOfThem) {
  try {
    (void)load_rules_text("zooom");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "no rules at \"zooom\": it is no built-in rule set (zoom-ai-metrics, zoom-strict, "
              "zoom), no existing "
              "file, no YAML "
              "text and no base64 of gzip of one");
  }
  EXPECT_THROW((void)load_rules_text(""), ConfigError);
  EXPECT_THROW((void)load_rules_text(base64("no rules")), ConfigError);
}

}  // namespace
}  // namespace zoom_proxy
