#include "rules/explain.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>

#include "rules/canary.hpp"
#include "rules/route_table.hpp"
#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

RuleSet rules_of(const std::string& name) {
  const RulesText text = load_rules_text(name);
  return read_rules(text.yaml, text.name);
}

const std::string kRules = R"(
endpoints:
  - pathTemplate: /v2/users
    allowedMethods: [GET]
    allowedQueryParams: [page_size]
    responseSchema:
      type: object
      properties:
        id: { type: string }
        topic: { type: string }
        zone: { type: string }
        list: { type: array, items: { $ref: '#/definitions/Node' } }
    transforms:
      - !<pseudonymize> { jsonPaths: ['$.id'], includeReversible: true }
      - !<textDigest> { jsonPaths: ['$.topic'] }
      - !<redact> { jsonPaths: ["$.list[?(@.kind == 'x')].name"] }
  - pathRegex: ^/own$
    transforms:
      - !<hashIp> { jsonPaths: ['$.ip'] }
definitions:
  Node:
    type: object
    properties:
      kind: { type: string }
      name: { type: string }
      inner: { $ref: '#/definitions/Node' }
)";

TEST(Explain, SaysWhatBecomesOfEveryField) {
  EXPECT_EQ(explain_text(explain(read_rules(kRules, "test.yaml"))),
            R"(/v2/users
  methods  GET
  query    page_size
  scope    user:read:list_users:admin
  holds    $.list[] (must be seen as a whole)
  $.id                 reversible
  $.list[].kind        kept
  $.list[].name        kept or redacted
  $.list[].inner.kind  kept
  $.list[].inner.name  kept
  $.topic              digested
  $.zone               kept
  everything else is dropped

^/own$
  methods  any method
  query    any
  scope    not known
  $.ip  pseudonymized
  everything else is kept as it is

)");
}

TEST(Explain, SaysWhereOneOfSeveralSchemasIsChosen) {
  const std::vector<EndpointReport> reports = explain(read_rules(R"(
endpoints:
  - pathTemplate: /a
    responseSchema:
      type: object
      properties:
        list:
          type: array
          items:
            anyOf:
              - type: object
                properties: { kind: { type: string, const: a }, x: {} }
              - if: { properties: { kind: { const: b } } }
                then: { properties: { y: {} } }
)",
                                                                 "test.yaml"));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].held, std::vector<std::string>{"$.list[]"});
  std::map<std::string, std::vector<std::string>> fates;
  for (const FieldReport& field : reports[0].fields) fates[field.place] = field.fate;
  const std::map<std::string, std::vector<std::string>> expected = {
      {"$.list[].kind", {"emptied"}}, {"$.list[].x", {"kept"}}, {"$.list[].y", {"kept"}}};
  EXPECT_EQ(fates, expected);
}

TEST(Explain, CallsNothingAPseudonymBesideWhichTheValueLeaves) {
  const auto reports = explain(read_rules(R"(
endpoints:
  - pathTemplate: /a
    responseSchema:
      type: object
      properties:
        both: { type: string }
        text: { type: string }
        list: { type: array, items: { type: string } }
    transforms:
      - !<pseudonymize> { jsonPaths: ['$.both'], encoding: JSON, includeOriginal: true }
      - !<pseudonymizeRegexMatches> { jsonPaths: ['$.text'], regex: 'id-[0-9]+' }
      - !<redact> { jsonPaths: ['$.list[0]'] }
)",
                                          "test.yaml"));
  std::map<std::string, std::vector<std::string>> fates;
  for (const FieldReport& field : reports[0].fields) fates[field.place] = field.fate;
  const std::map<std::string, std::vector<std::string>> expected = {
      {"$.both", {"kept"}},
      {"$.text", {"pseudonymized", "kept"}},
      {"$.list[]", {"kept", "redacted"}}};
  EXPECT_EQ(fates, expected);
}

