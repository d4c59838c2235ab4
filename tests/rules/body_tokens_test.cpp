#include "rules/body_tokens.hpp"

#include <gtest/gtest.h>

#include "rules/format/encoding.hpp"
#include "rules/limits.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

std::string token(std::string_view value) {
  std::string text;
  test::known_codec()->append_token(value, true, true, text);
  return text;
}

const std::string kForged = "p~" + std::string(64, 'A');

/// What became of a JSON body, or the fault's name.
std::string json(std::string_view body) {
  const auto decoded = decode_json_body(body, *test::known_codec());
  if (const auto* text = std::get_if<DecodedText>(&decoded)) return text->text;
  return std::get<BodyTokensFault>(decoded) == BodyTokensFault::bad_token ? "bad_token"
                                                                          : "not_json";
}

std::string form(std::string_view body) {
  const auto decoded = decode_form_body(body, *test::known_codec());
  return decoded ? decoded->text : "bad_token";
}

TEST(JsonBody, WithoutTokensStaysByteForByte) {
  for (const char* body :
       {"{}", " [ ] ", "null", "\"p~short\"", "-1.50E+007",
        R"({"b": 1.10, "a":1e400, "a" : "\u00e9\/\ud83d", "t": "t~AAAAAAAAAA" })",
        "\n[[1,-0,true]]\r\n"}) {
    EXPECT_EQ(json(body), body);
  }
}

TEST(JsonBody, StringValuesAtAnyDepthAreDecoded) {
  const std::string id = token("z8yAAAAA8bbbQ");
  EXPECT_EQ(json("\"" + id + "\""), "\"z8yAAAAA8bbbQ\"");
  EXPECT_EQ(json(R"({"n" : 1.10, "a":["x",[ {"b" :")" + id + R"("}], ")" + id + R"( + )" + id +
                 R"("] ,"n":2})"),
            R"({"n" : 1.10, "a":["x",[ {"b" :"z8yAAAAA8bbbQ"}], )"
            R"("z8yAAAAA8bbbQ + z8yAAAAA8bbbQ"] ,"n":2})");
  EXPECT_EQ(json("[\"" + token("say \"ho\"\n") + "\"]"), R"(["say \"ho\"\n"])");
}

TEST(JsonBody, KeysStay) {
  const std::string body = R"({")" + token("z8yAAAAA8bbbQ") + R"(":1})";
  EXPECT_EQ(json(body), body);
  EXPECT_EQ(json("{\"" + kForged + "\":1}"), "{\"" + kForged + "\":1}");
}

TEST(JsonBody, EscapesHideNoToken) {
  const std::string rest = token("z8yAAAAA8bbbQ").substr(2);
  EXPECT_EQ(json(R"(["\u0070\u007E)" + rest + R"("])"), R"(["z8yAAAAA8bbbQ"])");
  EXPECT_EQ(json(R"(["p\u007e)" + kForged.substr(2) + R"("])"), "bad_token");
}

TEST(JsonBody, TellsTheValues) {
  const auto decoded = decode_json_body(
      "[\"a " + token("ann@corp.test") + "\",{\"b\":\"" + token("z8yAAAAA8bbbQ") + "\"}]",
      *test::known_codec());
  const auto expected = std::vector<std::string>{"ann@corp.test", "z8yAAAAA8bbbQ"};
  EXPECT_EQ(std::get<DecodedText>(decoded).values, expected);
}

TEST(JsonBody, ForgedTokensAreRefused) {
  EXPECT_EQ(json("[\"" + kForged + "\"]"), "bad_token");
  EXPECT_EQ(json("{\"a\":{\"b\":[1,\"" + token("z8yAAAAA8bbbQ") + "\",\"x" + kForged + "\"]}}"),
            "bad_token");
}

TEST(JsonBody, WhatIsNotOneJsonValueIsRefused) {
  for (const std::string& body :
       {std::string(" "), std::string("{"), std::string("{} {}"), std::string("1 2"),
        std::string("[1,]"), std::string("{'a':1}"), std::string("[\"\\x\"]"),
        std::string("[\"\xff\"]"), std::string("[\"\xc3"), std::string("\xef\xbb\xbf{}"),
        std::string("[1]\0", 4), std::string("a=b")}) {
    EXPECT_EQ(json(body), "not_json") << body;
  }
}

TEST(JsonBody, IsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(json(nested(limits::kJsonDepth)), nested(limits::kJsonDepth));
  EXPECT_EQ(json(nested(limits::kJsonDepth + 1)), "not_json");
  EXPECT_EQ(json("\"" + std::string(limits::kJsonScalarBytes, 'x') + "\""), "not_json");
}

TEST(FormBody, ValuesAreDecodedAndNamesStay) {
  const std::string id = token("z8yAAAAA8bbbQ");
  EXPECT_EQ(form("a=" + id + "&b=1"), "a=z8yAAAAA8bbbQ&b=1");
  EXPECT_EQ(form(id + "=1&" + id), id + "=1&" + id);
  EXPECT_EQ(form("a=x+" + percent_encode(token("ann@corp.test")) + "%26"),
            "a=x%20ann%40corp.test%26");
  EXPECT_EQ(form("a=b=" + id), "a=b%3Dz8yAAAAA8bbbQ");
  const auto decoded = decode_form_body("a=" + id, *test::known_codec());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->values, std::vector<std::string>{"z8yAAAAA8bbbQ"});
}

TEST(FormBody, WithoutTokensStaysByteForByte) {
  for (const char* body :
       {"", "&", "a", "=", "a=%zz&&b=c+d%20&=x&", "a=p~short", "a=%ff;b=%00&c"}) {
    EXPECT_EQ(form(body), body);
  }
}

TEST(FormBody, ForgedTokensAreRefused) {
  EXPECT_EQ(form("a=1&b=" + kForged), "bad_token");
  EXPECT_EQ(form("a=%70%7E" + kForged.substr(2)), "bad_token");
}

}  // namespace
}  // namespace zoom_proxy
