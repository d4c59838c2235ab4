// Big answers: bounded memory, and a slow client slows the read from Zoom.

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

/// Whole, sanitized, and nobody missing.
void expect_all_users(const Answer& answer, std::int64_t megabytes) {
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_TRUE(answer.body.ends_with("]}"));
  const auto users = count(answer.body, R"("email":"t~)");
  EXPECT_EQ(users % 80, 0U);  // the look-alike repeats 80 users
  EXPECT_GT(static_cast<std::int64_t>(users) * 1400, megabytes * kMebibyte);
  EXPECT_EQ(answer.body.find("canary"), std::string::npos);
  EXPECT_EQ(answer.body.find("Canary"), std::string::npos);
}

TEST(StreamingTest, SlowClientSlowsTheReadFromZoom) {
  Pair pair;
  constexpr std::int64_t kMegabytes = 100;
  pair.simulator.control({{"fault", "big"}, {"megabytes", kMegabytes}});
  Client client(pair.proxy.port());
  client.shrink_receive_buffer();
  client.send("GET /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_GT(client.receive_some(), 0U);
  // From now on nobody reads, so in the end the look-alike cannot write any more.
  pair.simulator.wait_until("oldest_write_milliseconds", [](auto age) { return age > 300; });
  EXPECT_LT(pair.simulator.stat("bytes_sent"), 40 * kMebibyte);
  EXPECT_EQ(pair.proxy.get("/health/live").status, 200U);
  expect_all_users(client.read_answer(), kMegabytes);
}

TEST(StreamingTest, ClientThatLeavesEndsTheReadFromZoom) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 200}});
  {
    Client client(pair.proxy.port());
    client.send("GET /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_GT(client.receive_some(), 0U);
  }
  pair.simulator.wait_until("in_flight", [](auto running) { return running == 0; });
  EXPECT_LT(pair.simulator.stat("bytes_sent"), 200 * kMebibyte);
}

TEST(StreamingTest, ClientThatLeavesEndsTheWaitForZoom) {
  const std::string request = "GET /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string& sent : {request, request + request}) {  // the next one is never read
    Pair pair;
    pair.simulator.control({{"fault", "stall"}});
    {
      Client client(pair.proxy.port());
      client.send(sent);
      pair.simulator.wait_until("api_requests", [](auto begun) { return begun == 1; });
    }
    pair.simulator.wait_until("in_flight", [](auto running) { return running == 0; });
    EXPECT_EQ(pair.simulator.stat("api_requests"), 1);
    EXPECT_EQ(pair.proxy.stop(), 0);
    EXPECT_NE(pair.proxy.log().find(R"("status":499)"), std::string::npos) << pair.proxy.log();
  }
}

TEST(StreamingTest, CompressedAnswerIsInflatedOnTheWay) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 10}, {"gzip", true}});
  expect_all_users(pair.proxy.get("/v2/users"), 10);
  EXPECT_LT(pair.simulator.stat("bytes_sent"), 9 * kMebibyte);
}

TEST(StreamingTest, HttpOneZeroClientGetsNoChunks) {
  Pair pair;
  pair.simulator.control({{"fault", "big"}, {"megabytes", 2}, {"times", 1}});
  const auto ask = [&] {
    Client client(pair.proxy.port());
    client.send("GET /v2/users HTTP/1.0\r\n\r\n");
    return client.read_answer();
  };
  const Answer refused = ask();
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(refused.field("X-Psoxy-Error"), "INVALID_REQUEST");
  EXPECT_EQ(refused.end, End::whole);
  const Answer short_one = ask();
  EXPECT_EQ(short_one.status, 200U);
  EXPECT_FALSE(short_one.chunked);
  EXPECT_EQ(short_one.end, End::whole);
}

TEST(Memory, ListOf200Megabytes) {
  Pair pair;
  const std::int64_t megabytes = measured() ? 200 : 20;
  pair.simulator.control({{"fault", "big"}, {"megabytes", megabytes}});
  expect_all_users(pair.proxy.get("/v2/users"), megabytes);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (measured()) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 64 * 1024);
  }
}

TEST(Memory, SixtyFourListsAtOnce) {
  Pair pair;
  constexpr int kClients = 64;
  const std::int64_t megabytes = measured() ? 5 : 1;
  pair.simulator.control({{"fault", "big"}, {"megabytes", megabytes}});
  std::barrier start(kClients);
  std::vector<std::thread> threads;
  for (int index = 0; index < kClients; ++index) {
    threads.emplace_back([&] {
      Client client(pair.proxy.port());
      start.arrive_and_wait();
      expect_all_users(client.get("/v2/users"), megabytes);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(pair.simulator.stat("max_in_flight"), 8);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (measured()) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 96 * 1024);
  }
}

}  // namespace
}  // namespace integration
