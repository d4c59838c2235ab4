#include <gtest/gtest.h>

#include <set>

#include "rules/builtin.hpp"
#include "rules/bulk/columnar_rule_reader.hpp"
#include "rules/bulk/columnar_sanitizer.hpp"
#include "rules/limits.hpp"
#include "tests/rules/bulk/sanitize_text.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

using test::BulkText;
using test::known_codec;

ColumnarRules rules_of(std::string_view yaml) {
  return read_columnar_rules(YamlDocument::parse(yaml, "rules.yaml").root());
}

std::string token(std::string_view value) {
  std::string out;
  known_codec()->append_token(value, false, true, out);
  return out;
}

struct Case {
  BulkOptions options{};
  EgressGuard guard = EgressGuard::redact;
  std::size_t step = std::size_t{64} << 10;
};

BulkText sanitize(std::string_view yaml, std::string_view csv, const Case& how = {}) {
  const ColumnarRules rules = rules_of(yaml);
  const auto sanitizer = make_columnar_sanitizer(rules, *known_codec(), how.guard, how.options);
  return test::sanitize_text(*sanitizer, csv, how.step);
}

std::string error_of(std::string_view yaml, std::string_view csv, const Case& how = {}) {
  try {
    sanitize(yaml, csv, how);
  } catch (const BulkError& error) {
    return error.what();
  }
  return "no error";
}

