#include "rules/bulk/column_key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace zoom_proxy {
namespace {

TEST(ColumnKey, CaseDoesNotCount) {
  for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
           {"User Name", "uSER nAME"},
           {"PRÉNOM", "Prénom"},
           {"ÀÖØÞ", "àöøþ"},
           {"Ÿ", "ÿ"},
           {"ĀĮIJĶĹŇŊŶŹŽ", "āįijķĺňŋŷźž"},
           {"ŁÓDŹ", "łódź"},
           {"DOĞUM YERİ", "doğum yeri"},
           {"KIZLIK ADI", "kızlık adı"},
           {"ORAȘ, ȚARĂ", "oraș, țară"},
           {"TÊN NGƯỜI DÙNG", "tên người dùng"},
           {"ΌΝΟΜΑ ΧΡΉΣΤΗΣ", "όνομα χρήστης"},
           {"ΆΈΊΌΎΏΑΡΣΫ", "άέίόύώαρσϋ"},
           {"ИМЯ ЁЖ ѠѢ ҊҐӀӁӍӐԮ", "имя ёж ѡѣ ҋґӏӂӎӑԯ"},
       }) {
    EXPECT_EQ(column_key(one), column_key(other)) << one;
    EXPECT_EQ(column_key(other), column_key(column_key(other))) << other;
  }
}

TEST(ColumnKey, OtherLettersDo) {
  const std::vector<std::string> names = {"ß", "ss", "é", "e", "×", "÷", "ø",    "µ", "ĸ",
                                          "ĺ", "ŉ",  "ο", "o", "ё", "е", "日本", "😀"};
  for (const std::string& one : names) {
    EXPECT_EQ(column_key(one), one);
    const auto alike = [&](const std::string& other) { return column_key(other) == one; };
    EXPECT_EQ(std::ranges::count_if(names, alike), 1) << one;
  }
}

TEST(ColumnKey, WhatNobodySeesDoesNotCount) {
  for (const char* const name :
       {"\uFEFFName", "\uFEFF\uFEFFName", "Na\u00ADme", "Na\u200Bme\u200C", "\u200DName\u2060",
        "\u200E\u202AName\u202C", "\u00A0Name\u202F", " \u00A0\tName \u2007 ", "\u3000Name"}) {
    EXPECT_EQ(column_key(name), "name") << name;
    EXPECT_NE(odd_character(name), "") << name;
  }
  for (const char* const name : {"User\u00A0Name", "User\u202FName", "User\u2007Name"}) {
    EXPECT_EQ(column_key(name), "user name");
  }
  EXPECT_EQ(column_key("UserName"), "username");
  EXPECT_EQ(column_key(" \u200B\u00A0\uFEFF "), "");
}

TEST(ColumnKey, OddCharactersByNumber) {
  EXPECT_EQ(odd_character("User\u00A0Na\u200Bme"), "U+00A0");
  EXPECT_EQ(odd_character("\uFEFFName"), "U+FEFF");
  EXPECT_EQ(odd_character("Prénom\t日本 😀"), "");
}

TEST(ColumnKey, BytesThatAreNotUtf8Stay) {
  for (const char* const name :
       {"a\xC3", "\xE2\x80", "\xE2\x80z", "\xC3\x28", "\xFF\xFE", "\x80"}) {
    EXPECT_EQ(column_key(name), name);
    EXPECT_EQ(odd_character(name), "");
  }
  EXPECT_EQ(column_key(std::string("A\0B", 3)), std::string("a\0b", 3));
}

}  // namespace
}  // namespace zoom_proxy