const std::string kConditions = R"(
endpoints:
  - pathTemplate: /a/{userId}/{kind}/{free}
    pathParameterSchemas:
      userId: { type: string, format: reversible-pseudonym }
      kind: { enum: [live, past] }
      free: { type: string }
    queryParamSchemas:
      from: { pattern: '[0-9]{4}|now', required: true }
      size: { anyOf: [{ type: integer }, { type: number }, { enum: [all] }] }
)";

TEST(Explain, SaysWhatParametersMustBe) {
  const auto reports = explain(read_rules(kConditions, "test.yaml"));
  EXPECT_TRUE(explain_text(reports).find(R"(
  checks   path parameter kind: one of `live`, `past`
  checks   path parameter userId: a reversible token of this proxy
  checks   query parameter from: there and like `[0-9]{4}|now`
  checks   query parameter size: either digits or a number or one of `all`
  scope )") != std::string::npos)
      << explain_text(reports);
  const auto json = boost::json::parse(explain_json(reports));
  const auto& conditions = json.at("endpoints").at(0).at("conditions").as_object();
  EXPECT_EQ(conditions.size(), 4U);
  EXPECT_EQ(conditions.at("path parameter userId"), "a reversible token of this proxy");
}

TEST(Explain, KnowsTypes) {
  const auto reports = explain(read_rules(R"(
endpoints:
  - pathTemplate: /a
    responseSchema:
      type: object
      properties:
        s: { type: string }
        i: { type: integer }
        n: { type: number }
        b: { type: boolean }
        any: {}
    transforms:
      - !<pseudonymize> { jsonPaths: ['$.s'] }
)",
                                          "test.yaml"));
  std::map<std::string, std::string> types;
  for (const FieldReport& field : reports[0].fields) types[field.place] = field.type;
  const std::map<std::string, std::string> expected = {
      {"$.s", "string"}, {"$.i", "number"}, {"$.n", "number"}, {"$.b", "boolean"}, {"$.any", ""}};
  EXPECT_EQ(types, expected);
}

TEST(Explain, SaysTheSameAsJson) {
  const auto json = boost::json::parse(explain_json(explain(read_rules(kRules, "test.yaml"))));
  const auto& endpoints = json.at("endpoints").as_array();
  ASSERT_EQ(endpoints.size(), 2U);
  EXPECT_EQ(endpoints[0].at("endpoint"), "/v2/users");
  EXPECT_EQ(endpoints[0].at("scope"), "user:read:list_users:admin");
  EXPECT_EQ(endpoints[0].at("otherFields"), "dropped");
  EXPECT_EQ(endpoints[0].at("fields").at(0).at("place"), "$.id");
  EXPECT_EQ(endpoints[0].at("fields").at(0).at("fate").at(0), "reversible");
  EXPECT_EQ(endpoints[0].at("held").at(0), "$.list[]");
  EXPECT_TRUE(endpoints[1].at("query").is_null());
  EXPECT_TRUE(endpoints[1].at("scope").is_null());
  EXPECT_EQ(endpoints[1].at("otherFields"), "kept");
}

TEST(Explain, KnowsTheScopeOfEveryBuiltInEndpoint) {
  for (const EndpointReport& report : explain(rules_of("zoom"))) {
    EXPECT_NE(report.scope, "") << report.name;
  }
}

TEST(ExplainDiff, ShowsOnlyWhatIsDifferent) {
  const auto zoom = explain(rules_of("zoom"));
  EXPECT_EQ(explain_diff(zoom, zoom), "");
  const auto own = explain(read_rules(kRules, "test.yaml"));
  const std::string diff = explain_diff(own, zoom);
  EXPECT_NE(diff.find("`/v2/users`\n\n| place"), std::string::npos);
  EXPECT_NE(diff.find("| `methods` | GET | GET, HEAD |"), std::string::npos) << diff;
  EXPECT_NE(diff.find("| `$.topic` | digested | dropped |"), std::string::npos);
  EXPECT_NE(diff.find("`^/own$`\n\nAllowed only by the first."), std::string::npos);
  EXPECT_NE(diff.find("/recordings`\n\nAllowed only by the second."), std::string::npos);
}

