#include "rules/format/gzip_or_plain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace zoom_proxy {
namespace {

std::string gzip(std::string_view text) {
  std::string out;
  Deflater deflater;
  deflater.deflate(text, out);
  deflater.finish(out);
  return out;
}

/// The text of `bytes` that come in pieces of one size and are taken with so much room; nothing
/// when they are refused.
std::optional<std::string> text_of(const std::string& bytes, std::size_t piece, std::size_t room) {
  GzipOrPlain source;
  std::string text;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    std::string_view in = rest.substr(0, piece);
    rest.remove_prefix(in.size());
    for (bool more = true; more || !in.empty();) {
      const std::size_t before = text.size();
      if (!source.take(in, room, text)) return std::nullopt;
      EXPECT_LE(text.size() - before, room);
      more = text.size() > before;
    }
  }
  if (!source.finish(text)) return std::nullopt;
  return text;
}

const std::string kLines = [] {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += std::to_string(i * i) + ",";
  return text;
}();

TEST(GzipOrPlain, TellsByTheFirstTwoBytesHoweverTheyCome) {
  const std::string almost = "\x1f" + kLines;
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{777}, kLines.size()}) {
    for (const std::size_t room : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 20}) {
      EXPECT_EQ(text_of(kLines, piece, room), kLines) << piece << ' ' << room;
      EXPECT_EQ(text_of(almost, piece, room), almost) << piece << ' ' << room;
      EXPECT_EQ(text_of(gzip(kLines), piece, room), kLines) << piece << ' ' << room;
    }
  }
}

TEST(GzipOrPlain, TextsTooShortToBeToldArePlain) {
  for (const std::string text : {"", "x", "\x1f"}) EXPECT_EQ(text_of(text, 1, 10), text);
}

TEST(GzipOrPlain, SaysWhichItIs) {
  for (const bool zipped : {false, true}) {
    GzipOrPlain source;
    std::string text;
    const std::string bytes = zipped ? gzip("text") : "text";
    std::string_view in = bytes;
    EXPECT_TRUE(source.take(in, 100, text));
    EXPECT_EQ(source.is_gzip(), zipped);
    EXPECT_EQ(text, "text");
  }
}

TEST(GzipOrPlain, MembersBehindEachOtherAreOneText) {
  const std::string members = gzip("one,") + gzip("") + gzip("two,") + gzip(kLines);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, members.size()})
    EXPECT_EQ(text_of(members, piece, 1000), "one,two," + kLines) << piece;
}

TEST(GzipOrPlain, WhatStandsBehindAMemberIsDamageUnlessItIsOne) {
  for (const std::string& tail :
       {std::string("x"), std::string(512, '\0'), std::string("\x1f\x8c")}) {
    EXPECT_EQ(text_of(gzip("text") + tail, 1000, 1000), std::nullopt);
    EXPECT_EQ(text_of(gzip("text") + tail, 1, 1), std::nullopt);
  }
}

TEST(GzipOrPlain, CutOffAnywhereIsRefused) {
  const std::string first = gzip("the quick brown fox");
  const std::string both = first + gzip("jumps over the lazy dog");
  for (std::size_t size = 2; size < both.size(); ++size)
    EXPECT_EQ(text_of(both.substr(0, size), 5, 64).has_value(), size == first.size()) << size;
}

TEST(GzipOrPlain, DamageIsRefusedAndStaysSo) {
  std::string damaged = gzip("the quick brown fox");
  damaged[damaged.size() - 6] ^= 1;  // of the checksum
  GzipOrPlain source;
  std::string text;
  std::string_view in = damaged;
  EXPECT_FALSE(source.take(in, 1000, text));
  in = {};
  EXPECT_FALSE(source.take(in, 1000, text));
  EXPECT_FALSE(source.finish(text));
}

TEST(GzipOrPlain, MakesNoMoreThanThereIsRoomFor) {
  const std::string bomb = gzip(std::string(std::size_t{32} << 20, 'a'));
  GzipOrPlain source;
  std::string text;
  std::string_view in = bomb;
  EXPECT_TRUE(source.take(in, 1000, text));
  EXPECT_EQ(text.size(), 1000U);
  EXPECT_LT(text.capacity(), 10'000U);
  EXPECT_FALSE(in.empty());
}

}  // namespace
}  // namespace zoom_proxy
