#include "rules/format/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <string>

namespace zoom_proxy {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Inflated {
  bool bad = false;
  bool finished = false;
  std::string text;
};

/// Inflates in pieces of the given sizes, as the header's example does.
Inflated inflate(const std::string& bytes, std::size_t piece_size, std::size_t room_size) {
  Inflater inflater;
  Inflated out;
  std::string room(room_size, '\0');
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    std::span<const char> in(bytes.data() + at, std::min(piece_size, bytes.size() - at));
    while (true) {
      const auto [result, used, made] = inflater.inflate(in, room);
      out.bad = result == Inflater::Result::bad;
      if (out.bad) return out;
      out.text.append(room.data(), made);
      in = in.subspan(used);
      if (in.empty() && made < room.size()) break;
    }
  }
  out.finished = inflater.finished();
  return out;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i) + ",";
  return text;
}

TEST(Gzip, InflatesInPiecesOfAnySize) {
  const std::string text = long_text();
  const std::string zipped = gzip(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, zipped.size()}) {
    for (const std::size_t room : {1, 13, 1 << 20}) {
      const Inflated out = inflate(zipped, piece, room);
      EXPECT_TRUE(out.finished) << piece << " " << room;
      EXPECT_EQ(out.text, text) << piece << " " << room;
    }
  }
}

TEST(Gzip, CutOffAnywhereIsNotFinished) {
  const std::string zipped = gzip("the quick brown fox jumps over the lazy dog");
  for (std::size_t size = 0; size < zipped.size(); ++size) {
    const Inflated out = inflate(zipped.substr(0, size), 5, 64);
    EXPECT_FALSE(out.bad) << size;
    EXPECT_FALSE(out.finished) << size;
    EXPECT_EQ(gunzip(zipped.substr(0, size), 1000), std::nullopt) << size;
  }
}

TEST(Gzip, BytesAfterTheMemberAreBad) {
  const std::string zipped = gzip("text");
  for (const std::string& tail : {std::string("x"), std::string(1, '\0'), gzip("more")}) {
    EXPECT_TRUE(inflate(zipped + tail, 1000, 64).bad);
    EXPECT_TRUE(inflate(zipped + tail, 1, 64).bad);
    EXPECT_EQ(gunzip(zipped + tail, 1000), std::nullopt);
  }
}

TEST(Gzip, DamageIsBad) {
  const std::string zipped = gzip("the quick brown fox");
  std::string checksum = zipped;
  checksum[zipped.size() - 6] ^= 1;
  std::string length = zipped;
  length[zipped.size() - 1] ^= 1;
  EXPECT_TRUE(inflate(checksum, 1000, 64).bad);
  EXPECT_TRUE(inflate(length, 1000, 64).bad);
  EXPECT_TRUE(inflate("plain text", 1000, 64).bad);
  EXPECT_TRUE(inflate("\x78\x9c\x03", 1000, 64).bad) << "zlib framing is not gzip";
}

TEST(Gzip, StaysBad) {
  Inflater inflater;
  std::string room(64, '\0');
  const std::string zipped = gzip("text");
  EXPECT_EQ(inflater.inflate(std::string_view("no"), room).result, Inflater::Result::bad);
  EXPECT_EQ(inflater.inflate(zipped, room).result, Inflater::Result::bad);
  EXPECT_FALSE(inflater.finished());
}

TEST(Gzip, WithoutRoomNothingHappens) {
  Inflater inflater;
  const std::string zipped = gzip("text");
  const Inflater::Step step = inflater.inflate(zipped, {});
  EXPECT_EQ(step.result, Inflater::Result::more);
  EXPECT_EQ(step.used, 0U);
}

TEST(Gzip, GunzipStopsAtTheLimit) {
  const std::string text(100'000, 'a');
  const std::string zipped = gzip(text);
  EXPECT_EQ(gunzip(zipped, text.size()), text);
  EXPECT_EQ(gunzip(zipped, text.size() - 1), std::nullopt);
  EXPECT_EQ(gunzip(gzip(""), 0), "");
}

TEST(Gzip, WhatTheDeflaterMakesInflatesToTheSame) {
  const std::string text = long_text();
  for (const std::size_t piece_size : {std::size_t{1}, std::size_t{1000}, text.size()}) {
    Deflater deflater;
    std::string made;
    for (std::size_t at = 0; at < text.size(); at += piece_size) {
      deflater.deflate(std::string_view(text).substr(at, piece_size), made);
    }
    const std::size_t unfinished = made.size();
    deflater.finish(made);
    EXPECT_LT(made.size(), text.size() / 2);
    EXPECT_EQ(gunzip(made, text.size()), text);
    EXPECT_EQ(gunzip(made.substr(0, unfinished), text.size()), std::nullopt);
  }
}

TEST(Gzip, TheDeflaterMakesAMemberOfNothingToo) {
  std::string made;
  Deflater().finish(made);
  EXPECT_EQ(gunzip(made, 10), "");
}

}  // namespace
}  // namespace zoom_proxy
