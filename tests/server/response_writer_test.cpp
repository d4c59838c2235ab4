#include "server/response_writer.hpp"

#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <future>

#include "rules/format/gzip.hpp"
#include "server/failure.hpp"
#include "tests/server/loopback.hpp"

namespace zoom_proxy {
namespace {

struct Message {
  std::string head;
  std::string body;
  [[nodiscard]] bool has(std::string_view line) const {
    return ("\r\n" + head + "\r\n").find("\r\n" + std::string(line) + "\r\n") != head.npos;
  }
};

Message split(const std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return {bytes, ""};
  return {bytes.substr(0, end), bytes.substr(end + 4)};
}

/// Removes the chunked coding; fails the test when it is not whole.
std::string dechunk(std::string_view coded) {
  std::string body;
  for (;;) {
    const std::size_t line = coded.find("\r\n");
    if (line == coded.npos) break;
    const std::size_t size = std::stoul(std::string(coded.substr(0, line)), nullptr, 16);
    coded.remove_prefix(line + 2);
    body += coded.substr(0, size);
    if (coded.substr(size, 2) != "\r\n") break;
    coded.remove_prefix(size + 2);
    if (size == 0 && coded.empty()) return body;
  }
  ADD_FAILURE() << "the chunked body is not whole";
  return body;
}

Fields json_type() {
  Fields fields;
  fields.add("Content-Type", "application/json");
  return fields;
}

TEST(ResponseWriter, ShortAnswerIsHeldAndGetsALength) {
  Loopback net;
  ResponseWriter writer(*net.server, {.buffer_bytes = 100});
  writer.begin(200, json_type());
  writer.body() += "{\"a\":1}";
  EXPECT_FALSE(writer.full());
  EXPECT_FALSE(writer.committed());
  EXPECT_TRUE(net.nothing_came());
  net.run(writer.finish());
  EXPECT_TRUE(writer.committed());
  net.server.reset();
  const Message m = split(net.read_all());
  EXPECT_TRUE(m.head.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(m.has("Content-Length: 7"));
  EXPECT_TRUE(m.has("Content-Type: application/json"));
  EXPECT_EQ(m.head.find("Transfer-Encoding"), m.head.npos);
  EXPECT_EQ(m.head.find("Connection"), m.head.npos);
  EXPECT_NE(m.head.find("\r\nDate: "), m.head.npos);
  EXPECT_EQ(m.body, "{\"a\":1}");
  EXPECT_EQ(writer.body_bytes(), 7u);
}

Task<> write_long(ResponseWriter& writer, std::string& expected, int pieces) {
  for (int i = 0; i < pieces; ++i) {
    const std::string piece(static_cast<std::size_t>(1 + i * 37 % 5000), 'a' + char(i % 26));
    expected += piece;
    writer.body() += piece;
    if (writer.full()) co_await writer.flush();
  }
  co_await writer.finish();
}

TEST(ResponseWriter, LongAnswerIsChunkedByteForByte) {
  Loopback net;
  auto reader = std::async(std::launch::async, [&] { return net.read_all(); });
  ResponseWriter writer(*net.server, {.buffer_bytes = 4000});
  writer.begin(200, json_type());
  std::string expected;
  net.run(write_long(writer, expected, 200));
  net.server.reset();
  const Message m = split(reader.get());
  EXPECT_TRUE(m.has("Transfer-Encoding: chunked"));
  EXPECT_EQ(m.head.find("Content-Length"), m.head.npos);
  EXPECT_EQ(dechunk(m.body), expected);
  EXPECT_EQ(writer.body_bytes(), expected.size());
}

Task<> flush_then_finish(ResponseWriter& writer) {
  co_await writer.flush();
  co_await writer.flush();  // nothing to send: must not look like the end
  co_await writer.finish();
}

TEST(ResponseWriter, AnEmptyFlushDoesNotEndTheBody) {
  Loopback net;
  ResponseWriter writer(*net.server, {.buffer_bytes = 2});
  writer.begin(200, {});
  writer.body() += "abc";
  net.run(flush_then_finish(writer));
  net.server.reset();
  EXPECT_EQ(split(net.read_all()).body, "3\r\nabc\r\n0\r\n\r\n");
}

TEST(ResponseWriter, BeginAgainDropsWhatWasHeld) {
  Loopback net;
  ResponseWriter writer(*net.server, {.buffer_bytes = 100, .keep_alive = false});
  writer.begin(200, json_type());
  writer.body() += "half an answ";
  Fields fields;
  fields.add("X-Psoxy-Error", "UNKNOWN");
  writer.begin(500, std::move(fields));
  writer.body() += "no";
  net.run(writer.finish());
  net.server.reset();
  const std::string bytes = net.read_all();
  const Message m = split(bytes);
  EXPECT_TRUE(m.head.starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(m.has("X-Psoxy-Error: UNKNOWN"));
  EXPECT_TRUE(m.has("Connection: close"));
  EXPECT_EQ(m.head.find("application/json"), m.head.npos);
  EXPECT_EQ(m.body, "no");
}

TEST(ResponseWriter, HeadAndNoContentHaveNoBody) {
  for (const bool head_request : {true, false}) {
    Loopback net;
    ResponseWriter writer(*net.server, {.buffer_bytes = 2, .head_request = head_request});
    writer.begin(head_request ? 200 : 204, {});
    writer.body() += "abcdef";
    net.run(flush_then_finish(writer));
    net.server.reset();
    const Message m = split(net.read_all());
    EXPECT_EQ(m.body, "");
    EXPECT_EQ(m.head.find("Content-Length"), m.head.npos);
    EXPECT_EQ(m.head.find("Transfer-Encoding"), m.head.npos);
  }
}

TEST(ResponseWriter, AClientWithoutChunkedGetsARefusalInsteadOfALongAnswer) {
  Loopback net;
  ResponseWriter writer(*net.server, {.buffer_bytes = 2, .chunked_allowed = false});
  writer.begin(200, {});
  writer.body() += "abcdef";
  try {
    net.run(writer.flush());
    FAIL() << "must throw";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.cause(), Cause::invalid_request);
  }
  EXPECT_FALSE(writer.committed());  // so a clean refusal can still be sent
  EXPECT_TRUE(net.nothing_came());
}

/// Answers by way of a writer with these options: head, and body without chunked coding.
Message answer_of(const std::string& body, ResponseWriter::Options options,
                  ResponseWriter::Body kind = ResponseWriter::Body::compressible) {
  Loopback net;
  auto reader = std::async(std::launch::async, [&] { return net.read_all(); });
  ResponseWriter writer(*net.server, options);
  writer.begin(200, json_type(), kind);
  writer.body() += body;
  net.run(writer.finish());
  net.server.reset();
  return split(reader.get());
}

TEST(ResponseWriter, ACompressedAnswerIsChunkedGzip) {
  const std::string body(2048, 'a');
  const Message m = answer_of(body, {.gzip_wanted = true});
  EXPECT_TRUE(m.has("Content-Encoding: gzip"));
  EXPECT_TRUE(m.has("Vary: Accept-Encoding"));
  EXPECT_TRUE(m.has("Transfer-Encoding: chunked"));
  EXPECT_EQ(m.head.find("Content-Length"), m.head.npos);
  const std::string sent = dechunk(m.body);
  EXPECT_LT(sent.size(), 200U);
  EXPECT_EQ(gunzip(sent, 1 << 20), body);
}

TEST(ResponseWriter, SmallUnwantedAndUnfitAnswersAreNotCompressed) {
  const std::string small(2047, 'a');
  const std::string large(5000, 'a');
  const auto expect_plain = [](const Message& m, const std::string& body, bool vary) {
    EXPECT_EQ(m.head.find("Content-Encoding"), m.head.npos);
    EXPECT_EQ(m.has("Vary: Accept-Encoding"), vary);
    EXPECT_TRUE(m.has("Content-Length: " + std::to_string(body.size())));
    EXPECT_EQ(m.body, body);
  };
  expect_plain(answer_of(small, {.gzip_wanted = true}), small, true);
  expect_plain(answer_of(large, {}), large, true);
  expect_plain(answer_of(large, {.chunked_allowed = false, .gzip_wanted = true}), large, true);
  expect_plain(answer_of(large, {.gzip_wanted = true}, ResponseWriter::Body::as_is), large, false);
  const Message head = answer_of(large, {.head_request = true, .gzip_wanted = true});
  EXPECT_EQ(head.head.find("Content-Encoding"), head.head.npos);
  EXPECT_EQ(head.body, "");
}

TEST(ResponseWriter, ALongCompressedAnswerIsOneMemberOverManyChunks) {
  Loopback net;
  auto reader = std::async(std::launch::async, [&] { return net.read_all(); });
  ResponseWriter writer(*net.server, {.buffer_bytes = 4000, .gzip_wanted = true});
  writer.begin(200, json_type(), ResponseWriter::Body::compressible);
  std::string expected;
  net.run(write_long(writer, expected, 400));
  net.server.reset();
  const Message m = split(reader.get());
  EXPECT_TRUE(m.has("Content-Encoding: gzip"));
  const std::string sent = dechunk(m.body);
  EXPECT_EQ(gunzip(sent, 1 << 24), expected);
  EXPECT_EQ(writer.body_bytes(), sent.size());
}

TEST(ResponseWriter, ARefusalInPlaceOfACompressibleAnswerIsPlain) {
  Loopback net;
  ResponseWriter writer(*net.server, {.gzip_wanted = true});
  writer.begin(200, json_type(), ResponseWriter::Body::compressible);
  writer.body().append(5000, 'a');
  writer.begin(502, json_type());
  writer.body() += "no";
  net.run(writer.finish());
  net.server.reset();
  const Message m = split(net.read_all());
  EXPECT_EQ(m.head.find("Content-Encoding"), m.head.npos);
  EXPECT_EQ(m.body, "no");
}

Task<> write_without_end(ResponseWriter& writer) {
  for (;;) {
    writer.body().append(64 * 1024, 'x');
    co_await writer.flush();
  }
}

TEST(ResponseWriter, AClientThatDoesNotReadEndsTheWrite) {
  Loopback net;
  ResponseWriter writer(*net.server, {.write_timeout = Seconds(0.2)});
  writer.begin(200, {});
  EXPECT_THROW(net.run(write_without_end(writer)), boost::system::system_error);
  EXPECT_TRUE(writer.committed());
  EXPECT_LT(writer.body_bytes(), 64u << 20);  // only what the system's buffers took
}

}  // namespace
}  // namespace zoom_proxy