TEST(ExplainDiff, ShowsWhatParametersMustBe) {
  const auto strict = explain(read_rules(kConditions, "test.yaml"));
  auto open = strict;
  open[0].conditions.clear();
  const std::string diff = explain_diff(open, strict);
  for (const char* row :
       {"| `path parameter userId` | anything | a reversible token of this proxy |\n",
        "| `query parameter from` | anything | there and like `[0-9]{4}\\|now` |\n"}) {
    EXPECT_NE(diff.find(row), std::string::npos) << diff;
  }
  EXPECT_NE(explain_diff(strict, open).find("| one of `live`, `past` | anything |"),
            std::string::npos);
}

/// docs/privacy/zoom-strict.md is made by `explain --rules zoom --diff zoom-strict`.
TEST(ZoomStrict, DiffersFromZoomAsTheDocumentSays) {
  const std::string path = TEST_DATA_DIR "/../docs/privacy/zoom-strict.md";
  std::ifstream file(path);
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const std::string diff =
      explain_diff(explain(rules_of("zoom")), explain(rules_of("zoom-strict")));
  ASSERT_NE(diff, "");
  EXPECT_NE(document.find("\n\n" + diff), std::string::npos)
      << "put this at the end of docs/privacy/zoom-strict.md:\n"
      << diff;
}

TEST(ZoomStrict, IsAskedForUsersByTheirTokensAlone) {
  const RuleSet rules = rules_of("zoom-strict");
  const RouteTable routes(rules);
  const std::string token = "p~" + std::string(43, 'A');
  int of_users = 0;
  for (const Endpoint& endpoint : rules.endpoints) {
    const std::string& name = endpoint.name();
    const auto place = name.find("{userId}");
    if (place == std::string::npos) continue;
    ++of_users;
    const auto path = [&](const std::string& user) {
      return std::string(name).replace(place, 8, user);
    };
    EXPECT_TRUE(std::holds_alternative<RouteMatch>(routes.match("GET", path(token)))) << name;
    for (const char* user :
         {"ada@corp.example", "ada%40corp.example", "KDcuGIm1QgePTO8WbOqwIQ", "me"}) {
      EXPECT_FALSE(std::holds_alternative<RouteMatch>(routes.match("GET", path(user)))) << user;
    }
  }
  EXPECT_EQ(of_users, 3);
}

TEST(ZoomStrict, TakesTheSameRequestsAndKeepsNoMoreThanZoom) {
  const auto zoom = explain(rules_of("zoom"));
  const auto strict = explain(rules_of("zoom-strict"));
  ASSERT_EQ(zoom.size(), strict.size());
  for (std::size_t i = 0; i < zoom.size(); ++i) {
    EXPECT_EQ(zoom[i].name, strict[i].name);
    EXPECT_EQ(zoom[i].methods, strict[i].methods);
    EXPECT_EQ(zoom[i].query, strict[i].query);
    ASSERT_EQ(zoom[i].fields.size(), strict[i].fields.size());
    for (std::size_t f = 0; f < zoom[i].fields.size(); ++f) {
      EXPECT_EQ(zoom[i].fields[f].place, strict[i].fields[f].place);
      if (zoom[i].fields[f].fate != strict[i].fields[f].fate) {
        EXPECT_EQ(zoom[i].fields[f].fate, std::vector<std::string>{"kept"});
      }
    }
  }
}

TEST(ZoomStrict, DoesNotLeak) {
  PseudonymOptions options;
  options.salt = "a salt of the canary tests, long enough";
  options.encryption_key = "a key of the canary tests";
  const Engine engine("zoom-strict", std::make_shared<const TokenCodec>(options));
  for (std::size_t i = 0; i < engine.rules().endpoints.size(); ++i) {
    EXPECT_EQ(fly_canaries(engine, i, engine.rules(), EgressGuard::redact).leaks,
              std::vector<std::string>());
  }
}

}  // namespace
}  // namespace zoom_proxy
