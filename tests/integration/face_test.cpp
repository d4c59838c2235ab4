// What a client of the proxy sees beside the sanitized body.

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

struct Inflated {
  std::string text;
  bool whole = false;  ///< the gzip member has its end
};

Inflated inflate(const std::string& bytes) {
  Inflated out;
  z_stream stream{};
  ::inflateInit2(&stream, 16 + MAX_WBITS);
  std::string in = bytes;
  std::string room(256 * 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  int code = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    code = ::inflate(&stream, Z_NO_FLUSH);
    out.text.append(room.data(), room.size() - stream.avail_out);
  } while (code == Z_OK);
  out.whole = code == Z_STREAM_END && stream.avail_in == 0;
  ::inflateEnd(&stream);
  return out;
}

TEST(FaceTest, RetryAfterIsInSeconds) {
  Pair pair;
  const auto retry_after = [&](const json::object& headers) {
    pair.simulator.control(
        {{"fault", "status"}, {"status", 429}, {"headers", headers}, {"times", 1}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
    return answer.field("Retry-After");
  };
  EXPECT_EQ(retry_after({{"Retry-After", "90"}}), "90");
  EXPECT_EQ(retry_after({{"Retry-After", "2020-05-31T00:00:00Z"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "Sun, 31 May 2020 00:00:00 GMT"}}), "0");
  EXPECT_EQ(retry_after({{"Retry-After", "tomorrow"}}), "");
  EXPECT_EQ(retry_after(json::object()), "");

  pair.simulator.control({{"fault", "rate_limit"}, {"daily", true}, {"times", 1}});
  const int seconds = std::stoi(pair.proxy.get("/v2/users").field("Retry-After"));
  EXPECT_GT(seconds, 0);
  EXPECT_LE(seconds, 24 * 60 * 60);
}

TEST(FaceTest, AnswersAreCompressedForWhoAsks) {
  Pair pair;
  const Answer plain = pair.proxy.get("/v2/users?page_size=100");
  EXPECT_EQ(plain.field("Content-Encoding"), "");
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.field("Content-Length"), std::to_string(plain.body.size()));

  const Answer zipped =
      pair.proxy.get("/v2/users?page_size=100", {{"Accept-Encoding", "br, gzip;q=0.5"}});
  EXPECT_EQ(zipped.status, 200U);
  EXPECT_EQ(zipped.end, End::whole);
  EXPECT_EQ(zipped.field("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(zipped.field("Content-Length"), "");
  EXPECT_TRUE(zipped.chunked);
  EXPECT_LT(zipped.body.size(), plain.body.size() * 3 / 4);
  const Inflated inflated = inflate(zipped.body);
  EXPECT_TRUE(inflated.whole);
  EXPECT_EQ(inflated.text, plain.body);

  const Answer unwanted =
      pair.proxy.get("/v2/users?page_size=100", {{"Accept-Encoding", "gzip;q=0, deflate"}});
  EXPECT_EQ(unwanted.field("Content-Encoding"), "");
  EXPECT_EQ(unwanted.body, plain.body);
  const Answer refusal = pair.proxy.get("/v2/none", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(refusal.field("Content-Encoding"), "");
  EXPECT_EQ(text(object(refusal).at("error")), "BLOCKED_BY_RULES");
}

TEST(FaceTest, ACompressedAnswerThatBreaksOffHasNoEnd) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 8}});
  pair.simulator.control({{"fault", "cut_json"}, {"bytes", 6000000}});
  const Answer answer = pair.proxy.get("/v2/users", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_NE(answer.end, End::whole);
  const Inflated inflated = inflate(answer.body);
  EXPECT_GT(inflated.text.size(), 64U * 1024U);
  EXPECT_FALSE(inflated.whole);
  EXPECT_EQ(canaries(inflated.text), "");
}

TEST(Memory, SixtyFourCompressedListsAtOnce) {
#ifdef NDEBUG
  constexpr bool kMeasured = !kSanitizers;
#else
  constexpr bool kMeasured = false;
#endif
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", kMeasured ? 5 : 1}});
  std::atomic<int> whole = 0;
  std::vector<std::thread> threads;
  for (int index = 0; index < 64; ++index) {
    threads.emplace_back([&] {
      const Answer answer = pair.proxy.get("/v2/users", {{"Accept-Encoding", "gzip"}});
      if (answer.end == End::whole && inflate(answer.body).text.ends_with("]}")) ++whole;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(whole, 64);
  EXPECT_GT(pair.simulator.stat("max_in_flight"), 8);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (kMeasured) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 96 * 1024);
  }
}

}  // namespace
}  // namespace integration
