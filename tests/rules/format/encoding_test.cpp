#include "rules/format/encoding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace zoom_proxy {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string base64url(std::string_view text) {
  std::string out;
  append_base64url(bytes(text), out);
  return out;
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(encode_base64(bytes(plain)), encoded);
    EXPECT_EQ(decode_base64(encoded), plain);
    const std::string_view bare = encoded.substr(0, encoded.find('='));
    EXPECT_EQ(base64url(plain), bare);
    EXPECT_EQ(decode_base64url(bare), plain);
  }
}

TEST(Base64, EachFlavourHasItsOwnAlphabet) {
  const std::string_view plain = "\xfb\xff\xfe";
  EXPECT_EQ(encode_base64(bytes(plain)), "+//+");
  EXPECT_EQ(base64url(plain), "-__-");
  EXPECT_EQ(decode_base64("-__-"), std::nullopt);
  EXPECT_EQ(decode_base64url("+//+"), std::nullopt);
}

TEST(Base64, BothFlavoursDifferInTwoCharactersAlone) {
  // Long texts of one come by vector instructions where there are any, those of the other never.
  std::mt19937 random(2);
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<std::uint8_t> plain(size);
    std::generate(plain.begin(), plain.end(), [&] { return static_cast<std::uint8_t>(random()); });
    std::string expected = encode_base64(plain);
    expected.erase(std::min(expected.find('='), expected.size()));
    std::replace(expected.begin(), expected.end(), '+', '-');
    std::replace(expected.begin(), expected.end(), '/', '_');
    std::string out;
    append_base64url(plain, out);
    EXPECT_EQ(out, expected) << size;
  }
}

TEST(Base64, AppendsToWhatIsThere) {
  std::string out = "t~";
  append_base64url(bytes("foob"), out);
  EXPECT_EQ(out, "t~Zm9vYg");
}

TEST(Base64, EveryLengthComesBack) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 100; ++size) {
    std::string plain;
    for (std::size_t i = 0; i < size; ++i) plain += static_cast<char>(random());
    EXPECT_EQ(decode_base64url(base64url(plain)), plain);
    EXPECT_EQ(decode_base64(encode_base64(bytes(plain))), plain);
  }
}

TEST(Base64, RefusesWhatIsNotStrict) {
  for (const char* text :
       {"Zg==", "Zg=", "Zg\n", " Zg", "Z", "Zm9vY", "Zh", "Zm9", "Zm9v=", "Zm%v"}) {
    EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
  }
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm9v\n", "Zg==Zg==", "Z===", "Zg=a"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(Percent, DecodesOnce) {
  EXPECT_EQ(percent_decode("a%2Fb%2fc"), "a/b/c");
  EXPECT_EQ(percent_decode("%252F"), "%2F");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
}

TEST(Percent, LeavesWhatIsNoEscape) {
  for (const char* text : {"%", "%2", "%zz", "%2z", "%z2", "100%", "%-1", "% 1"}) {
    EXPECT_EQ(percent_decode(text), text);
  }
  EXPECT_EQ(percent_decode("%%41"), "%A");
}

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a/b+c=d&e?f#g h%i@j;\xC3\xA9"),
            "a%2Fb%2Bc%3Dd%26e%3Ff%23g%20h%25i%40j%3B%C3%A9");
}

TEST(Percent, EveryByteComesBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

bool is_utf8(std::string_view text) {
  Utf8Check check;
  return check.feed(text) && check.complete();
}

std::string utf8(unsigned long c) {
  const auto byte = [](unsigned long value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)),
          byte(0x80 | (c & 63))};
}

TEST(Utf8, AcceptsEveryCodePointButSurrogates) {
  for (unsigned long c = 0; c <= 0x110FFF; ++c) {
    const bool valid = c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
    ASSERT_EQ(is_utf8(utf8(c)), valid) << c;
  }
}

TEST(Utf8, RefusesOverlongFormsStrayAndForeignBytes) {
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\x80",
                           "\xBF", "\xFE", "\xFF", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80",
                           "\xC3(", "\xE2\x82(", "\xE2(\x82", "a\xC3\xC3\xA9"}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, AnUnfinishedCharacterIsNotComplete) {
  for (const char* text : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "abc\xE2"}) {
    Utf8Check check;
    EXPECT_TRUE(check.feed(text));
    EXPECT_FALSE(check.complete());
  }
}

TEST(Utf8, IsDeadAfterAnError) {
  Utf8Check check;
  EXPECT_FALSE(check.feed("\xFF"));
  EXPECT_FALSE(check.feed("abc"));
  EXPECT_FALSE(check.complete());
}

TEST(Utf8, CutsMakeNoDifference) {
  // Long ASCII runs take the fast path; the odd byte stands at every offset of it.
  for (const std::string_view odd : {"é", "€", "😀", "\xC3(", "\xED\xA0\x80", "\xFF"}) {
    for (std::size_t lead = 0; lead < 70; ++lead) {
      const std::string text = std::string(lead, 'a') + std::string(odd) + std::string(40, 'b');
      const bool valid = odd == "é" || odd == "€" || odd == "😀";
      ASSERT_EQ(is_utf8(text), valid) << lead << odd;
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Utf8Check check;
        const bool first = check.feed(std::string_view(text).substr(0, cut));
        const bool both = check.feed(std::string_view(text).substr(cut));
        ASSERT_TRUE(first || !both);
        ASSERT_EQ(both && check.complete(), valid) << lead << odd << cut;
      }
    }
  }
}

TEST(Blank, IsJavasWhiteSpace) {
  for (unsigned long c = 0; c < 0x11000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const bool blank = (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x1680 ||
                       (c >= 0x2000 && c <= 0x2006) || (c >= 0x2008 && c <= 0x200A) ||
                       c == 0x2028 || c == 0x2029 || c == 0x205F || c == 0x3000;
    ASSERT_EQ(is_blank(utf8(c)), blank) << std::hex << c;
  }
}

TEST(Blank, AllOfTheTextCounts) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\r\n\u2003\u3000"));
  EXPECT_FALSE(is_blank("  x"));
  EXPECT_FALSE(is_blank("\u2003.\u2003"));
  EXPECT_FALSE(is_blank(" \u00A0"));
  EXPECT_FALSE(is_blank("\U00012000"));
  EXPECT_FALSE(is_blank("\xE2\x80"));  // cut off: no white space
}

TEST(Utf16Length, CountsAsJava) {
  EXPECT_EQ(utf16_length(""), 0U);
  EXPECT_EQ(utf16_length("abc"), 3U);
  EXPECT_EQ(utf16_length("é"), 1U);
  EXPECT_EQ(utf16_length("€"), 1U);
  EXPECT_EQ(utf16_length("😀"), 2U);
  EXPECT_EQ(utf16_length("a€😀e\u0301"), 6U);
}

TEST(Ascii, LowersOnlyAscii) {
  EXPECT_EQ(ascii_lower("AZaz[@`{É"), "azaz[@`{É");
  EXPECT_TRUE(ascii_iequals("Content-TYPE", "content-type"));
  EXPECT_FALSE(ascii_iequals("a", "ab"));
  EXPECT_FALSE(ascii_iequals("[", "{"));
  EXPECT_FALSE(ascii_iequals("É", "é"));
}

}  // namespace
}  // namespace zoom_proxy
