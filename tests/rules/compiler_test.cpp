// The automaton's text dump says what became of schema and paths.

#include "rules/compiler.hpp"

#include <gtest/gtest.h>

#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

std::string compiled(const std::string& yaml) {
  const RuleSet rules = read_rules(yaml, "test.yaml");
  return compile(rules, rules.endpoints.front()).dump();
}

TEST(Compiler, ListsOnlyWhatTheSchemaNames) {
  EXPECT_EQ(compiled(R"(
endpoints:
  - pathTemplate: /a
    responseSchema:
      type: object
      properties:
        n: {type: integer}
        users:
          type: array
          items:
            type: object
            properties:
              email: {type: string}
              name: {type: string}
              zone: {type: string}
    transforms:
      - !<pseudonymize>
        jsonPaths: ["$.users[*].email"]
      - !<redact>
        jsonPaths: ["$..name"]
)"),
            "1: object .n=2 .users=3\n"
            "2: integer\n"
            "3: array [*]=4\n"
            "4: object .email=5 .name=dropped .zone=6\n"
            "5: string pseudonymize\n"
            "6: string\n");
}

TEST(Compiler, KeepsEverythingButWhatPathsTouchWithoutASchema) {
  EXPECT_EQ(compiled(R"(
endpoints:
  - pathTemplate: /a
    transforms:
      - !<pseudonymize>
        jsonPaths: ["$..id"]
        includeReversible: true
      - !<redact>
        jsonPaths: ["$.secret"]
)"),
            "1: anything .id=2 .secret=dropped .*=3 [*]=3\n"
            "2: anything pseudonymize-reversible .id=2 .*=3 [*]=3\n"
            "3: anything .id=2 .*=3 [*]=3\n");
}

TEST(Compiler, AppliesTransformsInTheirOrderAndFollowsRecursiveDefinitions) {
  EXPECT_EQ(compiled(R"(
endpoints:
  - pathTemplate: /a
    responseSchema: {$ref: "#/definitions/Node"}
    transforms:
      - !<textDigest>
        jsonPaths: ["$..label"]
      - !<pseudonymize>
        jsonPaths: ["$.label", "$..none"]
definitions:
  Node:
    type: object
    properties:
      label: {type: string}
      next: {$ref: "#/definitions/Node"}
)"),
            "1: object .label=2 .next=3\n"
            "2: string textDigest pseudonymize\n"
            "3: object .label=4 .next=3\n"
            "4: string textDigest\n");
}

TEST(Compiler, RefusesToRedactTheWholeDocument) {
  EXPECT_THROW(compiled(R"(
endpoints:
  - pathTemplate: /a
    transforms:
      - !<redact>
        jsonPaths: ["$"]
)"),
               ConfigError);
}

}  // namespace
}  // namespace zoom_proxy
