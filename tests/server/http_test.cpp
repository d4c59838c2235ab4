#include "server/http.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/server/loopback.hpp"

namespace zoom_proxy {
namespace {

using boost::system::system_error;

constexpr HttpLimits kLimits{
    .head_bytes = 20'000, .headers_count = 10, .target_bytes = 200, .body_bytes = 50'000};
constexpr Seconds kPatience{20};

/// What a reader makes of bytes that come over a real connection.
struct Read {
  int status = 0;  ///< of the HttpError, or of the response; 200 for a request; 0: closed
  std::string error;
  RequestHead request;
  ResponseHead response;
  std::string body;
  bool leftover = false;
};

Task<std::string> read_whole_body(HttpReader& reader) {
  std::string body;
  std::array<char, 7> piece{};
  for (;;) {
    const std::size_t count = co_await reader.read_body(piece);
    if (count == 0) co_return body;
    body.append(piece.data(), count);
  }
}

Task<> read_one_request(HttpReader& reader, Read& read) {
  const auto any_length = [](const RequestHead& head) { return head.target == "/any-length"; };
  const auto head = co_await reader.read_request_head(kPatience, kPatience, any_length);
  if (!head) co_return;
  read.request = *head;
  read.body = co_await read_whole_body(reader);
  read.status = 200;
}

Task<> read_one_response(HttpReader& reader, bool to_head, Read& read) {
  read.response = co_await reader.read_response_head(to_head);
  read.body = co_await read_whole_body(reader);
  read.status = static_cast<int>(read.response.status);
}

Read finish(Loopback& wire, Task<> reading, HttpReader& reader, Read& read) {
  try {
    wire.run(std::move(reading));
  } catch (const HttpError& error) {
    read.status = static_cast<int>(error.status());
    read.error = error.what();
  }
  read.leftover = reader.has_leftover();
  return read;
}

Read request(std::string_view bytes) {
  Loopback wire;
  wire.send(bytes);
  wire.send_end();
  HttpReader reader(*wire.server, kLimits);
  Read read;
  return finish(wire, read_one_request(reader, read), reader, read);
}

Read response(std::string_view bytes, bool to_head = false) {
  Loopback wire;
  wire.send(bytes);
  wire.send_end();
  HttpReader reader(*wire.server, kLimits);
  wire.server->expires_at(Clock::now() + std::chrono::seconds(20));
  Read read;
  return finish(wire, read_one_response(reader, to_head, read), reader, read);
}

std::string get(std::string_view fields) {
  return "GET /v2/users HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

TEST(HttpRequest, OfAnyLengthWhereItsHeadAllows) {
  const std::string body(60'000, 'x');
  const std::string host = " HTTP/1.1\r\nHost: h\r\n";
  for (const std::string& text :
       {host + "Content-Length: 60000\r\n\r\n" + body,
        host + "Transfer-Encoding: chunked\r\n\r\nea60\r\n" + body + "\r\n0\r\n\r\n"}) {
    EXPECT_EQ(request("POST /any-length" + text).body.size(), body.size());
    EXPECT_EQ(request("POST /v2/users" + text).status, 413);
  }
}

TEST(HttpRequest, IsReadWithItsFieldsAndBody) {
  const Read read = request(
      "POST /v2/users?a=%2F HTTP/1.1\r\nhOsT: [::1]:8080\r\nX-A: \t b \t \r\nX-A:c\r\n"
      "Content-Length: 5\r\n\r\nhello");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.request.method, "POST");
  EXPECT_EQ(read.request.target, "/v2/users?a=%2F");
  EXPECT_EQ(read.request.fields.find("HOST"), "[::1]:8080");
  EXPECT_EQ(read.request.fields.find("x-a"), "b");
  EXPECT_EQ(read.request.fields.count("x-a"), 2U);
  EXPECT_FALSE(read.request.fields.find("x-b"));
  EXPECT_TRUE(read.request.has_body);
  EXPECT_TRUE(read.request.keep_alive);
  EXPECT_EQ(read.body, "hello");
  EXPECT_FALSE(read.leftover);
}

TEST(HttpRequest, ChunkedBodiesLoseTheirCodingAndTrailers) {
  const Read read = request(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=\"y\"\r\nhello\r\n10\r\n, chunked world!\r\n0\r\nX-T: 1\r\n\r\n");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.body, "hello, chunked world!");
  EXPECT_TRUE(read.request.has_body);
}

TEST(HttpRequest, TellsItsVersion) {
  EXPECT_FALSE(request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").request.http_1_0);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\n\r\n").request.http_1_0);
}

TEST(HttpRequest, KeepAliveFollowsVersionAndConnection) {
  EXPECT_FALSE(request(get("Host: a\r\nConnection: close\r\n")).request.keep_alive);
  EXPECT_FALSE(request("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").request.keep_alive);
}

TEST(HttpRequest, OneEmptyLineBeforeItIsIgnored) {
  EXPECT_EQ(request("\r\n" + get("Host: a\r\n")).status, 200);
  EXPECT_EQ(request("\r\n\r\n" + get("Host: a\r\n")).status, 400);
}

TEST(HttpRequest, AClosedConnectionIsNoError) {
  EXPECT_EQ(request("").status, 0);
  EXPECT_EQ(request("").error, "");
  EXPECT_EQ(request("GET / HT").status, 400);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\r\n").status, 400);
}

TEST(HttpRequest, MessagesFollowOneAnother) {
  Loopback wire;
  HttpReader reader(*wire.server, kLimits);
  wire.send(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  Read first;
  wire.run(read_one_request(reader, first));
  EXPECT_EQ(first.body, "abc");
  EXPECT_TRUE(reader.has_leftover());
  Read second;
  wire.run(read_one_request(reader, second));
  EXPECT_EQ(second.request.target, "/2");
  EXPECT_FALSE(reader.has_leftover());
}

TEST(HttpRequest, WaitsNoLongerThanItsDeadlines) {
  const auto wait = [](std::string_view bytes, Seconds idle, Seconds head) {
    Loopback wire;
    wire.send(bytes);
    HttpReader reader(*wire.server, kLimits);
    const auto reading = [&]() -> Task<> { co_await reader.read_request_head(idle, head); };
    try {
      wire.run(reading());
    } catch (const system_error& error) {
      return error.code() == boost::beast::error::timeout;
    }
    return false;
  };
  EXPECT_TRUE(wait("", Seconds(0.02), kPatience));
  EXPECT_TRUE(wait("GET /", kPatience, Seconds(0.02)));
}

void expect_refused(const std::vector<std::string>& requests) {
  for (const std::string& bytes : requests) {
    const Read read = request(bytes);
    EXPECT_EQ(read.status, 400) << bytes;
    EXPECT_NE(read.error, "") << bytes;
  }
}

TEST(HttpRequest, MalformedRequestLinesAreRefused) {
  expect_refused({
      "GET /v2/users HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET /v2/users HTTP/1.10\r\nHost: a\r\n\r\n",
      "GET /v2/users ICE/1.0\r\nHost: a\r\n\r\n",
      "GET  /v2/users HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET\t/v2/users\tHTTP/1.1\r\nHost: a\r\n\r\n",
      " GET /v2/users HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /v2/users\r\n\r\n",
      ":GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "G\xcbT / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\n\n",
      "GET /?a=\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /?a=\" HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /#f HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://evil.example/v2/users HTTP/1.1\r\nHost: a\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      std::string("\0\1\2\xff\r\n\r\n", 8),
  });
}

TEST(HttpRequest, OtherMajorVersionsAreNotSupported) {
  EXPECT_EQ(request("GET /v2/users HTTP/2.0\r\nHost: a\r\n\r\n").status, 505);
  EXPECT_EQ(request("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505);
  EXPECT_EQ(request("GET / HTTP/0.9\r\n\r\n").status, 505);
  EXPECT_EQ(request("GET / HTTP/20\r\nHost: a\r\n\r\n").status, 400);
  EXPECT_EQ(request("GET / HTTP/2.10\r\nHost: a\r\n\r\n").status, 400);
}

TEST(HttpRequest, MalformedFieldsAreRefused) {
  expect_refused({
      get(""),
      get("Host:\r\n"),
      get("Host: a\r\nHost: a\r\n"),
      get("Host: a, b\r\n"),
      get("Host: a b\r\n"),
      get("Host: a/b\r\n"),
      get("Host: http://a\r\n"),
      get("Host: [::1\r\n"),
      get("Host: a:b\r\n"),
      get("Host: u@a\r\n"),
      get("Host : a\r\n"),
      get("Host: a\r\nX A: b\r\n"),
      get("Host: a\r\n: b\r\n"),
      get("Host: a\r\nX-A\r\n"),
      get("Host: a\r\nX-A(: b\r\n"),
      get("Host: a\r\nX-A\xef: b\r\n"),
      get("Host: a\r\nX-A: b\r\n c\r\n"),
      get("Host: a\r\n\tX-A: b\r\n"),
      get("Host: a\r\nX-A: b\rc\r\n"),
      get("Host: a\r\nX-A: b\r\r\n"),
      get("Host: a\r\nX-A: b\nX-B: c\r\n"),
      get(std::string_view("Host: a\r\nX-A: b\0c\r\n", 20)),
      get("Host: a\r\nX-A: b\x08\r\n"),
  });
}

TEST(HttpRequest, AmbiguousFramingIsRefused) {
  expect_refused({
      get("Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n"),
      get("Host: a\r\nContent-Length: 0, 0\r\n"),
      get("Host: a\r\nContent-Length: -1\r\n"),
      get("Host: a\r\nContent-Length: +1\r\n"),
      get("Host: a\r\nContent-Length: 0x1\r\n"),
      get("Host: a\r\nContent-Length: 1.0\r\n"),
      get("Host: a\r\nContent-Length: \r\n"),
      get("Host: a\r\nContent-Length: 1 1\r\n"),
      get("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding: identity\r\n"),
      get("Host: a\r\nTransfer-Encoding: \x0b"
          "chunked\r\n") +
          "0\r\n\r\n",
      get("Host: a\r\nTransfer-Encoding : chunked\r\n") + "0\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  });
}

TEST(HttpRequest, MalformedChunksAreRefused) {
  for (const std::string_view body : {"+5\r\nhello\r\n0\r\n\r\n",
                                      "-5\r\nhello\r\n0\r\n\r\n",
                                      "0_2e\r\n\r\n",
                                      "\r\nhello\r\n0\r\n\r\n",
                                      "Z\r\nhello\r\n0\r\n\r\n",
                                      "0x5\r\nhello\r\n0\r\n\r\n",
                                      "10000000000000005\r\nhello\r\n0\r\n\r\n",
                                      "5\nhello\r\n0\r\n\r\n",
                                      "5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n",
                                      "5\r\nhello0\r\n\r\n",
                                      "5\r\nhello\n0\r\n\r\n",
                                      "5\r\nhelloXX0\r\n\r\n",
                                      "5;a\nb\r\nhello\r\n0\r\n\r\n",
                                      "5;a\rb\r\nhello\r\n0\r\n\r\n",
                                      "5\r\nhello\r\n0\r\n",
                                      "5\r\nhel",
                                      "5\r\nhello\r\n",
                                      "5 \r\nhello\r\n0\r\n\r\n",
                                      " 5\r\nhello\r\n0\r\n\r\n",
                                      "5;\r\nhello\r\n0\r\n\r\n",
                                      "5;a=\"b\r\nhello\r\n0\r\n\r\n",
                                      "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
                                      "5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n",
                                      "5\r\nhello\r\n0;\x01\r\n\r\n"}) {
    const Read read = request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              std::string(body));
    EXPECT_EQ(read.status, 400) << body;
  }
}

TEST(HttpRequest, MalformedTrailersAreRefused) {
  for (const std::string_view trailers :
       {"X-T: a\r\n b\r\n", " X-T: a\r\n", "X T: a\r\n", "X-T : a\r\n", "X-T\r\n", ": a\r\n",
        "X-T: a\nb\r\n", "X-T: a\rb\r\n", "X-T: \x01\r\n", "Content-Length: 5\r\n",
        "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n",
        "GET /v2/users HTTP/1.1\r\nHost: a\r\n"}) {
    const Read read =
        request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                std::string(trailers) + "\r\n");
    EXPECT_EQ(read.status, 400) << trailers;
  }
}

TEST(HttpRequest, ChunkExtensionsHaveAnEnd) {
  const auto with_chunks = [](int count) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < count; ++i) bytes += "1;" + std::string(999, 'a') + "\r\nb\r\n";
    return request(bytes + "0\r\nX-T: 1\r\nX-U: 2\r\n\r\n").status;
  };
  EXPECT_EQ(with_chunks(20), 200);
  EXPECT_EQ(with_chunks(21), 400);
}

TEST(HttpRequest, LimitsHold) {
  const std::string long_line(30'000, 'a');
  EXPECT_EQ(request("GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 414);
  EXPECT_EQ(request("GET /" + std::string(199, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(request("GET /" + long_line).status, 414);
  EXPECT_EQ(request(get("Host: a\r\nX-A: " + long_line + "\r\n")).status, 431);
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "X-A: b\r\n";
  EXPECT_EQ(request(get("Host: a\r\n" + nine)).status, 200);
  EXPECT_EQ(request(get("Host: a\r\nX-B: c\r\n" + nine)).status, 431);
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(request(post + "Content-Length: 50001\r\n\r\n").status, 413);
  EXPECT_EQ(request(post + "Content-Length: 18446744073709551616\r\n\r\n").status, 413);
  EXPECT_EQ(request(post + "Content-Length: 9223372036854775808\r\n\r\n").status, 413);
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(request(chunked + "c351\r\n" + std::string(50'001, 'b') + "\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(request(chunked + "1;" + long_line + "\r\nb\r\n0\r\n\r\n").status, 431);
  std::string trailers;
  for (int i = 0; i < 5000; ++i) trailers += "X-T: abc\r\n";
  EXPECT_EQ(request(chunked + "0\r\n" + trailers + "\r\n").status, 431);
}

TEST(HttpRequest, BytesThatComeOneByOneMakeNoDifference) {
  Loopback wire;
  HttpReader reader(*wire.server, kLimits);
  const std::string bytes =
      "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: "
      "1\r\n\r\n";
  Read read;
  const auto trickle = [&]() -> Task<> {
    for (const char c : bytes) {
      wire.send({&c, 1});
      // Lets the reader take this byte before the next is sent.
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
  };
  asio::co_spawn(wire.io, trickle(), asio::detached);
  wire.run(read_one_request(reader, read));
  EXPECT_EQ(read.request.target, "/x");
  EXPECT_EQ(read.body, "abc");
}

TEST(HttpResponse, IsReadWhateverItsFraming) {
  const Read sized = response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(sized.status, 200);
  EXPECT_EQ(sized.body, "abc");
  EXPECT_EQ(sized.response.content_length, 3U);
  EXPECT_TRUE(sized.response.keep_alive);
  const Read chunked =
      response("HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n");
  EXPECT_EQ(chunked.body, "abc");
  EXPECT_FALSE(chunked.response.fields.find("X"));
  EXPECT_TRUE(chunked.response.keep_alive);
  const Read to_the_end = response("HTTP/1.1 404 N\r\n\r\nabc");
  EXPECT_EQ(to_the_end.status, 404);
  EXPECT_EQ(to_the_end.body, "abc");
  EXPECT_FALSE(to_the_end.response.keep_alive);
  EXPECT_FALSE(response("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na").response.keep_alive);
}

TEST(HttpResponse, SomeHaveNoBodyWhateverTheySay) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n";
  const Read head = response(ok, true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_FALSE(head.leftover);
  EXPECT_TRUE(response(ok + "abc", true).leftover);
  EXPECT_EQ(response("HTTP/1.1 204 N\r\n\r\n").body, "");
  EXPECT_TRUE(response("HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\nhello").leftover);
  EXPECT_TRUE(response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc").leftover);
}

TEST(HttpResponse, InterimAnswersArePassedOver) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 199 X\r\nContent-Length: 9\r\n\r\n";
  EXPECT_EQ(response(interim + ok).body, "a");
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(response(interim + ok).error, "too many interim answers");
  EXPECT_EQ(response("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").status, 400);
  EXPECT_EQ(response("HTTP/1.1 100 Continue\r\n\r\n").error, "the answer was cut off");
}

TEST(HttpResponse, NothingAtAllIsTheStreamsEnd) {
  try {
    response("");
    FAIL();
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), asio::error::eof);
  }
}

TEST(HttpResponse, AmbiguousOrMalformedIsRefused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes : std::vector<std::string>{
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/0.9 200 OK\r\n\r\n",
           "200 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 2OO OK\r\n\r\n",
           "HTTP/1.1 -20 OK\r\n\r\n",
           "HTTP/1.1 +20 OK\r\n\r\n",
           "HTTP/1.1 000 OK\r\n\r\n",
           "HTTP/1.1\t200\tOK\r\n\r\n",
           "HTTP/1.1 200X OK\r\n\r\n",
           "HTTP/1.1 600 X\r\n\r\n",
           "HTTP/1.1 999 X\r\n\r\n",
           "\r\nHTTP/1.1 200 OK\r\n\r\n",
           ok + "X-A: b\r\n c\r\n\r\n",
           ok + "X-A : b\r\n\r\n",
           ok + "X-A b\r\n\r\n",
           ok + "X-A: b\rc\r\n\r\n",
           ok + "X-\xe9: b\r\n\r\n",
           "HTTP/1.1 200 OK\nX-A: b\n\n",
           ok + "Content-Length: 1, 5\r\n\r\na",
           ok + "Content-Length: 1\r\nContent-Length: 5\r\n\r\na",
           ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: identity\r\n\r\na",
           ok + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: \r\n\r\n0\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Content-Length: 5\r\n\r\nabc",
           ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
           ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
           ok + "Content-Le",
       }) {
    const Read read = response(bytes);
    EXPECT_EQ(read.status, 400) << bytes;
    EXPECT_NE(read.error, "") << bytes;
  }
}

TEST(HttpHeadText, IsWritten) {
  Fields fields;
  fields.add("Host", "a");
  fields.add("X-B", "c d");
  EXPECT_EQ(request_head_text("GET", "/x?y", fields),
            "GET /x?y HTTP/1.1\r\nHost: a\r\nX-B: c d\r\n\r\n");
  EXPECT_EQ(response_head_text(404, Fields{}), "HTTP/1.1 404 Not Found\r\n\r\n");
}

TEST(HttpHeadText, RefusesWhatWouldBreakTheFraming) {
  const auto refused = [](std::string name, std::string value) {
    Fields fields;
    fields.add(std::move(name), std::move(value));
    EXPECT_THROW(static_cast<void>(response_head_text(200, fields)), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(request_head_text("GET", "/", fields)), std::invalid_argument);
  };
  refused("X", "a\r\nSet-Cookie: b");
  refused("X", "a\nb");
  refused("X", std::string("a\0b", 3));
  refused("X:", "a");
  refused("", "a");
  for (const char* target : {"", "a", "/a b", "/a\r\nX: y", "/\xc3\xbc"}) {
    EXPECT_THROW(static_cast<void>(request_head_text("GET", target, Fields{})),
                 std::invalid_argument);
  }
  EXPECT_THROW(static_cast<void>(request_head_text("GET /x", "/", Fields{})),
               std::invalid_argument);
}

}  // namespace
}  // namespace zoom_proxy
