// Record rules over NDJSON and JSON arrays: where texts are cut, and which are refused.

#include <gtest/gtest.h>

#include "rules/limits.hpp"
#include "tests/rules/bulk/made_by_bulk.hpp"

namespace zoom_proxy {
namespace {

using test::made_by;
using test::text_by;
using test::token_of;

const std::string kLines = "transforms: [redact: $.x]";
const std::string kArray = "format: JSON_ARRAY\ntransforms: [redact: $.x]";

void expect_in(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Ndjson, GivesACompactObjectALine) {
  EXPECT_EQ(text_by(kLines, "{ \"a\" : [1, 2],\t\"x\" : 3 }\n{\"b\":\"\\n\"}\n"),
            "{\"a\":[1,2],\"x\":null}\n{\"b\":\"\\n\"}\n");
  EXPECT_EQ(text_by(kLines, "\xEF\xBB\xBF{\"a\":1}\r\n\r\n  \n\t{\"a\":2} \r\n{}"),
            "{\"a\":1}\n{\"a\":2}\n{}\n");
  EXPECT_EQ(text_by(kLines, ""), "");
  EXPECT_EQ(text_by(kLines, "\n \n"), "");
  EXPECT_EQ(made_by(kLines, "{}\n\n{}\n").counts.rows, 2U);
}

TEST(Ndjson, RefusesWhatIsNoRecordWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{}\n[]\n", "line 2: a record must be a JSON object"},
      {"{}\n\n1\n", "line 3: a record must be"},
      {"null", "line 1: a record must be"},
      {"{}\n{}{}\n", "line 2: more than one JSON object"},
      {"{} 1\n", "line 1: more than one"},
      {"{}\n{} {\n", "line 2: the record ends too early"},
      {"{},\n{}\n", "line 1: the record is no valid JSON"},
      {"{\"a\":\n1}\n", "line 1: the record ends too early"},
      {"{\"a\":\n{}}{}\n", "line 1: the record ends too early"},
      {"{}\n{\"a\":\"secret", "line 2: the record ends too early"},
      {"{\"a\":1,}\n", "line 1: the record is no valid JSON"},
      {"{\"a\":\"\xFF\"}\n", "line 1: the record is not UTF-8"},
      {"{}\n{\"a\":\"\xC3\n\"}\n", "line 2: the record ends too early"},
      {"{\"a\":\"\xED\xA0\x80\"}\n", "line 1: the record is not UTF-8"},
      {std::string("{\"a\":\"\0\"}\n", 10), "line 1: the record is no valid JSON"},
      {std::string("\0{}\n", 4), "line 1: a record must be"},
      {"{}\n\xEF\xBB\xBF{}\n", "line 2: a record must be"},
      {"\xFF\xFE{\0}\0", "line 1: "},
      {"{}\r{}\r", "line 1: more than one JSON object"},
  };
  for (const auto& [text, error] : cases) {
    const auto made = made_by(kLines, text);
    EXPECT_TRUE(made.error.starts_with(error)) << text << " -> " << made.error;
    EXPECT_EQ(made.error.find("secret"), std::string::npos);
  }
}

TEST(Ndjson, RefusesDeepNestingOfWhatIsKeptAndOfWhatIsNot) {
  for (const char* key : {"a", "x"}) {
    std::string deep = std::string("{\"") + key + "\":";
    deep.append(limits::kJsonDepth, '[').append(limits::kJsonDepth, ']').append("}");
    expect_in(text_by(kLines, "{}\n" + deep + "\n"), "line 2: the record nests deeper than 1000");
    expect_in(text_by(kArray, "[{},\n" + deep + "]"), "line 2: the record nests deeper than 1000");
    deep.erase(deep.size() - 2, 1).erase(deep.find('['), 1);
    EXPECT_EQ(made_by(kLines, deep).error, "");
  }
}

/// A record of so many bytes, in texts that are short enough.
std::string record_of(std::size_t bytes) {
  std::string record = "{";
  for (int i = 0; i < 4; ++i) {
    record += "\"" + std::to_string(i) + "\":\"" + std::string(bytes / 4 - 10, 'a') + "\",";
  }
  record += "\"\":\"";
  record.append(bytes - record.size() - 2, 'b');
  return record + "\"}";
}

TEST(Records, ATooLongOneIsRefusedWithItsLine) {
  const std::string longest = record_of(limits::kRecordBytes);
  ASSERT_EQ(longest.size(), limits::kRecordBytes);
  const std::string longer = record_of(limits::kRecordBytes + 1);
  EXPECT_EQ(text_by(kLines, "{}\n" + longest + "\n{}\n"), "{}\n" + longest + "\n{}\n");
  EXPECT_EQ(text_by(kLines, longest), longest + "\n");
  expect_in(text_by(kLines, "{}\n" + longer + "\n{}\n"), "line 2: the record is longer than");
  expect_in(text_by(kLines, longer), "line 1: the record is longer than");
  EXPECT_EQ(text_by(kArray, "[" + longest + "]"), "[" + longest + "]");
  expect_in(text_by(kArray, "[\n" + longer + "]"), "line 2: the record is longer than");
}

TEST(Records, ABufferDoesNotGrowBeyondItsBound) {
  const BulkEngine lines({kLines, "r"}, test::known_codec());
  const BulkEngine array({kArray, "r"}, test::known_codec());
  std::string text(limits::kBulkBufferBytes, ' ');
  BulkPiece piece;
  EXPECT_THROW((void)lines.open({})->cut(text, false, piece), BulkError);
  text.assign(limits::kBulkBufferBytes, '[');
  EXPECT_THROW((void)array.open({})->cut(text, false, piece), BulkError);
  const auto blanks = array.open({});
  for (int i = 0; i < 10; ++i) {
    text = (i == 0 ? "[{}," : "") + std::string(limits::kPieceBytes, '\n');
    while (blanks->cut(text, false, piece)) EXPECT_LE(piece.text.size(), limits::kPieceBytes + 8);
    EXPECT_EQ(text, "");
  }
}

/// Longer than some pieces; each record tells its line.
std::string many(const std::string& before, const std::string& between, const std::string& behind,
                 std::string* expected = nullptr) {
  std::string text = before;
  for (int i = 0; i < 30'000; ++i) {
    const std::string record = "{\"line\":" + std::to_string(i) + ",\"x\":null}";
    if (i != 0) text += between;
    text += record;
    if (expected != nullptr) *expected += record + "\n";
  }
  return text + behind;
}

TEST(Records, LongTextsAreCutByTheirBytesAlone) {
  struct Case {
    const std::string& yaml;
    std::string text;
  };
  for (const auto& [yaml, text] :
       {Case{kLines, many("", "\n", "\n{}{}\n")}, Case{kLines, many("", "\r\n\n", "")},
        Case{kArray, many("[", ",", "]")}, Case{kArray, many("[\n", "\n\n,\n", "] x")}}) {
    const BulkEngine engine({yaml, "r"}, test::known_codec());
    const auto whole = test::arriving(*engine.open({}), text, text.size(), text.size());
    for (const std::size_t step :
         {std::size_t{1'009}, limits::kPieceBytes, limits::kPieceBytes + 1}) {
      const auto again = test::arriving(*engine.open({}), text, 77'777, step);
      EXPECT_EQ(again.text, whole.text);
      EXPECT_EQ(again.error, whole.error);
      EXPECT_EQ(again.counts.rows, whole.counts.rows);
    }
    if (whole.error.empty()) {
      EXPECT_EQ(whole.counts.rows, 30'000U);
    }
  }
}

TEST(Records, LinesAreCountedThroughPieces) {
  expect_in(text_by(kLines, many("", "\n", "\n1\n")), "line 30001: a record must be");
  expect_in(text_by(kLines, many("", "\r\n\r\n", "\n1\n")), "line 60000: a record must be");
  expect_in(text_by(kArray, many("[\n", ",\n", ",\n{]}]")), "line 30002: the record is no valid");
  expect_in(text_by(kArray, many("[", "\n\n,\n", ",\n\n1]")), "line 90000: each element");
}

TEST(JsonArray, GivesACompactArray) {
  EXPECT_EQ(text_by(kArray, "[]"), "[]");
  EXPECT_EQ(text_by(kArray, " [ \r\n ] \n"), "[]");
  EXPECT_EQ(text_by(kArray, "[{}]"), "[{}]");
  EXPECT_EQ(
      text_by(kArray,
              "\xEF\xBB\xBF[\n  { \"a\" : \"],[{\\\"\\\\\" , \"x\": 1 } ,\n  {\"a\":\n[ ]}\n]\n"),
      R"([{"a":"],[{\"\\","x":null},{"a":[]}])");
  EXPECT_EQ(made_by(kArray, "[{},{}]").counts.rows, 2U);
}

TEST(JsonArray, LongOnesAreOneArrayAgain) {
  std::string expected;
  const std::string text = many("[ ", " , ", " ]", &expected);
  std::string joined = "[";
  for (const char c : expected) joined += c == '\n' ? ',' : c;
  joined.back() = ']';
  EXPECT_EQ(text_by(kArray, text), joined);
}

TEST(JsonArray, RefusesWhatIsNone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: the text ends before its array does"},
      {"\n", "line 2: the text ends before its array does"},
      {"{}", "line 1: the text is no JSON array"},
      {"{}\n{}\n", "line 1: the text is no JSON array, `[…]`; if each line is a record, use the"},
      {"null", "line 1: the text is no JSON array"},
      {"\xEF\xBB[]", "line 1: the text is no JSON array"},
      {"\xEF \xBB\xBF[]", "line 1: the text is no JSON array"},
      {" \xEF\xBB\xBF[]", "line 1: the text is no JSON array"},
      {"[{},]", "line 1: each element of the array must be"},
      {"[,{}]", "line 1: each element of the array must be"},
      {"[{}{}]", "line 1: a comma or `]` must stand behind"},
      {"[{}\n{}]", "line 2: a comma or `]` must stand behind"},
      {"[{}};", "line 1: a comma or `]` must stand behind"},
      {"[1]", "line 1: each element of the array must be"},
      {"[\n[{}]]", "line 2: each element of the array must be"},
      {"[null]", "line 1: each element of the array must be"},
      {"[{}", "line 1: the text ends before its array does"},
      {"[{},\n", "line 2: the text ends before its array does"},
      {"[{\"a\":\"secret", "line 1: the text ends before its array does"},
      {"[{}]]", "line 1: something stands behind the array"},
      {"[]{}", "line 1: something stands behind the array"},
      {"[{}]\n\n[{}]", "line 3: something stands behind the array"},
      {"[{]}]", "line 1: the record is no valid JSON"},
      {"[{},\n\n{\"a\":\n[}]}]", "line 3: the record is no valid JSON"},
      {"[{\"a\":1 2}]", "line 1: the record is no valid JSON"},
      {"[{\"a\":\"\n\"}]", "line 1: the record is no valid JSON"},
      {"[{\"a\":1\x1E}]", "line 1: "},
      {"[{\x1E},{}]", "line 1: "},
      {std::string("[{\"a\":\"\0\"}]", 11), "line 1: the record is no valid JSON"},
      {std::string("[\0]", 3), "line 1: each element of the array must be"},
      {"[{\"a\":\"\xC0\x80\"}]", "line 1: the record is not UTF-8"},
  };
  for (const auto& [text, error] : cases) {
    const auto made = made_by(kArray, text);
    EXPECT_TRUE(made.error.starts_with(error)) << text << " -> " << made.error;
    EXPECT_EQ(made.error.find("secret"), std::string::npos);
  }
}

TEST(Records, ShuffledOnesAreAllThereInBlocks) {
  std::string text;
  for (int i = 0; i < 1'200; ++i) text += "{\"i\":" + std::to_string(i) + "}\n";
  const auto shuffled = [&](std::uint64_t seed) {
    return text_by(kLines, text, {.options = {.shuffle = true, .seed = seed}});
  };
  const auto sorted = [](const std::string& lines, std::size_t from, std::size_t count) {
    std::vector<std::string> list;
    std::size_t at = 0;
    for (std::size_t i = 0; i < from + count; ++i) {
      const std::size_t end = lines.find('\n', at);
      if (i >= from) list.push_back(lines.substr(at, end - at));
      at = end + 1;
    }
    std::ranges::sort(list);
    return list;
  };
  const std::string made = shuffled(1);
  EXPECT_NE(made, text);
  EXPECT_EQ(made, shuffled(1));
  EXPECT_NE(made, shuffled(2));
  for (const std::size_t from : {0U, 500U}) {
    EXPECT_EQ(sorted(made, from, 500), sorted(text, from, 500));
  }
  EXPECT_EQ(sorted(made, 1'000, 200), sorted(text, 1'000, 200));

  std::string array = text;
  std::ranges::replace(array, '\n', ',');
  array.back() = ']';
  const std::string made_array =
      text_by(kArray, "[" + array, {.options = {.shuffle = true, .seed = 1}});
  std::string as_array = "[" + made;
  std::ranges::replace(as_array, '\n', ',');
  as_array.back() = ']';
  EXPECT_EQ(made_array, as_array);
}

}  // namespace
}  // namespace zoom_proxy
