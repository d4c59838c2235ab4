#include "rules/format/csv.hpp"

#include <gtest/gtest.h>

#include <random>

namespace zoom_proxy {
namespace {

using Record = std::vector<std::string>;

struct Read {
  std::vector<Record> records;
  CsvReader::Fault fault;
};

Read read(std::string text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  Read read;
  while (reader.next()) read.records.emplace_back(reader.cells().begin(), reader.cells().end());
  read.fault = reader.fault();
  return read;
}

void expect_records(const std::string& text, const std::vector<Record>& records,
                    char delimiter = ',') {
  const Read got = read(text, delimiter);
  EXPECT_EQ(got.fault, CsvReader::Fault::none) << text;
  EXPECT_EQ(got.records, records) << text;
}

TEST(Csv, TheKindsOfCsvThatThereAre) {
  expect_records("a,b,c\n1,2,3\n", {{"a", "b", "c"}, {"1", "2", "3"}});
  expect_records("a,b,c\r\n1,2,3\r\n", {{"a", "b", "c"}, {"1", "2", "3"}});
  expect_records("a,b,c\r1,2,3\r", {{"a", "b", "c"}, {"1", "2", "3"}});
  expect_records("a,b,c\n1,2,3", {{"a", "b", "c"}, {"1", "2", "3"}});
  expect_records("a,b\n1,\"2, 3\"\n", {{"a", "b"}, {"1", "2, 3"}});
  expect_records("a,b,c\n1,\"\",\"\"\n", {{"a", "b", "c"}, {"1", "", ""}});
  expect_records("a,b\n1,\"he said \"\"no\"\"\"\n", {{"a", "b"}, {"1", "he said \"no\""}});
  expect_records("k,v\n1,\"{\"\"a\"\": \"\"b\"\", \"\"c\"\": [1]}\"\n",
                 {{"k", "v"}, {"1", "{\"a\": \"b\", \"c\": [1]}"}});
  expect_records("a,b\n\"one\ntwo\",\"three\r\nfour\"\n",
                 {{"a", "b"}, {"one\ntwo", "three\r\nfour"}});
  expect_records("a\n\"\"\"\n\"\"\"\n", {{"a"}, {"\"\n\""}});
  expect_records("a,b\nʤ,\"ʤ,ʤ\"\n", {{"a", "b"}, {"ʤ", "ʤ,ʤ"}});
}

TEST(Csv, BlanksAroundCellsAreNotTheirs) {
  expect_records(" a , b\t,c \n  \"x \" , y ,\t\"z\"\t\n", {{"a", "b", "c"}, {"x", "y", "z"}});
  expect_records("a\xC2\xA0,b\n", {{"a\xC2\xA0", "b"}});  // a no-break space is none
}

TEST(Csv, BlankLinesAreNoRecords) {
  expect_records("\n\r\na,b\n\n  \n1,2\n\n", {{"a", "b"}, {"1", "2"}});
  expect_records("", {});
  expect_records("\n", {});
  expect_records(",\n", {{"", ""}});
  expect_records("\"\"\n", {{""}});
}

TEST(Csv, EmptyCellsAtTheEnd) {
  expect_records("a,b,\n1,2,\n", {{"a", "b", ""}, {"1", "2", ""}});
  expect_records("a,b,", {{"a", "b", ""}});
}

TEST(Csv, AQuoteInsideACellIsACharacter) {
  expect_records("5\" disk,a\"b\"c\n", {{"5\" disk", "a\"b\"c"}});
}

TEST(Csv, AnyDelimiter) {
  expect_records("a;b,c;\"d;e\"\n", {{"a", "b,c", "d;e"}}, ';');
  expect_records("a\t\tb\t\"c\"\t\n", {{"a", "", "b", "c", ""}}, '\t');
  expect_records("a|b\n", {{"a", "b"}}, '|');
}

TEST(Csv, Faults) {
  EXPECT_EQ(read("a,\"b\n").fault, CsvReader::Fault::open_quote);
  EXPECT_EQ(read("a,\"b\"\"\n").fault, CsvReader::Fault::open_quote);
  EXPECT_EQ(read("a,\"b\"c\n").fault, CsvReader::Fault::text_after_quote);
  EXPECT_EQ(read("a,\"b\" \"c\"\n").fault, CsvReader::Fault::text_after_quote);
}

TEST(Csv, CountsLines) {
  std::string text = "a\r\n\n\"b\r\nc\nd\",\"\r\"\re\nf";
  CsvReader reader(text, ',');
  std::vector<std::uint64_t> lines;
  while (reader.next()) lines.push_back(reader.line());
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{0, 2, 6, 7}));
}

