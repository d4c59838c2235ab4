#include "rules/bulk/bulk_explain.hpp"

#include <gtest/gtest.h>

#include "rules/builtin.hpp"
#include "rules/bulk/bulk_rule_reader.hpp"

namespace zoom_proxy {
namespace {

std::string text_of(std::string_view yaml) {
  return explain_bulk_text(explain_bulk(read_bulk_rules(yaml, "rules.yaml")));
}

TEST(BulkExplain, ZoomAiMetrics) {
  EXPECT_EQ(text_of(*builtin_rules("zoom-ai-metrics")),
            "CSV by column\n"
            "  User Name   pseudonymized\n"
            "  Email       pseudonymized\n"
            "  Department  redacted\n"
            "  every other column is kept, but for values with an e-mail address "
            "(egress_guard)\n\n");
}

TEST(BulkExplain, ColumnsThatTheRulesMake) {
  EXPECT_EQ(text_of("columnsToInclude: [a, b, c]\n"
                    "columnsToRename: {b: B2}\n"
                    "columnsToDuplicate: {a: copy}\n"
                    "fieldsToTransform: {c: {newName: part, transforms: [{filter: 'x(.*)'}]}}\n"
                    "columnsToPseudonymize: [B2]\n"
                    "columnsToRedact: [c]\n"),
            "CSV by column\n"
            "  B2    pseudonymized, made from b\n"
            "  a     kept\n"
            "  copy  kept, made from a\n"
            "  part  reduced, made from c\n"
            "  every other column is dropped\n\n");
}

TEST(BulkExplain, RecordsWithoutSchema) {
  EXPECT_EQ(text_of("transforms: [{pseudonymize: $.email}]"),
            "records\n"
            "  $.email  pseudonymized\n"
            "  everything else is kept, but for values and names with an e-mail address "
             "(egress_guard)\n\n");
}

TEST(BulkExplain, RulesThatNameNoColumn) {
  EXPECT_EQ(text_of("columnsToRedact: []"),
            "CSV by column\n  every other column is kept, but for values with an e-mail address "
            "(egress_guard)\n\n");
}

TEST(BulkExplain, RecordsAndPaths) {
  const std::string_view yaml =
      "fileRules:\n"
      "  hr/{week}.csv: {columnsToRedact: [name]}\n"
      "  chat/{file}:\n"
      "    fileRules:\n"
      "      a{n}.json:\n"
      "        transforms: [{pseudonymize: $.user.email}, {redact: $.secret}]\n"
      "        outputSchemaFilter:\n"
      "          type: object\n"
      "          properties:\n"
      "            user: {type: object, properties: {email: {type: string}}}\n"
      "            count: {type: integer}\n";
  const std::string text = text_of(yaml);
  EXPECT_NE(text.find("CSV by column of files hr/{week}.csv\n  name  redacted\n"), text.npos);
  EXPECT_NE(text.find("records of files chat/{file}, of whose last parameter a{n}.json\n"),
            text.npos);
  EXPECT_NE(text.find("  $.user.email  pseudonymized\n"), text.npos) << text;
  EXPECT_NE(text.find("  $.count       kept\n"), text.npos) << text;
  EXPECT_NE(text.find("  everything else is dropped\n"), text.npos) << text;
  const std::string json = explain_bulk_json(explain_bulk(read_bulk_rules(yaml, "rules.yaml")));
  EXPECT_NE(json.find(R"({"paths":["hr/{week}.csv"],"columns":[{"column":"name",)"
                      R"("fate":"redacted"}],"others":"kept"})"),
            json.npos)
      << json;
}

}  // namespace
}  // namespace zoom_proxy
