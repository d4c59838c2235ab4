// Column rules and the names in a header: which they mean, and what is told when they mean none.

#include <gtest/gtest.h>

#include "tests/rules/bulk/made_by_bulk.hpp"

namespace zoom_proxy {
namespace {

using test::bulk_rules_error;
using test::made_by;
using test::text_by;
using test::token_of;
using Warnings = std::vector<std::string>;

void expect_in(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

/// What is told of the first column.
std::string odd(const std::string& name, const std::string& character) {
  return "the column \"" + name + "\" has a character in its name that does not show (" +
         character + "), which the rules need not repeat";
}

TEST(ColumnNames, CaseDoesNotCount) {
  const auto made = made_by(
      "pseudonymFormat: URL_SAFE_TOKEN\ncolumnsToRedact: [Prénom]\ncolumnsToPseudonymize: [ИМЯ]",
      "PRÉNOM,id,имя\nAda,1,x\n");
  EXPECT_EQ(made.text, "id,имя\n1," + token_of("x") + "\n");
  EXPECT_EQ(made.warnings, Warnings());
}

TEST(ColumnNames, WhatNobodySeesDoesNotCount) {
  for (const auto& [name, character] : std::vector<std::pair<std::string, std::string>>{
           {"\uFEFFName", "U+FEFF"},
           {"Na\u00ADme", "U+00AD"},
           {"\u200BName\u200D", "U+200B"},
           {"Name\u00A0", "U+00A0"},
           {"\u2060Name", "U+2060"},
       }) {
    for (const std::string& header : {"\uFEFF" + name, '"' + name + '"'}) {
      const auto made = made_by("columnsToRedact: [Name]", header + ",id\nAda,1\n");
      if (header.find("\uFEFFName") == 0) continue;  // the byte order mark of the text
      EXPECT_EQ(made.text, "id\n1\n") << header;
      EXPECT_EQ(made.warnings, Warnings{odd(name, character)});
    }
  }
  // Its own bytes leave.
  const auto made = made_by("columnsToInclude: [User Name]\ncolumnsToRedact: [\"x\\u200B\"]",
                            "User\u00A0Name,id,X\nAda,1,2\n");
  EXPECT_EQ(made.text, "User\u00A0Name\nAda\n");
  EXPECT_EQ(made.warnings, Warnings{odd("User\u00A0Name", "U+00A0")});
}

TEST(ColumnNames, AsManyByteOrderMarksAsThereAre) {
  for (const char* const header : {"\uFEFFName", "\uFEFF\uFEFFName", "\uFEFF\"\uFEFFName\""}) {
    EXPECT_EQ(text_by("columnsToRedact: [Name]", header + std::string(",id\nAda,1\n")), "id\n1\n");
  }
  EXPECT_EQ(text_by("columnsToRedact: [id]", "\uFEFF\uFEFFName,id\nAda,1\n"), "\uFEFFName\nAda\n");
}

TEST(ColumnNames, ThatLookAlikeAreOneName) {
  expect_in(text_by("columnsToRedact: [Name]", "id,NAME,Name\u00A0\n1,2,3\n"),
            "line 1: the header names the column \"NAME\" twice");
  EXPECT_EQ(text_by("columnsToRedact: [id]", "id,Name,Name\u00A0\n1,2,3\n"),
            "Name,Name\u00A0\n2,3\n");
  expect_in(text_by("columnsToRedact: [a]", "\u200B,\u00A0\n1,2\n"), "the header is empty");
  expect_in(bulk_rules_error("columnsToRedact: [\"\\u200B\\u00A0\"]"),
            "a blank is no column's name");
}

TEST(ColumnNames, TheErrorSuggestsWhatHoldsTheName) {
  expect_in(text_by("columnsToPseudonymize: [Email]", "Name,Email Address\na,b\n"),
            "did you mean \"Email Address\"?");
}

TEST(ColumnNames, AnotherDelimiterIsAnError) {
  for (const char* const key : {"columnsToPseudonymize", "columnsToPseudonymizeIfPresent",
                                "columnsToRedact", "columnsToInclude"}) {
    const auto made = made_by(std::string(key) + ": [Email]", "Name;Email\nAda;a@b.de\n");
    EXPECT_EQ(made.text, "");
    EXPECT_EQ(
        made.error,
        "line 1: the header is one column, which holds the column \"Email\" of the rules; set "
        "`delimiter: \";\"` in the rules");
  }
  expect_in(text_by("columnsToRename: {a: b}", "a\tc\n1\t2\n"), "set `delimiter: \"\\t\"`");
  expect_in(text_by("columnsToDuplicate: {a: b}", "a|c\n1|2\n"), "set `delimiter: \"|\"`");
  expect_in(text_by("delimiter: ;\nfieldsToTransform: {c: {newName: d}}", "a,c\n1,2\n"),
            "set `delimiter: \",\"`");
  expect_in(text_by("columnsToRedact: [a]", "\"a\";\"c\"\n1;2\n"), "the delimiter of the rules?");
  // A column may be called so.
  EXPECT_EQ(text_by("columnsToDuplicate: {'a;b': copy}", "a;b\n1\n"), "a;b,copy\n1,1\n");
}

TEST(ColumnNames, CopiesOfWhatIsRedactedAreTold) {
  const auto copied =
      made_by("columnsToDuplicate: {Name: Copy}\ncolumnsToRedact: [name]", "id,Name\n1,Ada\n");
  EXPECT_EQ(copied.text, "id,Copy\n1,Ada\n");
  EXPECT_EQ(copied.warnings,
            Warnings{"the column \"Copy\" leaves in clear, while columnsToRedact names the column "
                     "that it is made of, \"Name\""});
  for (const std::string key : {"columnsToRename", "columnsToDuplicate"}) {
    const auto made =
        made_by(key + ": {Name: Dept}\ncolumnsToRedact: [DEPT]", "Name,dept\nAda,Sales\n");
    EXPECT_EQ(made.warnings,
              Warnings{"the column \"Dept\" leaves in clear, though columnsToRedact names it: the "
                       "rules make it of the column \"Name\""})
        << key;
  }
  const auto hidden = made_by(
      "columnsToRename: {Name: Dept}\ncolumnsToRedact: [Dept]\ncolumnsToPseudonymize: [Dept]",
      "Name,Dept\nAda,Sales\n");
  EXPECT_EQ(hidden.warnings, Warnings());
}

TEST(ColumnNames, TwiceInAHeaderTheyAreShownAsWritten) {
  expect_in(text_by("columnsToRedact: [email]", "id,E-Mail,Email,EMAIL\n1,2,3,4\n"),
            "the column \"Email\" twice");
}

}  // namespace
}  // namespace zoom_proxy
