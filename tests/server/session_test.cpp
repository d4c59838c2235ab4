// Sessions over real sockets, for what needs no Zoom behind them.
#include "server/session.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <thread>

#include "tests/server/engine_fixture.hpp"
#include "tests/server/loopback.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kEnd = "Host: localhost\r\nConnection: close\r\n\r\n";

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// A port on which nobody listens: bound, so that nobody else gets it, but closed to callers.
class DeadPort {
 public:
  DeadPort() : socket_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::string text() const { return std::to_string(socket_.local_endpoint().port()); }

 private:
  asio::io_context io_;
  tcp::socket socket_;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() { lifecycle_.ready = true; }

  static Task<std::unique_ptr<Stream>> ready(std::unique_ptr<Stream> stream) { co_return stream; }

  /// What the client reads until the server closes, after it has sent these bytes.
  std::string talk(std::string_view bytes) {
    Loopback net;
    Sessions sessions(context(), auth_, lifecycle_);
    net.send(bytes);
    std::string answer;
    std::thread client([&] { answer = net.read_all(); });
    net.run(sessions.serve(ready(std::move(net.server))));
    client.join();
    EXPECT_FALSE(net.reset);
    return answer;
  }

  std::string get(const std::string& target, std::string_view more = "") {
    return talk("GET " + target + " HTTP/1.1\r\n" + std::string(more) + std::string(kEnd));
  }

  ProxyContext context() {
    const auto snapshot = std::make_shared<const Snapshot>(Snapshot{settings_, known_engine()});
    return {snapshot, pool_, tokens_, drift_, metrics_, ""};
  }

  static std::shared_ptr<const Settings> settings_for(const DeadPort& zoom) {
    auto settings = std::make_shared<Settings>();
    settings->zoom.token_url = "https://127.0.0.1:" + zoom.text() + "/oauth/token";
    settings->timeouts.client_idle = Seconds(20);
    return settings;
  }

  DeadPort dead_;
  std::shared_ptr<const Settings> settings_ = settings_for(dead_);
  std::shared_ptr<asio::ssl::context> tls_ = make_client_tls("", TlsVersion::v1_3);
  ConnectionPool pool_{{.origin = {"127.0.0.1", dead_.text()}}, tls_};
  Lifecycle lifecycle_;
  TokenCache tokens_{*settings_, tls_, [](const TokenEvent&) {}};
  Drift drift_;
  InboundAuth auth_{*settings_, {}};
  Metrics metrics_;
};

boost::json::object body_of(const std::string& answer) {
  return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).as_object();
}

TEST_F(SessionTest, HealthIsAnsweredHere) {
  EXPECT_TRUE(get("/health/live").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(get("/health/ready").starts_with("HTTP/1.1 200 "));
  lifecycle_.ready = false;
  EXPECT_TRUE(get("/health/live").starts_with("HTTP/1.1 200 "));
  const std::string answer = get("/health/ready");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body_of(answer).at("reason").as_string(), "shutting down");
}

TEST_F(SessionTest, NoOtherPageOfOursIsThere) {
  for (const char* target : {"/", "/metrics", "/health/live/../../metrics", "/health/live/x"}) {
    EXPECT_TRUE(get(target).starts_with("HTTP/1.1 403 ")) << target;
  }
}

TEST_F(SessionTest, RefusalsSayWhyInJsonWithoutThePath) {
  const std::string answer = get("/v2/canary.person@leak.test");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 "));
  EXPECT_NE(answer.find("\r\nX-Psoxy-Error: BLOCKED_BY_RULES\r\n"), answer.npos);
  EXPECT_EQ(answer.find("canary"), answer.npos);
  const auto body = body_of(answer);
  EXPECT_EQ(body.at("error").as_string(), "BLOCKED_BY_RULES");
  EXPECT_NE(body.at("message").as_string().find("path"), std::string_view::npos);
  EXPECT_EQ(body.at("requestId").as_string().size(), 16u);
}

TEST_F(SessionTest, AForgedTokenIs409) {
  const std::string token = "p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const std::string answer = get("/v2/users/" + token + "/meetings");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 "));
  EXPECT_NE(answer.find("X-Psoxy-Error: TOKENIZED_REQUEST_PARAMETER_INVALID"), answer.npos);
}

TEST_F(SessionTest, ZoomOutOfReachIsAClearError) {
  const std::string answer = get("/v2/users");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("X-Psoxy-Error: CONNECTION_TO_SOURCE"), answer.npos);
  EXPECT_EQ(answer.find("X-Psoxy-Rules-SHA"), answer.npos);
}

TEST_F(SessionTest, RequestsFollowOneAnotherOnOneConnection) {
  const std::string live = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answers = talk(live + live + "GET /v2/groups HTTP/1.1\r\n" + std::string(kEnd));
  EXPECT_EQ(count_of(answers, "HTTP/1.1 200 "), 2u);
  EXPECT_EQ(count_of(answers, "HTTP/1.1 403 "), 1u);
  EXPECT_EQ(count_of(answers, "Connection: close"), 1u);
}

TEST_F(SessionTest, ABrokenHeadIsAnsweredAndTheConnectionClosed) {
  const std::string live = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answers = talk("GET  /v2/users HTTP/1.1\r\nHost: a\r\n\r\n" + live);
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 "));
  EXPECT_NE(answers.find("X-Psoxy-Error: INVALID_REQUEST"), answers.npos);
  EXPECT_NE(answers.find("Connection: close"), answers.npos);
  EXPECT_EQ(count_of(answers, "HTTP/1.1 "), 1u);
}

TEST_F(SessionTest, AnUnreadBodyIsNeverTakenForTheNextRequest) {
  const std::string hidden = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const char* first : {"GET /v2/users", "POST /v2/users", "GET /health/live"}) {
    const std::string answers =
        talk(std::string(first) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
             std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
    EXPECT_EQ(count_of(answers, "HTTP/1.1 "), 1u) << first;
    EXPECT_NE(answers.find("Connection: close"), answers.npos) << first;
  }
}

TEST_F(SessionTest, HeadRefusalsHaveNoBody) {
  const std::string answer = talk("HEAD /v2/groups HTTP/1.1\r\n" + std::string(kEnd));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_EQ(count_of(answer, "\r\n\r\n"), 1u);
}

TEST_F(SessionTest, DrainingEndsIdleConnectionsAtOnce) {
  Loopback net;
  Sessions sessions(context(), auth_, lifecycle_);
  std::thread client([&] {
    net.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(net.read_until("live\"}").starts_with("HTTP/1.1 200 "));
    asio::post(net.io, [&] {
      lifecycle_.draining = true;
      sessions.close_idle(false);
    });
    net.read_all();
  });
  const auto began = Clock::now();
  net.run(sessions.serve(ready(std::move(net.server))));  // would take client_idle otherwise
  client.join();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(10));
}

}  // namespace
}  // namespace zoom_proxy
