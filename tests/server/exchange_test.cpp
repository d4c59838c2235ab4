#include "server/exchange.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "tests/server/exchange_fixture.hpp"

namespace zoom_proxy {
namespace {

using testing::answer;
using testing::ExchangeTest;
using testing::Outcome;
using testing::Peer;
using testing::run;
using testing::TlsServer;

constexpr char kCanary[] = "canary.up@leak.test";

std::string gzip(std::string_view text) {
  std::string out(text.size() + 1024, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzip_answer(std::string_view body) {
  return answer(200, body, "Content-Encoding: gzip\r\n");
}

TEST_F(ExchangeTest, SendsWhatZoomNeedsAndKeepsTheConnection) {
  Worker worker(*this, 2);
  Fields fields;
  fields.add("X-Allowed", "yes");
  fields.add("authorization", "Bearer of-the-client");
  fields.add("Accept-Encoding", "br");
  EXPECT_EQ(worker.call("GET", "", fields).body, "{}");
  EXPECT_EQ(requests.at(0), "GET /v2/users?a=%2F HTTP/1.1\r\nHost: " + authority(api.origin()) +
                                "\r\nAuthorization: Bearer t1\r\nX-Allowed: yes\r\nAccept: "
                                "application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: "
                                "test-agent\r\n\r\n");
  EXPECT_EQ(worker.call().body, "{}");
  EXPECT_EQ(api.accepted(), 1);
  EXPECT_EQ(tokens_given, 1);
}

TEST_F(ExchangeTest, SendsABodyWithItsLength) {
  Worker worker(*this, 1);
  Fields fields;
  fields.add("Accept", "text/csv");
  EXPECT_FALSE(worker.call("POST", R"({"a":1})", fields).failed);
  const std::string& request = requests.at(0);
  EXPECT_TRUE(request.starts_with("POST /v2/users?a=%2F HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\nContent-Length: 7\r\n\r\n{\"a\":1}")) << request;
  EXPECT_NE(request.find("\r\nAccept: text/csv\r\n"), std::string::npos) << request;
  EXPECT_EQ(request.find("\r\nAccept: application/json\r\n"), std::string::npos) << request;
}

TEST_F(ExchangeTest, ReadsEveryFraming) {
  const std::string body = R"({"page_size":30})";
  EXPECT_EQ(call_against(answer(200, body)).body, body);
  EXPECT_EQ(idle_after, 1U);
  const std::string chunked =
      "HTTP/1.1 201 C\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4\r\n{\"pa\r\nc\r\nge_size\":30}\r\n0\r\n\r\n";
  EXPECT_EQ(call_against(chunked).body, body);
  EXPECT_EQ(idle_after, 1U);
  EXPECT_EQ(call_against("HTTP/1.1 200 OK\r\n\r\n" + body, After::close).body, body);
  EXPECT_EQ(idle_after, 0U);
  EXPECT_EQ(call_against(answer(200, "")).body, "");
  EXPECT_EQ(call_against("HTTP/1.1 100 Continue\r\n\r\n" + answer(200, body)).body, body);
  EXPECT_EQ(call_against(answer(200, body, "Connection: close\r\n")).body, body);
  EXPECT_EQ(idle_after, 0U);
}

TEST_F(ExchangeTest, AHeadAnswerHasNoBody) {
  respond = [](const std::string&, int) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
  };
  Worker worker(*this, 1);
  const Outcome outcome = worker.call("HEAD");
  EXPECT_EQ(outcome.head.status, 200U);
  EXPECT_EQ(outcome.body, "");
  EXPECT_EQ(worker.pool.idle(), 1U);
}

TEST_F(ExchangeTest, InflatesGzip) {
  std::string body = "{\"users\":[";
  for (int i = 0; i < 20'000; ++i) body += "{\"id\":\"" + std::to_string(i * 7919) + "\"},";
  body += "{}]}";
  EXPECT_EQ(call_against(gzip_answer(gzip(body))).body, body);
  EXPECT_EQ(idle_after, 1U);
  EXPECT_EQ(call_against(answer(200, gzip("{}"), "Content-Encoding: X-Gzip\r\n")).body, "{}");
  EXPECT_EQ(call_against(answer(200, "{}", "Content-Encoding: identity\r\n")).body, "{}");
  EXPECT_EQ(call_against(gzip_answer("")).body, "");
  std::string bytewise =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : gzip("{\"a\":1}")) bytewise += "1\r\n" + std::string(1, c) + "\r\n";
  EXPECT_EQ(call_against(bytewise + "0\r\n\r\n").body, "{\"a\":1}");
}

TEST_F(ExchangeTest, RefusesBadGzipAndOtherCodings) {
  const std::string good = gzip(std::string("{\"a\":\"") + kCanary + "\"}");
  std::vector<std::string> bad;
  for (std::size_t size = 1; size < good.size(); ++size) {
    bad.push_back(gzip_answer(good.substr(0, size)));
  }
  std::string flipped = good;
  flipped[good.size() - 6] = static_cast<char>(flipped[good.size() - 6] ^ 1);  // the checksum
  bad.push_back(gzip_answer(flipped));
  bad.push_back(gzip_answer(good + "canary"));
  bad.push_back(gzip_answer(good + good));
  bad.push_back(gzip_answer(kCanary));
  for (const char* coding : {"gzip, gzip", "deflate", "br", "gzip;q=1", "canary", "*"}) {
    bad.push_back(answer(200, good, "Content-Encoding: " + std::string(coding) + "\r\n"));
  }
  bad.push_back(answer(200, good, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"));
  for (const std::string& response : bad) {
    EXPECT_EQ(call_against(response).failed, Cause::bad_source_response);
    EXPECT_EQ(idle_after, 0U);
  }
}

TEST_F(ExchangeTest, InflatedSizeAndRatioAreBounded) {
  const std::string blanks(std::size_t{70} << 20, ' ');
  const Outcome bomb = call_against(gzip_answer(gzip(blanks)));
  EXPECT_EQ(bomb.failed, Cause::bad_source_response);
  EXPECT_NE(bomb.failure.find("gzip bomb"), std::string::npos) << bomb.failure;
  settings.limits.response_body_bytes = 10'000;
  const Outcome inflated = call_against(gzip_answer(gzip(std::string(10'001, ' '))));
  EXPECT_EQ(inflated.failed, Cause::bad_source_response);
  EXPECT_NE(inflated.failure.find("limits.response_body_bytes"), std::string::npos);
  EXPECT_EQ(call_against(gzip_answer(gzip(std::string(10'000, ' ')))).body.size(), 10'000U);
  EXPECT_EQ(call_against(answer(200, std::string(10'001, ' '))).failed, Cause::bad_source_response);
}

TEST_F(ExchangeTest, WhatIsCutOffOrMalformedIsRefused) {
  struct Case {
    std::string response;
    After after;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const std::string body = std::string("{\"a\":\"") + kCanary + "\"}";
  const std::vector<Case> cases = {
      {ok + "\r\n" + body, After::cut},  // until the end, but no close_notify
      {ok + "Content-Length: 900\r\n\r\n" + body, After::close},
      {ok + "Content-Length: 900\r\n\r\n" + body, After::cut},
      {ok + "Transfer-Encoding: chunked\r\n\r\n80\r\n" + body, After::close},
      {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body, After::keep},
      {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + body, After::keep},
      {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + body, After::keep},
      {"HTTP/1.1 101 Switching\r\n\r\n" + body, After::keep},
      {"HTTP/1.1 700 X\r\n\r\n" + body, After::close},
      {"HTTP/1.1 200 OK\r\nX-A: " + std::string(200'000, 'a'), After::keep},
      {"\x01\x02\x03\r\n\r\n" + body, After::close},
      {"HTTP/1.1 100 Continue\r\n\r\n", After::close},
      {"", After::close},
      {"RESET", After::keep},
  };
  for (const Case& c : cases) {
    const Outcome outcome = call_against(c.response, c.after);
    EXPECT_EQ(outcome.failed, Cause::bad_source_response) << c.response.substr(0, 200);
    EXPECT_EQ(idle_after, 0U);
  }
}

TEST_F(ExchangeTest, TimeOutsAreNamedAsSuch) {
  settings.timeouts.response_head = Seconds(0.1);
  EXPECT_EQ(call_against("", After::stall).failed, Cause::source_api_read_timeout);
  EXPECT_EQ(call_against("HTTP/1.1 200", After::stall).failed, Cause::source_api_read_timeout);
  settings.timeouts = {};
  settings.timeouts.idle = Seconds(0.1);
  EXPECT_EQ(call_against("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", After::stall).failed,
            Cause::source_api_read_timeout);
}

TEST_F(ExchangeTest, TheDeadlineOfTheWholeHoldsWhateverDrips) {
  TlsServer drip(ca, [](Peer& peer) {
    peer.read_request();
    bool open = peer.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
    while (open) open = peer.write("x");
  });
  Worker worker(*this, 1);
  const auto use = [&]() -> Task<Outcome> {
    ConnectionPool pool({.origin = drip.origin()}, worker.tls);
    Exchange exchange(pool, worker.tokens, settings);
    UpstreamRequest request;
    request.method = "GET";
    request.target = "/";
    request.deadline = Clock::now() + std::chrono::milliseconds(200);
    Outcome outcome;
    try {
      outcome.head = co_await exchange.start(request);
      std::array<char, 10> piece{};
      while (co_await exchange.read_body(piece) > 0) continue;
    } catch (const Failure& failure) {
      outcome.failed = failure.cause();
    }
    co_return outcome;
  };
  EXPECT_EQ(run(use()).failed, Cause::source_api_read_timeout);
}

TEST_F(ExchangeTest, LeftoverBytesNeverAnswerTheNextRequest) {
  respond = [](const std::string&, int number) {
    return answer(200, "{\"n\":" + std::to_string(number) + "}") +
           (number == 1 ? answer(200, "{\"n\":666}") : "");
  };
  Worker worker(*this, 1);
  EXPECT_EQ(worker.call().body, "{\"n\":1}");
  EXPECT_EQ(worker.pool.idle(), 0U);
  EXPECT_EQ(worker.call().body, "{\"n\":2}");
  EXPECT_EQ(api.accepted(), 2);
}

TEST_F(ExchangeTest, AReusedConnectionThatDiesIsRetriedOnceForGet) {
  respond = [](const std::string&, int number) {
    return number == 2 ? std::string("RESET") : answer(200, "");
  };
  for (const char* method : {"GET", "HEAD"}) {
    requests.clear();
    Worker worker(*this, 1);
    EXPECT_FALSE(worker.call(method).failed);
    EXPECT_FALSE(worker.call(method).failed);
    EXPECT_EQ(requests.size(), 3U);
  }
  requests.clear();
  Worker worker(*this, 1);
  EXPECT_FALSE(worker.call("POST", "{}").failed);
  EXPECT_EQ(worker.call("POST", "{}").failed, Cause::bad_source_response);
  EXPECT_EQ(requests.size(), 2U);
}

TEST_F(ExchangeTest, AConnectionThatDiesAgainIsNotRetriedForever) {
  respond = [](const std::string&, int number) {
    return number >= 2 ? std::string("RESET") : answer(200, "{}");
  };
  Worker worker(*this, 1);
  EXPECT_FALSE(worker.call().failed);
  EXPECT_EQ(worker.call().failed, Cause::bad_source_response);
  EXPECT_EQ(requests.size(), 3U);
}

TEST_F(ExchangeTest, ARefusedTokenIsReplacedAndTheCallRetriedOnce) {
  for (const int status : {401, 400}) {
    requests.clear();
    tokens_given = 0;
    respond = [status](const std::string& request, int) {
      const bool good = request.find("Bearer t2\r\n") != std::string::npos;
      return good ? answer(200, "{}")
                  : answer(status, R"({"code":124,"message":"Invalid access token."})");
    };
    Worker worker(*this, 1);
    EXPECT_EQ(worker.call().body, "{}");
    EXPECT_EQ(requests.size(), 2U);
    EXPECT_EQ(tokens_given, 2);
    EXPECT_EQ(worker.call().body, "{}");
    EXPECT_EQ(tokens_given, 2);
  }
}

TEST_F(ExchangeTest, ATokenRefusedAgainIsPassedOn) {
  respond = [](const std::string&, int) {
    return answer(401, R"({"code":124,"message":"Invalid access token."})");
  };
  Worker worker(*this, 1);
  const Outcome outcome = worker.call();
  EXPECT_EQ(outcome.head.status, 401U);
  EXPECT_EQ(outcome.error.code, "124");
  EXPECT_EQ(outcome.error.message, "Invalid access token.");
  EXPECT_EQ(requests.size(), 2U);
  EXPECT_EQ(tokens_given, 2);
}

TEST_F(ExchangeTest, RefusalsAreReadAndTheConnectionKept) {
  const auto error = [&](int status, const std::string& body, const std::string& fields = "") {
    return call_against(answer(status, body, fields)).error;
  };
  EXPECT_EQ(error(400, R"({"code":300,"message":"x"})").code, "300");
  EXPECT_EQ(idle_after, 1U);
  EXPECT_EQ(error(404, R"({"code":"1001","message":"no"})").code, "1001");
  EXPECT_EQ(error(404, R"({"code":"1001","message":"no"})").message, "no");
  EXPECT_EQ(error(404, gzip(R"({"code":1001})"), "Content-Encoding: gzip\r\n").code, "1001");
  EXPECT_EQ(error(429, "").code, "");
  EXPECT_EQ(idle_after, 1U);
  for (const std::string& odd :
       {std::string("<html>"), std::string("[1]"), std::string(R"({"code":"canary@x.y"})"),
        std::string(R"({"code":{"a":1},"message":["x"]})"), std::string(R"({"code":-5})"),
        std::string(R"({"code":1.5})"), R"({"code":)" + std::string(5000, '9') + "}",
        std::string(1000, '[')}) {
    EXPECT_EQ(error(400, odd).code, "") << odd;
    EXPECT_EQ(error(400, odd).message, "") << odd;
  }
  EXPECT_EQ(error(500, std::string(100'000, ' ')).code, "");
  EXPECT_EQ(idle_after, 0U);
  EXPECT_EQ(error(500, kCanary, "Content-Encoding: br\r\n").code, "");
  EXPECT_EQ(idle_after, 0U);
}

TEST_F(ExchangeTest, ARefusalWithABrokenBodyIsStillThatRefusal) {
  for (const int status : {401, 400, 503}) {
    const Outcome outcome = call_against(
        "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 99\r\n\r\n{", After::close);
    EXPECT_FALSE(outcome.failed);
    EXPECT_EQ(outcome.head.status, static_cast<unsigned>(status));
    EXPECT_EQ(outcome.error.code, "");
  }
}

TEST_F(ExchangeTest, RedirectsAreNotFollowed) {
  const Outcome outcome = call_against(answer(302, "", "Location: /v2/groups\r\n"));
  EXPECT_EQ(outcome.head.status, 302U);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ExchangeTest, DestroyedInTheMiddleItClosesTheConnection) {
  respond = [](const std::string&, int) { return answer(200, std::string(100'000, ' ')); };
  Worker worker(*this, 1);
  const auto use = [&]() -> Task<> {
    Exchange exchange(worker.pool, worker.tokens, settings);
    UpstreamRequest request;
    request.method = "GET";
    request.target = "/";
    request.deadline = testing::soon();
    co_await exchange.start(request);
    std::array<char, 10> piece{};
    co_await exchange.read_body(piece);
    EXPECT_EQ(worker.pool.in_use(), 1U);
  };
  run(use());
  EXPECT_EQ(worker.pool.in_use(), 0U);
  EXPECT_EQ(worker.pool.idle(), 0U);
}

TEST_F(ExchangeTest, ManyAtOnceShareFewConnections) {
  Worker worker(*this, 3);
  std::vector<Outcome> outcomes(50);
  for (Outcome& outcome : outcomes) {
    UpstreamRequest request{"GET", "/", {}, "", testing::soon()};
    asio::co_spawn(worker.io, worker.call_into(std::move(request), outcome),
                   [](const std::exception_ptr& e) {
                     if (e) std::rethrow_exception(e);
                   });
  }
  worker.io.run();
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.body, "{}") << outcome.failure;
  EXPECT_LE(api.accepted(), 3);
  EXPECT_EQ(tokens_given, 1);
}

TEST_F(ExchangeTest, ManyTicketsAndKeyUpdatesAreNoAnswer) {
  std::atomic<int> served{0};
  TlsServer noisy(ca, [&](Peer& peer) {
    for (int i = 0; i < 100; ++i) SSL_new_session_ticket(peer.ssl());
    while (!peer.read_request().empty()) {
      SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
      peer.write(answer(200, "{\"n\":" + std::to_string(++served) + "}"));
    }
  });
  Worker worker(*this, 1);
  const auto use = [&]() -> Task<> {
    ConnectionPool pool({.origin = noisy.origin()}, worker.tls);
    for (int i = 1; i <= 3; ++i) {
      Exchange exchange(pool, worker.tokens, settings);
      UpstreamRequest request{"GET", "/", {}, "", testing::soon()};
      co_await exchange.start(request);
      std::array<char, 100> piece{};
      const std::size_t count = co_await exchange.read_body(piece);
      EXPECT_EQ(std::string_view(piece.data(), count), "{\"n\":" + std::to_string(i) + "}");
      EXPECT_EQ(co_await exchange.read_body(piece), 0U);
    }
  };
  run(use());
  EXPECT_EQ(noisy.accepted(), 1);
}

}  // namespace
}  // namespace zoom_proxy