std::string rules_error(std::string_view yaml) {
  try {
    rules_of(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

void expect_in(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

constexpr std::string_view kTokens = "pseudonymFormat: URL_SAFE_TOKEN\n";

std::string with_tokens(std::string_view yaml) { return std::string(kTokens) + std::string(yaml); }

// ---- the export of Zoom ----

constexpr std::string_view kExport =
    "\xEF\xBB\xBFUser Name,Email,Action,Feature used,Department,\r\n"
    "person 1,person_1@acme.com,13,Meeting summary;Meeting questions;,Product PMO,\r\n"
    "person 2,person_2@acme.com,2,Smart recording;,\"Sales, EMEA\",\r\n";

TEST(Columnar, ZoomAiMetrics) {
  const BulkText out = sanitize(*builtin_rules("zoom-ai-metrics"), kExport);
  EXPECT_EQ(out.text, "User Name,Email,Action,Feature used,\r\n" + token("person 1") + "," +
                          token("person_1@acme.com") +
                          ",13,Meeting summary;Meeting questions;,\r\n" + token("person 2") + "," +
                          token("person_2@acme.com") + ",2,Smart recording;,\r\n");
  EXPECT_EQ(out.counts.rows, 2U);
  EXPECT_EQ(out.counts.changed,
            (std::map<std::string, std::uint64_t>{{"Email", 2}, {"User Name", 2}}));
  EXPECT_TRUE(out.counts.addresses.empty());
  EXPECT_TRUE(out.warnings.empty());
}

TEST(Columnar, AsThePeerWritesJsonPseudonyms) {
  // Hashes as the peer recorded them, with the salt `salt`.
  const BulkText out = sanitize("columnsToPseudonymize: [User Name, Email]", kExport);
  expect_in(out.text,
            "\r\n\"{\"\"hash\"\":\"\"GI144xrPnMS9IwneeTEzMfcC2zowYSHHhVaReTIDXeo\"\"}\","
            "\"{\"\"domain\"\":\"\"acme.com\"\","
            "\"\"hash\"\":\"\"-MFHtQFQtPUXyclPE-B71x_F4jJStaMz9ZN-kWFE4_o\"\"}\",13,");
  expect_in(out.text, ",\"Sales, EMEA\",\r\n");
}

TEST(Columnar, HashAlone) {
  const BulkText out = sanitize(
      "pseudonymFormat: URL_SAFE_HASH_ONLY\ncolumnsToPseudonymize: [Email]\n"
      "columnsToInclude: [Action]",
      kExport);
  expect_in(out.text, "Email,Action\r\n-MFHtQFQtPUXyclPE-B71x_F4jJStaMz9ZN-kWFE4_o,13\r\n");
}

// ---- what each key does ----

TEST(Columnar, RedactAndInclude) {
  EXPECT_EQ(sanitize("columnsToRedact: [ B , c]", "a,b,C,d\n1,2,3,4\n").text, "a,d\n1,4\n");
  EXPECT_EQ(sanitize("columnsToInclude: [D, a]", "a,b,C,d,\n1,2,3,4,5\n").text, "a,d\n1,4\n");
  EXPECT_EQ(sanitize("columnsToInclude: [a, b]\ncolumnsToRedact: [a]", "a,b\n1,2\n").text,
            "b\n2\n");
}

TEST(Columnar, PseudonymizeBeatsRedactAndInclude) {
  EXPECT_EQ(sanitize(with_tokens("columnsToPseudonymize: [b]\ncolumnsToRedact: [b]\n"
                                 "columnsToInclude: [a]"),
                     "a,b,c\n1,x,3\n")
                .text,
            "a,b\n1," + token("x") + "\n");
}

TEST(Columnar, PseudonymizeIfPresent) {
  const std::string rules = with_tokens("columnsToPseudonymizeIfPresent: [b, missing]");
  EXPECT_EQ(sanitize(rules, "a,b\n1,x\n").text, "a,b\n1," + token("x") + "\n");
  EXPECT_EQ(sanitize(rules, "a\n1\n").text, "a\n1\n");
  EXPECT_EQ(sanitize(rules + "\ncolumnsToRedact: [b]", "a,b\n1,x\n").text, "a\n1\n");
}

TEST(Columnar, RenamedColumnsKeepTheirPlace) {
  EXPECT_EQ(sanitize("columnsToRename: {B: zz}", "a,b,c\n1,2,3\n").text, "a,zz,c\n1,2,3\n");
  const std::string rules = "columnsToRename: {b: zz}\ncolumnsToPseudonymize: [";
  const std::string out = "a,zz,c\n1," + token("2") + ",3\n";
  EXPECT_EQ(sanitize(with_tokens(rules + "ZZ]"), "a,b,c\n1,2,3\n").text, out);
  // By its old name too: else the new one would leave in clear.
  EXPECT_EQ(sanitize(with_tokens(rules + "b]"), "a,b,c\n1,2,3\n").text, out);
}

TEST(Columnar, NewColumnsFollowByName) {
  const BulkText out = sanitize(
      with_tokens("columnsToDuplicate: {a: z, b: m}\ncolumnsToPseudonymize: [a]"), "b,a\n2,x\n");
  EXPECT_EQ(out.text, "b,a,m,z\n2," + token("x") + ",2,x\n");
  ASSERT_EQ(out.warnings.size(), 1U);
  expect_in(out.warnings[0], "\"z\" leaves in clear");
}

TEST(Columnar, FieldsAreTransformedStepByStep) {
  EXPECT_EQ(sanitize("fieldsToTransform:\n"
                     "  email:\n"
                     "    newName: domain\n"
                     "    transforms:\n"
                     "      - filter: '.*@(.*)'\n"
                     "      - formatString: 'at %s, 100%%'\n"
                     "columnsToRedact: [email]",
                     "id,email\n1,a@b.io\n2,none\n")
                .text,
            "id,domain\n1,\"at b.io, 100%\"\n2,\n");
  EXPECT_EQ(
      sanitize("fieldsToTransform:\n"
               "  swap:\n"
               "    sourceColumn: Name\n"
               "    newName: name\n"
               "    transforms:\n"
               "      - javaRegExpReplace: {regExp: '(\\w+) (\\w+)', replace: '$2, $1 \\$5'}\n",
               "name\nAda Lovelace\nAda\n")
          .text,
      "name\n\"Lovelace, Ada $5\"\nAda\n");
  EXPECT_EQ(sanitize(with_tokens("fieldsToTransform:\n"
                                 "  id:\n"
                                 "    newName: person\n"
                                 "    transforms: [{filter: 'u-(.*)'}, {pseudonymize: true}]\n"
                                 "columnsToPseudonymize: [id]"),
                     "id\nu-7\nx\n")
                .text,
            "id,person\n" + token("u-7") + "," + token("7") + "\n" + token("x") + ",\n");
}

TEST(Columnar, StepsOnOneNewNameFollowEachOther) {
  EXPECT_EQ(sanitize(with_tokens("columnsToDuplicate: {a: b}\n"
                                 "fieldsToTransform:\n"
                                 "  a: {newName: b, transforms: [{filter: '(.).*'}]}\n"
                                 "columnsToPseudonymize: [b]"),
                     "a\nxyz\n")
                .text,
            "a,b\nxyz," + token("x") + "\n");
}

TEST(Columnar, DelimiterOfTheInputAlone) {
  EXPECT_EQ(sanitize("delimiter: ;\ncolumnsToRedact: [c]", "a;b;c\n1;\"2;,\";3\n").text,
            "a,b\n1,\"2;,\"\n");
  EXPECT_EQ(sanitize("delimiter: \"\\t\"", "a\tb\n\t2\n").text, "a,b\n,2\n");
}

TEST(Columnar, BlankCellsStayBlank) {
  EXPECT_EQ(sanitize(with_tokens("columnsToPseudonymize: [a]\nfieldsToTransform:\n"
                                 "  b: {newName: c, transforms: [{formatString: 'x%s'}]}"),
                     "a,b\n \t,\" \"\n")
                .text,
            "a,b,c\n,,\n");
}

// ---- columns that the text lacks ----

TEST(Columnar, AMissingColumnIsAnError) {
  const std::string error = error_of("columnsToPseudonymize: [Emial]", "Name,Email\na,b\n");
  expect_in(error,
            "line 1: columnsToPseudonymize names a column \"Emial\" that is not in the header");
  expect_in(error, "did you mean \"Email\"?");
  const std::string other = error_of("columnsToPseudonymize: [Email]", "Ada Lovelace,London\n");
  expect_in(other, "\"Email\" that is not in the header; correct the rules");
  EXPECT_EQ(other.find("Ada"), std::string::npos);  // it is no header, but a person
}

TEST(Columnar, OrAWarningWhereThatIsAllowed) {
  const Case how{.options = {.allow_missing = true}};
  const BulkText out = sanitize("columnsToPseudonymize: [Emial]", "Name,Email\na,b\n", how);
  EXPECT_EQ(out.text, "Name,Email,Emial\na,b,\n");
  ASSERT_EQ(out.warnings.size(), 1U);
  expect_in(out.warnings[0], "it leaves as an empty column");
}

TEST(Columnar, OtherMissingColumnsAreWarnings) {
  const BulkText out = sanitize(
      "columnsToRedact: [Departement]\ncolumnsToRename: {x: y}\ncolumnsToDuplicate: {p: q}\n"
      "fieldsToTransform: {f: {newName: g}}",
      "Name,Department\na,b\n");
  EXPECT_EQ(out.text, "Name,Department\na,b\n");
  ASSERT_EQ(out.warnings.size(), 4U);
  expect_in(out.warnings[3], "columnsToRedact names a column \"Departement\"");
  expect_in(out.warnings[3], "did you mean \"Department\"?");
}

TEST(Columnar, ANameThatStandsTwiceIsUnclear) {
  expect_in(error_of("columnsToRedact: [a]", "a,b,A\n1,2,3\n"), "\"a\" twice");
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b,A\n1,2,3\n").text, "a,A\n1,3\n");
}

TEST(Columnar, OneNewNameForTwoColumns) {
  expect_in(error_of("columnsToRename: {a: c, b: c}", "a,b\n1,2\n"), "two columns \"c\"");
  const BulkText out = sanitize("columnsToRename: {a: b}", "a,b\n1,2\n");
  EXPECT_EQ(out.text, "b\n1\n");
  ASSERT_EQ(out.warnings.size(), 1U);
  expect_in(out.warnings[0], "that of the file does not leave");
}

// ---- the egress guard ----

TEST(Columnar, AddressesInColumnsThatNobodyNamed) {
  const std::string csv = "id,note\n1,mail bob@acme.com now\n2,at @ noon\n";
  const BulkText redacted = sanitize("columnsToRedact: []", csv);
  EXPECT_EQ(redacted.text, "id,note\n1,\n2,at @ noon\n");
  EXPECT_EQ(redacted.counts.addresses, (std::map<std::string, std::uint64_t>{{"note", 1}}));
  const BulkText logged = sanitize("columnsToRedact: []", csv, {.guard = EgressGuard::log});
  EXPECT_EQ(logged.text, csv);
  EXPECT_EQ(logged.counts.addresses, (std::map<std::string, std::uint64_t>{{"note", 1}}));
  const BulkText off = sanitize("columnsToRedact: []", csv, {.guard = EgressGuard::off});
  EXPECT_EQ(off.text, csv);
  EXPECT_TRUE(off.counts.addresses.empty());
}

TEST(Columnar, AddressesThatATransformLeaves) {
  EXPECT_EQ(sanitize("fieldsToTransform: {a: {newName: a, transforms: [{filter: 'x(.*)'}]}}",
                     "a\nxbob@acme.com\nxy\n")
                .text,
            "a\n\ny\n");
}

TEST(Columnar, AHeaderWithAnAddressIsNone) {
  const std::string error =
      error_of("columnsToRedact: [a]", "bob,bob@acme.com\nann,ann@acme.com\n");
  expect_in(error, "line 1: the header holds an e-mail address");
  EXPECT_EQ(error.find("acme"), std::string::npos);
}

// ---- texts that are not what they should be ----

TEST(Columnar, BrokenRowsNameLineAndColumn) {
  const std::string_view rules = "columnsToRedact: [c]";
  expect_in(error_of(rules, "a,b,c\n1,2,3\n1,2\n"), "line 3: column \"c\": the row ends here");
  expect_in(error_of(rules, "a,b,c\n1,2,3,4\n"), "line 2: the row has 4 cells, the header 3");
  EXPECT_EQ(sanitize(rules, "a,b,c\n1,2,3,, \n").text, "a,b\n1,2\n");
  expect_in(error_of(rules, "a,b,c\n\"1\n2\",2,3\n1,\"2,3\n"),
            "line 4: column \"b\": a quote is not");
  expect_in(error_of(rules, "a,b,c\n1,\"2\"x,3\n"), "line 2: column \"b\": there is text behind");
  expect_in(error_of(rules, std::string("a,b,c\n1,2,3\n1,2\0,3\n", 19)),
            "line 3: the column \"b\" is not");
  expect_in(error_of(rules, "a,b,c\n1,2,\xE4\n"), "line 2: the column \"c\" is not UTF-8");
  expect_in(error_of(rules, "a,\344,c\n1,2,3\n"), "line 1: the text is not UTF-8");
  expect_in(error_of(rules, std::string("\xFF\xFE"
                                        "a\0,\0",
                                        6)),
            "UTF-16");
  expect_in(error_of(rules, ""), "no header");
  expect_in(error_of(rules, "\n \n"), "no header");
  expect_in(error_of(rules, ",,\n1,2,3\n"), "header is empty");
  expect_in(error_of(rules, "\"a\n"), "quote");
  expect_in(error_of("columnsToRedact: [a]", "a\n1\n"), "leave no column");
}

TEST(Columnar, AHeaderAlone) {
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b").text, "a\n");
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b\r\n").text, "a\r\n");
}

TEST(Columnar, LineEndsAreThoseOfTheHeader) {
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b\r1,2\r3,4\r").text, "a\r1\r3\r");
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b\r\n1,2\n3,4").text, "a\r\n1\r\n3\r\n");
}

TEST(Columnar, ARowThatDoesNotEnd) {
  const std::string long_cell(limits::kRecordBytes, 'x');
  expect_in(error_of("columnsToRedact: [b]", "a,b\n1,2\n1," + long_cell + "\n"),
            "line 3: a row longer");
  expect_in(error_of("columnsToRedact: [b]", "a,b\n1,\"" + long_cell + long_cell),
            "line 2: a row longer");
  expect_in(error_of("columnsToRedact: [b]", long_cell + long_cell), "the header does not end");
  const std::string cell(limits::kRecordBytes - 10, 'x');
  EXPECT_EQ(sanitize("columnsToRedact: [b]", "a,b\n1," + cell + "\n3,4\n").text, "a\n1\n3\n");
}

TEST(Columnar, WhatArrivesWhenMakesNoDifference) {
  const std::string rules = with_tokens("columnsToPseudonymize: [b]\ncolumnsToRedact: [d]");
  const std::vector<std::string> texts = {
      std::string(kExport),
      "\357\273\277a,b,c,d\r\n1,\"x \"\"y\"\"\",\"l\r\nm\",4\r\n\r\n5,6,7,8",
      "a,b,d\r1,2,3\r\n4,5,6\n",
      "a,b,d\n1,2,3\n4,\"5,6\n",
      "a,b,d\n1,2\n",
      "\n\na,d\n1,2\n",
      std::string("\xFF\xFE"
                  "a\0",
                  4),
      "\uFEFF\uFEFFA,\"\u200BB\u00A0\",Ñ,d\r\n1,2,3,4\r\n",
      "a,ada@corp.example,d\n1,2,3\n",
  };
  for (const std::string& text : texts) {
    const auto outcome = [&](std::size_t step) {
      const std::string error = error_of(rules, text, {.step = step});
      return error != "no error" ? error : sanitize(rules, text, {.step = step}).text;
    };
    const std::string whole = outcome(text.size() + 1);
    for (std::size_t step = 1; step <= text.size(); ++step) EXPECT_EQ(outcome(step), whole) << step;
  }
}

TEST(Columnar, LongTextsToo) {
  std::string text = "id,email,note\n";
  for (int i = 0; i < 30'000; ++i) {
    text += std::to_string(i) + ",user" + std::to_string(i % 977) + "@acme.com," +
            (i % 50 == 0 ? "\"two\nlines, \"\"quoted\"\"\"" : "plain text") + "\n";
  }
  const std::string rules = with_tokens("columnsToPseudonymize: [email]");
  const BulkText whole = sanitize(rules, text, {.step = text.size()});
  EXPECT_EQ(whole.counts.rows, 30'000U);
  for (const std::size_t step : {997U, 65'536U, 262'144U, 300'000U}) {
    EXPECT_EQ(sanitize(rules, text, {.step = step}).text, whole.text) << step;
  }
}

// ---- shuffling ----

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

TEST(Columnar, ShufflesInsideBlocks) {
  std::string text = "id\n";
  for (int i = 0; i < 2'100; ++i) text += std::to_string(i) + "\n";
  const auto shuffled = [&](std::uint64_t seed) {
    return sanitize("columnsToRedact: []", text, {.options = {.shuffle = true, .seed = seed}}).text;
  };
  const std::vector<std::string> lines = lines_of(shuffled(1));
  ASSERT_EQ(lines.size(), 2'101U);
  EXPECT_EQ(lines[0], "id");
  std::size_t moved = 0;
  for (std::size_t block = 0; block < 5; ++block) {
    std::set<int> rows;
    for (std::size_t i = block * 500; i < std::min<std::size_t>(block * 500 + 500, 2'100); ++i) {
      const int row = std::stoi(lines[i + 1]);
      EXPECT_EQ(static_cast<std::size_t>(row) / 500, block);
      rows.insert(row);
      moved += static_cast<std::size_t>(row) != i ? 1 : 0;
    }
    EXPECT_EQ(rows.size(), block == 4 ? 100U : 500U);
  }
  EXPECT_GT(moved, 2'000U);
  EXPECT_EQ(shuffled(1), shuffled(1));
  EXPECT_NE(shuffled(1), shuffled(2));
}

TEST(Columnar, ABlockOfOrdinaryRowsIsWhole) {
  std::string text = "id,note\n";
  for (int i = 0; i < 600; ++i) text += std::to_string(i) + ',' + std::string(96, 'x') + '\n';
  const std::vector<std::string> lines = lines_of(
      sanitize("columnsToRedact: []", text, {.options = {.shuffle = true, .seed = 1}}).text);
  ASSERT_EQ(lines.size(), 601U);
  int from_far = 0;
  for (std::size_t i = 1; i <= 500; ++i) {
    EXPECT_LT(std::stoi(lines[i]), 500);
    if (i <= 100 && std::stoi(lines[i]) >= 400) ++from_far;
  }
  EXPECT_GT(from_far, 0);
}

// ---- rules that are not understood ----

TEST(ColumnarRulesFile, IsReadStrictly) {
  expect_in(rules_error("columnsToPseudonymise: [a]"), "rules.yaml:1:1");
  expect_in(rules_error("columnsToPseudonymise: [a]"), "did you mean \"columnsToPseudonymize\"");
  expect_in(rules_error("columnsToRedact: [a, ' ']"), "a blank is no column's name");
  expect_in(rules_error("delimiter: ';;'"), "one ASCII character");
  expect_in(rules_error("delimiter: '\"'"), "one ASCII character");
  expect_in(rules_error("pseudonymFormat: TOKEN"), "none of: JSON, URL_SAFE_TOKEN");
  expect_in(rules_error("fieldsToTransform: {a: {transforms: []}}"), "newName");
  expect_in(rules_error("fieldsToTransform: {a: {newName: b, transforms: [{filter: '('}]}}"),
            "filter");
  const auto step = [](const std::string& text) {
    return "fieldsToTransform: {a: {newName: b, transforms: [{" + text + "}]}}";
  };
  expect_in(rules_error(step("formatString: 'x'")), "%s");
  expect_in(rules_error(step("formatString: '%s %s'")), "%s");
  expect_in(rules_error(step("formatString: '%d'")), "%s");
  expect_in(rules_error(step("formatString: '%s %'")), "%s");
  expect_in(rules_error(step("javaRegExpReplace: {regExp: a, replace: '$x'}")), "group's number");
  expect_in(rules_error(step("javaRegExpReplace: {regExp: a, replace: 'x\\'}")),
            "nothing behind it");
  expect_in(rules_error(step("pseudonymize: false")), "only true");
  expect_in(rules_error(step("pseudonymizeWithScope: x")), "pseudonymize: true");
  expect_in(rules_error(step("filter: a, formatString: '%s'")), "one key");
  expect_in(rules_error("columnsToRename: {a: b}\ncolumnsToRedact: [A]"), "columnsToRedact, too");
  EXPECT_EQ(
      rules_error("columnsToRename: {a: b}\ncolumnsToRedact: [A]\ncolumnsToPseudonymize: [b]"),
      "no error");
}

}  // namespace
}  // namespace zoom_proxy