TEST(Csv, CutsBehindTheLastRecordThatFits) {
  EXPECT_EQ(csv_cut("a\nbb\nccc\n", 5, ','), 5U);
  EXPECT_EQ(csv_cut("a\nbb\nccc\n", 4, ','), 2U);
  EXPECT_EQ(csv_cut("aaa\nbb\n", 2, ','), 4U);  // longer than the limit, but whole
  EXPECT_EQ(csv_cut("a\nbb", 9, ','), 2U);
  EXPECT_EQ(csv_cut("a", 9, ','), 0U);
  EXPECT_EQ(csv_cut("", 9, ','), 0U);
  EXPECT_EQ(csv_cut("a,\"\n\"\nb\n", 5, ','), 6U);  // the first line end is in quotes
  EXPECT_EQ(csv_cut("a,\"\n", 9, ','), 0U);
  EXPECT_EQ(csv_cut("a\rb\rc", 9, ','), 4U);
  EXPECT_EQ(csv_cut("a\r", 9, ','), 0U);  // a line feed may follow
  EXPECT_EQ(csv_cut("5\" disk\nb\n", 9, ','), 8U);
}

std::string random_text(std::mt19937& random) {
  constexpr std::string_view kMarks = "a,;\"\"\n\r \tb";
  std::string text;
  for (std::size_t i = random() % 24; i > 0; --i) text += kMarks[random() % kMarks.size()];
  return text;
}

TEST(CsvProperty, PiecesReadAsTheWhole) {
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = random_text(random);
    const Read whole = read(text);
    Read pieces{{}, CsvReader::Fault::none};
    for (std::string_view rest = text; !rest.empty() && pieces.fault == CsvReader::Fault::none;) {
      std::size_t size = csv_cut(rest, random() % 8, ',');
      if (size == 0) size = rest.size();
      Read piece = read(std::string(rest.substr(0, size)));
      for (Record& record : piece.records) pieces.records.push_back(std::move(record));
      pieces.fault = piece.fault;
      rest.remove_prefix(size);
    }
    ASSERT_EQ(pieces.records, whole.records) << testing::PrintToString(text);
    ASSERT_EQ(pieces.fault, whole.fault) << testing::PrintToString(text);
  }
}

std::string cell(std::string_view text) {
  std::string out;
  append_csv_cell(text, out);
  return out;
}

TEST(Csv, WritesQuotesOnlyWhereTheyMustBe) {
  EXPECT_EQ(cell(""), "");
  EXPECT_EQ(cell("a b"), "a b");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(cell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(cell("a\rb"), "\"a\rb\"");
  EXPECT_EQ(cell("{\"hash\":\"x\"}"), "\"{\"\"hash\"\":\"\"x\"\"}\"");
  EXPECT_EQ(cell("#1"), "\"#1\"");  // as the peer's library does
  EXPECT_EQ(cell("!"), "\"!\"");
  EXPECT_EQ(cell("$1"), "$1");
  EXPECT_EQ(cell("a "), "\"a \"");
  EXPECT_EQ(cell(std::string(40, 'x') + ","), "\"" + std::string(40, 'x') + ",\"");
}

TEST(CsvProperty, WhatIsWrittenReadsBack) {
  std::mt19937 random(8);
  for (int i = 0; i < 100'000; ++i) {
    Record record;
    std::string line = "x";
    for (std::size_t n = random() % 4; n > 0; --n) {
      record.push_back(random_text(random));
      line += ',';
      append_csv_cell(record.back(), line);
      record.back() = csv_trim(record.back());
    }
    record.insert(record.begin(), "x");
    expect_records(line, {record});
  }
}

}  // namespace
}  // namespace zoom_proxy
