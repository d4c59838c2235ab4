#include "rules/format/yaml.hpp"

#include <gtest/gtest.h>

#include <string>

#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

YamlDocument parse(std::string_view text) { return YamlDocument::parse(text, "f.yaml"); }

/// The message of the ConfigError that `act` throws; "" when it throws none.
template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string parse_error(std::string_view text) {
  return error_of([&] { parse(text); });
}

TEST(Yaml, ReadsAFile) {
  const YamlDocument document = parse(
      "# comment\n"
      "name: zoom\n"
      "count: -12\n"
      "on: true\n"
      "list: [a, 'b']\n"
      "nothing:\n"
      "text: |\n"
      "  two\n"
      "  lines\n");
  const YamlNode root = document.root();
  EXPECT_EQ(root.at("name").as_string(), "zoom");
  EXPECT_EQ(root.at("count").as_integer(), -12);
  EXPECT_TRUE(root.at("on").as_bool());
  EXPECT_EQ(root.at("list").as_strings(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(root.at("nothing").is_null());
  EXPECT_EQ(root.at("text").as_string(), "two\nlines\n");
  EXPECT_FALSE(root.find("other"));
}

TEST(Yaml, KnowsPlaces) {
  const YamlDocument document = parse("a: 1\nb:\n  - x\n  - cc: [7, 8]\n");
  const YamlNode b = document.root().at("b");
  EXPECT_EQ(b.elements()[0].place().text(), "f.yaml:3:5");
  const YamlEntry& cc = b.elements()[1].entries()[0];
  EXPECT_EQ(cc.key, "cc");
  EXPECT_EQ(cc.key_node.place().text(), "f.yaml:4:5");
  EXPECT_EQ(cc.value.elements()[1].place().text(), "f.yaml:4:13");
}

TEST(Yaml, EntriesKeepFileOrder) {
  const YamlDocument document = parse("{z: 1, a: 2, m: 3}");
  std::string order;
  for (const YamlEntry& entry : document.root().entries()) order += entry.key;
  EXPECT_EQ(order, "zam");
}

TEST(Yaml, WrongTypeNamesKeyAndPlaceButNoValue) {
  const YamlDocument document = parse("port: secret\nlist: [[1]]\nmap: {a: b}\nnone:\n");
  const YamlNode root = document.root();
  EXPECT_EQ(error_of([&] { (void)root.at("port").as_integer(); }),
            "f.yaml:1:7: \"port\": expected a whole number in decimal digits");
  EXPECT_EQ(error_of([&] { (void)root.at("map").as_string(); }),
            "f.yaml:3:6: \"map\": expected a text, found a map");
  EXPECT_EQ(error_of([&] { (void)root.at("port").entries(); }),
            "f.yaml:1:7: \"port\": expected a map, found a text");
  EXPECT_EQ(error_of([&] { (void)root.at("list").as_strings(); }),
            "f.yaml:2:8: \"list\": expected a text, found a list");
  EXPECT_EQ(error_of([&] { (void)root.at("none").as_string(); }),
            "f.yaml:4:1: \"none\": expected a text, found nothing");
  EXPECT_EQ(error_of([&] { (void)root.at("zone"); }), "f.yaml:1:1: the key \"zone\" is missing");
}

TEST(Yaml, NumbersAreDecimal) {
  for (const std::string text : {"010", "0x10", "1_000", "+1", "1.0", "1e3", "'1'", "0o7", "--1",
                                 "9223372036854775808", "yes"}) {
    const YamlDocument document = parse("n: " + text);
    EXPECT_THROW((void)document.root().at("n").as_integer(), ConfigError) << text;
  }
  EXPECT_EQ(parse("n: 0").root().at("n").as_integer(), 0);
  EXPECT_EQ(parse("n: 9223372036854775807").root().at("n").as_integer(), INT64_MAX);
}

TEST(Yaml, OnlyTrueAndFalseAreBooleans) {
  for (const std::string text : {"yes", "True", "on", "1", "'true'"}) {
    const YamlDocument document = parse("b: " + text);
    EXPECT_THROW((void)document.root().at("b").as_bool(), ConfigError) << text;
  }
  EXPECT_FALSE(parse("b: false").root().at("b").as_bool());
}

TEST(Yaml, UnknownKey) {
  const YamlDocument document = parse("listen: 1\nrulez: 2\n");
  EXPECT_EQ(error_of([&] {
              document.root().check_keys({"listen", "rules"});
            }),
            "f.yaml:2:1: unknown key \"rulez\"; did you mean \"rules\"?");
  EXPECT_EQ(error_of([&] {
              document.root().check_keys({"listen", "zoom"});
            }),
            "f.yaml:2:1: unknown key \"rulez\"");
  EXPECT_EQ(error_of([&] { document.root().check_keys({"listen", "rulez"}); }), "");
}

TEST(Yaml, UnknownKeyStaysShortInTheMessage) {
  const YamlDocument document = parse(std::string(1000, 'k') + ": 1\n\"a\\nb\": 1");
  EXPECT_LT(error_of([&] { document.root().check_keys({"a"}); }).size(), 200U);
  EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
  EXPECT_EQ(in_quotes(std::string(99, 'x') + "\xC3\xA9y"), "\"" + std::string(99, 'x') + "…\"");
}

TEST(Yaml, TheNearestName) {
  const std::string very_long(std::size_t{1} << 20, 'e');
  const std::vector<std::string_view> names = {very_long, "email", "Emails", "", "id"};
  EXPECT_EQ(nearest("Emial", names), 1U);
  EXPECT_EQ(nearest("EMAILS", names), 2U);
  EXPECT_EQ(nearest("note", names), std::nullopt);
  EXPECT_EQ(did_you_mean("emial", names), "; did you mean \"email\"?");
}

TEST(Yaml, DuplicateKey) {
  EXPECT_EQ(parse_error("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: duplicate key \"a\": keep one of them");
  EXPECT_NE(parse_error("x:\n  a: 1\n  'a': 1\n"), "") << "quotes make no other key";
  EXPECT_NE(parse_error("x: {\"a\": 1, \"\\x61\": 1}"), "") << "nor do escapes";
  EXPECT_EQ(parse_error("x: {a: 1}\ny: {a: 1}"), "");
}

TEST(Yaml, KeysAreTexts) {
  for (const std::string text : {"? [a, b]\n: c\n", "{a: b}: c\n", ": x\n", "!!str a: 1\n"}) {
    EXPECT_NE(parse_error(text), "") << text;
  }
}

TEST(Yaml, MergeKeysAreRefused) {
  const std::string error = parse_error("a: &x {b: 1}\nc:\n  <<: *x\n");
  EXPECT_NE(error.find("<<"), std::string::npos) << error;
}

TEST(Yaml, TagsAreSeenOnlyByWhoAsks) {
  const YamlDocument document =
      parse("- !<redact>\n  a: 1\n- !redact {a: 1}\n- !!int 5\n- plain\n");
  const auto elements = document.root().elements();
  for (int i : {0, 1}) {
    EXPECT_EQ(elements[i].tag(), "redact");
    EXPECT_THROW((void)elements[i].entries(), ConfigError);
    EXPECT_EQ(elements[i].untagged().at("a").as_integer(), 1);
  }
  EXPECT_EQ(error_of([&] { (void)elements[2].as_integer(); }),
            "f.yaml:4:3: unexpected tag \"!tag:yaml.org,2002:int\"");
  EXPECT_EQ(elements[3].tag(), "");
}

TEST(Yaml, AliasesWork) {
  const YamlDocument document = parse("a: &x [1, 2]\nb: *x\n");
  EXPECT_EQ(document.root().at("b").elements().size(), 2U);
}

TEST(Yaml, AliasBombIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j) text += ", " + before;
    text += "]\n";
  }
  EXPECT_NE(parse_error(text).find("too many nodes"), std::string::npos);
}

TEST(Yaml, DeepAliasChainIsRefused) {
  std::string text = "- &a0 [x]\n";
  for (int i = 1; i < 150; ++i) {
    text += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(parse_error(text).find("too deep"), std::string::npos);
}

TEST(Yaml, SelfAliasIsRefused) {
  EXPECT_NE(parse_error("x: &a [*a]\n"), "");
  EXPECT_NE(parse_error("x: *nowhere\n"), "");
}

TEST(Yaml, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(parse_error(nested(limits::kYamlDepth)), "");
  EXPECT_NE(parse_error(nested(limits::kYamlDepth + 1)), "");
  EXPECT_NE(parse_error(std::string(100'000, '[')), "");
  std::string block;
  for (int i = 0; i < 5000; ++i) block += "- ";
  EXPECT_NE(parse_error(block + "a\n"), "");
  std::string keys;
  for (int i = 0; i < 10'000; ++i) keys += "? ";
  EXPECT_NE(parse_error(keys + "a\n"), "");
}

TEST(Yaml, SizeIsBounded) {
  EXPECT_NE(parse_error(std::string(limits::kRulesFileBytes + 1, 'a')), "");
  std::string many = "[";
  for (std::size_t i = 0; i <= limits::kYamlNodes; ++i) many += "a,";
  EXPECT_NE(parse_error(many + "]").find("too many nodes"), std::string::npos);
}

TEST(Yaml, OneDocumentAlone) {
  EXPECT_EQ(parse_error("---\na: 1\n"), "");
  EXPECT_EQ(parse_error("a: 1\n---\nb: 1\n"),
            "f.yaml:2:1: a second YAML document: keep one and remove the `---`");
  EXPECT_NE(parse_error("a: 1\n...\nb: 1\n"), "");
}

TEST(Yaml, EmptyFilesAreNull) {
  for (const std::string text : {"", "\n", "# only a comment\n", "~", "---\n"}) {
    EXPECT_TRUE(parse(text).root().is_null()) << text;
    EXPECT_THROW((void)parse(text).root().entries(), ConfigError) << text;
  }
}

TEST(Yaml, OnlyCleanUtf8Text) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a: 1")
                .root()
                .at("a")
                .place()
                .text(),
            "f.yaml:1:4");
  EXPECT_EQ(parse("a: \xC3\xBC").root().at("a").as_string(), "\xC3\xBC");
  EXPECT_EQ(parse_error(std::string_view("a: 1\nb: x\0y\n", 12)),
            "f.yaml:2:5: a control character: is this a text file in UTF-8?");
  EXPECT_NE(parse_error("a: b\x07\n"), "");
  EXPECT_EQ(parse_error("a: 1\n\xC3\xBC: \xFF\n"), "f.yaml:2:4: not UTF-8: save the file as UTF-8");
  EXPECT_NE(parse_error("a: \xC3"), "");
  EXPECT_NE(parse_error(std::string_view("\xFF\xFE"
                                         "a\0:\0 \0b\0",
                                         10)),
            "")
      << "UTF-16 with BOM";
  EXPECT_NE(parse_error(std::string_view("a\0:\0 \0b\0", 8)), "") << "UTF-16 without BOM";
}

TEST(Yaml, BrokenYamlHasAPlaceAndNoValue) {
  for (const std::string text :
       {"a: {b: 1", "a: \"secret\\q\"\n", "a: \"secret", "a:\n\t- secret\n", "a: `secret\n",
        "a: b\n  c: secret\n", "- a\nsecret: 1\n", "a: 1\n} ]\n", "a: @secret"}) {
    const std::string error = parse_error(text);
    EXPECT_TRUE(error.starts_with("f.yaml:")) << text << error;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
}

TEST(Yaml, QuotesMustEnd) {
  for (const std::string text : {"a: \"b\n", "a: 'b\n", "a: \"b\nc: \"d\"\n", "a: 'b\nc: 'd'\n",
                                 "\"a\n", "a: &x \"b\n", "a:\n  - \"b\n  - c\nd: \"e\"\n"}) {
    EXPECT_NE(parse_error(text), "") << text;
  }
  for (const std::string text :
       {"a: \"b\n  c\"\nd: 1\n", "a: 'it''s'\nb: '''x'''\n", "a: \"\\\"\\\\\"\nb: \"\"\n",
        "'a': \"b\" # it's\n", "a: |\n  it's \"\nb: 1\n", "a: >-\n  it's\nb: 'c'\n",
        "a: it's\nb: say \"x\n", "\xC3\xBC: '\xC3\xBC\xC3\xBC'\nb: ['x', \"y\", z]\n",
        "a: &x 'b'\nc: *x\n", "a: 'b'\r\nc: \"d\"\r\n",
        "{\"a\":\"b\",\"c\":[\"d\",{\"e\":\"f\"}]}"}) {
    EXPECT_EQ(parse_error(text), "") << text;
  }
}

TEST(Yaml, DidYouMean) {
  constexpr std::string_view kWords[] = {"allowedMethods", "transforms", "ref"};
  EXPECT_EQ(did_you_mean("AllowedMethod", kWords), "; did you mean \"allowedMethods\"?");
  EXPECT_EQ(did_you_mean("tranforms", kWords), "; did you mean \"transforms\"?");
  EXPECT_EQ(did_you_mean("description", kWords), "");
  EXPECT_EQ(did_you_mean("", kWords), "");
}

}  // namespace
}  // namespace zoom_proxy
