// Which rules a text goes through: kinds of rules, rules by path, formats that are guessed.

#include "rules/bulk/bulk_engine.hpp"

#include <gtest/gtest.h>

#include "tests/rules/bulk/made_by_bulk.hpp"

namespace zoom_proxy {
namespace {

using test::bulk_rules_error;
using test::text_by;
using test::token_of;

/// What the rules make of a text at that path, or why not.
std::string at_path(const std::string& yaml, const std::string& path, const std::string& text) {
  try {
    return text_by(yaml, text, {.input = {.path = path, .content_type = ""}});
  } catch (const BulkError& error) {
    return error.what();
  }
}

TEST(BulkEngine, TheKeysTellTheKind) {
  EXPECT_EQ(text_by("columnsToRedact: [b]", "a,b\n1,2\n"), "a\n1\n");
  EXPECT_EQ(text_by("transforms: [redact: $.b]", R"({"a":1,"b":2})"), "{\"a\":1,\"b\":null}\n");
  EXPECT_EQ(text_by("format: JSON_ARRAY", "[]"), "[]");
  EXPECT_EQ(text_by("outputSchemaFilter: {type: object}", R"({"a":1})"), "{}\n");
  EXPECT_EQ(at_path("fileRules: {'{x}.csv': {columnsToRedact: [b]}}", "m.csv", "a,b\n1,2\n"),
            "a\n1\n");
}

TEST(BulkEngine, OtherRulesAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"endpoints: [{pathTemplate: /a}]", "rules.yaml:1:1: these are API rules"},
      {"allowAllEndpoints: true", "rules.yaml:1:1: these are API rules"},
      {"", "bulk rules are a map; name the columns"},
      {"[]", "bulk rules are a map"},
      {"columnsToHide: [a]", "columnsToHide"},
      {"transforms: []\ncolumnsToRedact: [a]", "columnsToRedact"},
      {"fileRules: {a: {}}\nformat: CSV", "format"},
      {"fileRules: {}", "without a path"},
      {"fileRules: []", "map"},
      {"fileRules: {a: {endpoints: []}}", "API rules"},
      {"fileRules: {a: null}", "bulk rules are a map"},
      {"fileRules: {'': {format: CSV}}", "an empty path"},
      {"fileRules: {'/': {format: CSV}}", "an empty path"},
      {"fileRules: {'a{b': {format: CSV}}", "the path \"a{b\": a `{` without its `}`"},
      {"fileRules: {'{a}/{a}': {format: CSV}}", "two parameters"},
      {"fileRules: {'a?': {format: CSV}}", "remove the `?`"},
      {"fileRules: {a: {fileRules: {b: {format: CSV}}}}", "has none"},
      {"fileRules: {'{a}': {fileRules: {'{b}': {fileRules: {c: {format: CSV}}}}}}", "no deeper"},
  };
  for (const auto& [yaml, part] : cases) {
    const std::string error = bulk_rules_error(yaml);
    EXPECT_NE(error.find(part), std::string::npos) << yaml << " -> " << error;
  }
}

TEST(BulkEngine, TheFirstPathThatFitsCounts) {
  const std::string yaml = R"(
fileRules:
  /export/{week}/index_{n}.ndjson: {transforms: [redact: $.a]}
  export/{week}/{x?}.ndjson: {transforms: [redact: $.b]}
  "{any}": {transforms: [redact: $.c]}
)";
  const std::string record = R"({"a":1,"b":1,"c":1})";
  EXPECT_EQ(at_path(yaml, "export/7/index_1.ndjson", record), "{\"a\":null,\"b\":1,\"c\":1}\n");
  EXPECT_EQ(at_path(yaml, "/export/7/index_1.ndjson", record), "{\"a\":null,\"b\":1,\"c\":1}\n");
  EXPECT_EQ(at_path(yaml, "export/7/index.ndjson", record), "{\"a\":1,\"b\":null,\"c\":1}\n");
  EXPECT_EQ(at_path(yaml, "export/7/.ndjson", record), "{\"a\":1,\"b\":null,\"c\":1}\n");
  EXPECT_EQ(at_path(yaml, "anything", record), "{\"a\":1,\"b\":1,\"c\":null}\n");
  for (const std::string path : {"Export/7/index_1.ndjson", "export/7/8/index_1.ndjson", "",
                                 "export/7/index_1.ndjson\n", "export/7/index_1.ndjson.gz"}) {
    EXPECT_TRUE(at_path(yaml, path, record).starts_with("no rule fits the file's path")) << path;
  }
  EXPECT_EQ(
      at_path(yaml, "a/b", record),
      "no rule fits the file's path (fileRules has \"/export/{week}/index_{n}.ndjson\", "
      "\"export/{week}/{x?}.ndjson\", \"{any}\"); add one, or give the file a path that fits");
}

TEST(BulkEngine, InnerRulesSeeTheLastParameter) {
  const std::string yaml = R"(
fileRules:
  in/{day}/{file}:
    fileRules:
      /{x}.csv: {columnsToRedact: [b]}
      "{x}.ndjson": {transforms: [redact: $.b]}
  in/{day}/{other}: {format: NDJSON}
)";
  EXPECT_EQ(at_path(yaml, "in/1/m.csv", "a,b\n1,2\n"), "a\n1\n");
  EXPECT_EQ(at_path(yaml, "in/1/m.ndjson", R"({"b":2})"), "{\"b\":null}\n");
  // The outer path has been decided.
  EXPECT_TRUE(at_path(yaml, "in/1/m.txt", "{}").starts_with("no rule fits")) << "m.txt";
}

TEST(BulkEngine, AutomaticFormatsGoByTypeThenByEnding) {
  const std::string yaml = "format: AUTO\ntransforms: [redact: $.b]";
  const auto format = [&](const std::string& path, const std::string& type) -> std::string {
    try {
      const BulkEngine engine({yaml, "r"}, test::known_codec());
      const auto made = [&](const std::string& text) {
        return test::arriving(*engine.open({.path = path, .content_type = type}), text, text.size(),
                              text.size())
            .error.empty();
      };
      if (made("b\n1\n")) return "csv";
      return made("[{}]") ? "array" : "lines";
    } catch (const BulkError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(format("a.csv", "application/x-ndjson"), "lines");
  EXPECT_EQ(format("a.json", "Text/CSV ; charset=utf-8"), "csv");
  EXPECT_EQ(format("2026/a.CSV", ""), "csv");
  EXPECT_EQ(format("2026/a.csv.gz", "application/octet-stream"), "csv");
  EXPECT_EQ(format("a.ndjson", "application/json"), "lines");
  EXPECT_EQ(format("a.jsonl.gz", ""), "lines");
  EXPECT_EQ(format("a.json", ""), "array");
  EXPECT_EQ(format("a", "application/json; charset=utf-8"), "array");
  EXPECT_EQ(format("a", ""), "lines");
  EXPECT_EQ(format("csv", "text/plain"), "lines");
  EXPECT_TRUE(format("a.parquet", "").starts_with("Parquet is not supported"));
  EXPECT_TRUE(format("a", "application/vnd.apache.parquet").starts_with("Parquet"));
}

TEST(BulkEngine, KnowsItsRules) {
  const BulkEngine engine({"format: CSV", "r.yaml"}, test::known_codec());
  EXPECT_EQ(engine.rules_sha(), "fa33fa849f36152065fc9adb6153700826bc450e");
  EXPECT_EQ(engine.rules_name(), "r.yaml");
}

}  // namespace
}  // namespace zoom_proxy
