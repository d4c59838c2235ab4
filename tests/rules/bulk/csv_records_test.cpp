// Record rules over CSV: each row an object of texts.

#include <gtest/gtest.h>

#include "rules/limits.hpp"
#include "tests/rules/bulk/made_by_bulk.hpp"

namespace zoom_proxy {
namespace {

using test::made_by;
using test::text_by;
using test::token_of;

using Counts = std::map<std::string, std::uint64_t>;

const std::string kRules =
    "format: CSV\ntransforms: [{pseudonymize: $.email}, {redact: $.name}, {tokenize: $.id}]";

TEST(CsvRecords, RowsAreObjectsOfTexts) {
  EXPECT_EQ(text_by(kRules,
                    "\xEF\xBB\xBFid, email ,name,note\r\n"
                    "7,ann@corp.test,Ann,\"a, \"\"b\"\"\nc\"\r\n\r\n"
                    "8,,Bob,\r\n"),
            "id,email,name,note\n" + token_of("7", true, true) + "," + token_of("ann@corp.test") +
                ",,\"a, \"\"b\"\"\nc\"\n" + token_of("8", true, true) + ",,,\n");
}

TEST(CsvRecords, TheFirstRecordTellsTheColumns) {
  const std::string yaml =
      "format: CSV\noutputSchemaFilter: {type: object, properties: {b: {type: string}, a: {type: "
      "string}, n: {type: integer}}}";
  EXPECT_EQ(text_by(yaml, "a,b,c,n\n1,2,3,4\n5,6,7,8\n"), "a,b,n\n1,2,\n5,6,\n");
  EXPECT_EQ(text_by(yaml, "a,c\n"), "a\n");
  EXPECT_EQ(made_by(yaml, "a,c\n").counts.rows, 0U);
  // Which columns there are may depend on the row.
  const std::string chosen =
      "format: CSV\noutputSchemaFilter: {if: {properties: {k: {const: x}}}, then: {type: object, "
      "properties: {a: {type: string}}}, else: {type: object, properties: {b: {type: string}, a: "
      "{type: string}}}}";
  EXPECT_EQ(text_by(chosen, "k,b,a\ny,1,2\nx,3,4\n"), "b,a\n1,2\n,4\n");
  EXPECT_EQ(text_by(chosen, "k,b,a\nx,1,2\ny,3,4\n"), "a\n2\n4\n");
}

TEST(CsvRecords, OfTwoColumnsWithOneNameTheLastCounts) {
  EXPECT_EQ(text_by("format: CSV\ntransforms: [redact: $.b]", "a,b,a,\n1,2,3,\n"), "b,a,\n,3,\n");
}

TEST(CsvRecords, TheGuardEmptiesCellsWithAddresses) {
  const auto made = made_by(kRules, "id,note\n1,see ann@corp.test\n");
  EXPECT_EQ(made.text, "id,note\n" + token_of("1", true, true) + ",\n");
  EXPECT_EQ(made.counts.addresses, (Counts{{"note", 1}}));
}

TEST(CsvRecords, TheGuardNamesTheColumns) {
  const std::string rows =
      "id,note,Via mail,a.b\n1,ann@corp.test,,bob@corp.test\n"
      "2,x,cy@corp.test,\n3,dan@corp.test,,\n";
  const Counts columns{{"note", 2}, {"Via mail", 1}, {"a.b", 1}};
  for (const char* rules :
       {"transforms: [{redact: $.id}]", "transforms: [{redact: $..id}]",
        "transforms: [{redact: '$[?(@.id == 2)].id'}]", "outputSchemaFilter: {type: object}"}) {
    EXPECT_EQ(made_by("format: CSV\n" + std::string(rules), rows).counts.addresses, columns)
        << rules;
  }
  // A transform does what it did, and what two paths share is told apart.
  const auto made = made_by("format: CSV\ntransforms: [{textDigest: [$.note, \"$['Via mail']\"]}]",
                            rows, {.options = {}, .guard = EgressGuard::log});
  EXPECT_EQ(made.counts.addresses, (Counts{{"a.b", 1}}));
}

TEST(CsvRecords, ManyColumnsAreNamedTogether) {
  std::string header = "c0", row = "ann@corp.test";
  for (std::size_t i = 1; i <= limits::kKnownKeys; ++i) {
    header += ",c" + std::to_string(i);
    row += ",";
  }
  const auto made = made_by("format: CSV\ntransforms: [redact: $.c1]", header + "\n" + row + "\n");
  EXPECT_EQ(made.text, header + "\n" + row.substr(row.find(',')) + "\n");
  EXPECT_EQ(made.counts.addresses, (Counts{{"$.*", 1}}));
}

TEST(CsvRecords, APathThatFindsNoColumnIsTold) {
  const auto made = made_by(
      "format: CSV\ntransforms: [{pseudonymize: [$.Email, $.id, $.Phone]}, {redact: [$.Name, "
      "\"$['Given','name']\", $..Email, '$[*]', $.*]}, {textDigest: $.Name}]",
      "E-mail,name,id\nx,Ada,7\n");
  EXPECT_EQ(made.warnings,
            (std::vector<std::string>{
                "the path \"$.Email\" finds no column and does nothing; did you mean "
                "\"E-mail\"?",
                "the path \"$.Phone\" finds no column and does nothing",
                "the path \"$.Name\" finds no column and does nothing; did you mean "
                "\"name\"?",
            }));
  EXPECT_EQ(text_by("format: CSV\ntransforms: [redact: $.x]", "a\n1\n"), "a\n1\n");
  EXPECT_EQ(made_by("transforms: [redact: $.x]", "{\"a\":1}\n").warnings.size(), 0U);
}

TEST(CsvRecords, AnotherDelimiterIsAnError) {
  const std::string error = text_by(kRules, "Name;email\nAda;ada@corp.example\n");
  EXPECT_TRUE(
      error.starts_with("line 1: the header is one column, which holds the column "
                        "\"email\" of the rules; records as CSV need commas"))
      << error;
}

TEST(CsvRecords, AHeaderWithAnAddressIsNone) {
  const std::string rules = "format: CSV\ntransforms: [{pseudonymize: $.email}]";
  for (const EgressGuard guard : {EgressGuard::redact, EgressGuard::log, EgressGuard::off}) {
    const auto made =
        made_by(rules, "ada@corp.example,Ada\nbob@b.de,Bob\n", {.options = {}, .guard = guard});
    EXPECT_EQ(made.text, "");
    EXPECT_TRUE(made.error.starts_with("line 1: the header holds an e-mail address, so it is none"))
        << made.error;
    EXPECT_EQ(made.error.find("ada"), std::string::npos);
  }
  EXPECT_EQ(text_by(rules, "Ada,\"x\nbob@b.de\"\n").substr(0, 30),
            "line 1: the header holds an e-");
}

TEST(CsvRecords, OtherHeadersThatAreNone) {
  EXPECT_EQ(text_by(kRules, "\n,,\n1,2,3\n"),
            "line 2: the header is empty; the first line must name the columns");
  EXPECT_TRUE(text_by(kRules, "a" + std::string(limits::kColumns, ',') + "\n")
                  .starts_with("line 1: the header has more than"));
}

TEST(CsvRecords, WhatIsWrongIsAnErrorWithItsLine) {
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {"", "line 1: "},
           {"id,email\n1\n", "line 2: "},
           {"id,email\n1,2\n\n3\n", "line 4: "},
           {"id,email\n1,\"secret\n", "line 2: "},
           {"id,email\n1,secret\xFF\n", "line 2: "},
           {std::string("id,email\n1,\0\n", 13), "line 2: "},
           {"id,email\n1,\"a\"b\n", "line 2: "},
       }) {
    const auto made = made_by(kRules, text);
    EXPECT_TRUE(made.error.starts_with(line)) << text << " -> " << made.error;
    EXPECT_EQ(made.error.find("secret"), std::string::npos);
  }
}

TEST(CsvRecords, LongTextsHaveOneHeader) {
  std::string text = "a,b\n";
  std::string expected = text;
  for (int i = 0; i < 60'000; ++i) {
    text += std::to_string(i) + ",x y\n";
    expected += std::to_string(i) + ",\n";
  }
  const auto made = made_by("format: CSV\ntransforms: [redact: $.b]", text);
  EXPECT_EQ(made.text, expected);
  EXPECT_EQ(made.counts.rows, 60'000U);
  const auto shuffled = made_by("format: CSV\ntransforms: [redact: $.b]", text,
                                {.options = {.shuffle = true, .seed = 3}});
  EXPECT_TRUE(shuffled.text.starts_with("a,b\n"));
  EXPECT_EQ(shuffled.text.size(), expected.size());
  EXPECT_NE(shuffled.text, expected);
}

}  // namespace
}  // namespace zoom_proxy
