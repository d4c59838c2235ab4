#include "server/net.hpp"

#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/beast/core/error.hpp>
#include <future>
#include <string>

#include "rules/error.hpp"
#include "server/failure.hpp"
#include "tests/server/tls_server.hpp"

namespace zoom_proxy {
namespace {

using boost::system::error_code;
using boost::system::system_error;
using testing::Peer;
using testing::run;
using testing::soon;
using testing::TestCa;
using testing::TlsServer;

constexpr Seconds kTimeout{10};

class NetTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<asio::ssl::context> tls(
      TlsVersion lowest = TlsVersion::v1_3) const {
    return make_client_tls(ca.file(), lowest);
  }
  [[nodiscard]] static bool connects(const Origin& origin, asio::ssl::context& client_tls) {
    asio::io_context io{1};
    return testing::run_on(io, connect_tls(origin, client_tls, kTimeout)) != nullptr;
  }
  /// Connects, and returns the failure that this ends in.
  static Failure failure_of(Task<std::unique_ptr<Stream>> connecting) {
    try {
      run(std::move(connecting));
    } catch (const Failure& failure) {
      return failure;
    }
    ADD_FAILURE() << "connected";
    return Failure(Cause::unknown, "");
  }
  TestCa ca;
};

Task<std::string> read_all(Stream& stream) {
  std::string text;
  std::array<char, 5> piece{};
  for (;;) {
    const std::size_t count = co_await stream.read_some(piece);
    if (count == 0) co_return text;
    text.append(piece.data(), count);
  }
}

TEST_F(NetTest, CarriesBytesBothWaysUntilCloseNotify) {
  TlsServer server(ca, [](Peer& peer) {
    peer.write("echo " + peer.read_request());
    peer.close();
  });
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const auto talk = [&]() -> Task<std::string> {
    const auto stream = co_await connect_tls(origin, *client_tls, kTimeout);
    stream->expires_at(soon());
    co_await stream->write("hello\r\n\r\n");
    co_return co_await read_all(*stream);
  };
  EXPECT_EQ(run(talk()), "echo hello\r\n\r\n");
}

TEST_F(NetTest, AnEndWithoutCloseNotifyIsAnError) {
  TlsServer server(ca, [](Peer& peer) {
    peer.write("cut");
    peer.cut();
  });
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const auto talk = [&]() -> Task<std::string> {
    const auto stream = co_await connect_tls(origin, *client_tls, kTimeout);
    stream->expires_at(soon());
    co_return co_await read_all(*stream);
  };
  EXPECT_THROW(run(talk()), system_error);
}

TEST_F(NetTest, ACertificateIsAcceptedForAnAddressToo) {
  TlsServer server(ca, [](Peer& peer) { peer.close(); });
  const auto client_tls = tls();
  const Origin origin = server.origin("127.0.0.1");
  EXPECT_TRUE(connects(origin, *client_tls));
}

TEST_F(NetTest, RefusesACertificateForAnotherName) {
  TlsServer server(ca, [](Peer&) {}, {.names = "DNS:api.zoom.example"});
  const auto client_tls = tls();
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const Origin origin = server.origin(host);
    const Failure failure = failure_of(connect_tls(origin, *client_tls, kTimeout));
    EXPECT_EQ(failure.cause(), Cause::source_io_error);
    EXPECT_NE(std::string(failure.what()).find("certificate of " + origin.host), std::string::npos)
        << failure.what();
  }
}

TEST_F(NetTest, RefusesAnUnknownCaAndSaysWhatToCheck) {
  const TestCa other;
  TlsServer server(other, [](Peer&) {});
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const Failure failure = failure_of(connect_tls(origin, *client_tls, kTimeout));
  EXPECT_EQ(failure.cause(), Cause::source_io_error);
  const std::string text = failure.what();
  const auto begin = text.find(" (issued by test CA ");
  ASSERT_NE(begin, std::string::npos) << text;
  EXPECT_EQ(text.substr(0, begin),
            "the certificate of localhost is not trusted: unable to get local issuer certificate");
  EXPECT_EQ(text.substr(text.find(')')), "); check ca_file of that host in the settings");
}

TEST_F(NetTest, RefusesTlsBelowTheLowestVersion) {
  TlsServer server(ca, [](Peer& peer) { peer.close(); }, {.highest_version = TLS1_2_VERSION});
  const Origin origin = server.origin();
  const auto strict = tls(TlsVersion::v1_3);
  EXPECT_EQ(failure_of(connect_tls(origin, *strict, kTimeout)).cause(), Cause::source_io_error);
  const auto lenient = tls(TlsVersion::v1_2);
  EXPECT_TRUE(connects(origin, *lenient));
}

TEST_F(NetTest, NamesWhyItCannotConnect) {
  const auto client_tls = tls();
  Origin closed;
  {
    const TlsServer server(ca, [](Peer&) {});
    closed = server.origin();
  }
  const Failure refused = failure_of(connect_tls(closed, *client_tls, kTimeout));
  EXPECT_EQ(refused.cause(), Cause::connection_to_source);
  EXPECT_NE(std::string(refused.what()).find("refused"), std::string::npos) << refused.what();

  const Origin nowhere{"no-such-host.invalid", "443"};
  const Failure unknown = failure_of(connect_tls(nowhere, *client_tls, kTimeout));
  EXPECT_EQ(unknown.cause(), Cause::source_io_error);
  EXPECT_NE(std::string(unknown.what()).find("check DNS"), std::string::npos) << unknown.what();
}

TEST_F(NetTest, GivesUpASilentHandshake) {
  TlsServer server(ca, [](Peer& peer) { peer.wait_until_closed(); }, {.handshake = false});
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const Failure failure = failure_of(connect_tls(origin, *client_tls, Seconds(0.05)));
  EXPECT_EQ(failure.cause(), Cause::connection_to_source);
  EXPECT_NE(std::string(failure.what()).find("not finished in time"), std::string::npos)
      << failure.what();
}

TEST_F(NetTest, AnOperationPastItsDeadlineTimesOut) {
  TlsServer server(ca, [](Peer& peer) { peer.wait_until_closed(); });
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const auto talk = [&]() -> Task<std::string> {
    const auto stream = co_await connect_tls(origin, *client_tls, kTimeout);
    stream->expires_at(Clock::now() + std::chrono::milliseconds(20));
    co_return co_await read_all(*stream);
  };
  try {
    run(talk());
    FAIL() << "no time-out";
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), boost::beast::error::timeout);
  }
}

TEST_F(NetTest, KnowsAnIdleConnectionFromOneThatWasClosedOrPushedTo) {
  std::promise<void> checked;
  TlsServer server(ca, [&](Peer& peer) {
    peer.write("a");  // behind the session tickets
    if (peer.number() == 0) peer.wait_until_closed();
    peer.read_request();
    if (peer.number() == 1) peer.write("pushed");
    if (peer.number() == 2) peer.close();
    if (peer.number() == 3) peer.reset();
    peer.wait_until_closed();
  });
  const auto client_tls = tls();
  const Origin origin = server.origin();
  const auto fit = [&](bool quiet) -> Task<bool> {
    const auto stream = co_await connect_tls(origin, *client_tls, kTimeout);
    stream->expires_at(soon());
    std::array<char, 1> byte{};
    co_await stream->read_some(byte);
    if (quiet) co_return stream->idle_and_open();
    EXPECT_TRUE(stream->idle_and_open());
    co_await stream->write("go\r\n\r\n");
    while (stream->idle_and_open()) std::this_thread::yield();  // ends when the server has acted
    co_return false;
  };
  EXPECT_TRUE(run(fit(true)));
  EXPECT_FALSE(run(fit(false)));
  EXPECT_FALSE(run(fit(false)));
  EXPECT_FALSE(run(fit(false)));
}

/// A plain connection accepted on loopback, and the client's end of it.
struct PlainPair {
  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  tcp::socket client{io};
  std::unique_ptr<Stream> server;
  PlainPair() {
    client.connect(acceptor.local_endpoint());
    server = make_plain_stream(acceptor.accept());
  }
  void run_here(Task<> task) {
    std::exception_ptr error;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) { error = e; });
    io.restart();
    io.run();
    if (error) std::rethrow_exception(error);
  }
};

TEST(PlainStream, EndsWithZeroAtFin) {
  PlainPair pair;
  EXPECT_EQ(pair.server->peer_address(), asio::ip::address_v4::loopback());
  asio::write(pair.client, asio::buffer("abc", 3));
  pair.client.shutdown(tcp::socket::shutdown_send);
  std::string got;
  pair.run_here([&]() -> Task<> { got = co_await read_all(*pair.server); }());
  EXPECT_EQ(got, "abc");
  EXPECT_FALSE(pair.server->idle_and_open());
}

TEST(PlainStream, PeekingDoesNotTakeTheNextRequest) {
  PlainPair pair;
  EXPECT_TRUE(pair.server->idle_and_open());
  asio::write(pair.client, asio::buffer("x", 1));
  while (pair.server->idle_and_open()) std::this_thread::yield();
  pair.client.shutdown(tcp::socket::shutdown_send);
  std::string got;
  pair.run_here([&]() -> Task<> { got = co_await read_all(*pair.server); }());
  EXPECT_EQ(got, "x");
}

TEST(PlainStream, ShutdownLetsTheClientReadWhatWasSent) {
  PlainPair pair;
  asio::write(pair.client, asio::buffer(std::string(100'000, 'r')));  // never read by the server
  std::thread reader;
  std::string got;
  error_code error;
  reader = std::thread([&] {
    char piece[1024];
    for (;;) {
      const std::size_t count = pair.client.read_some(asio::buffer(piece), error);
      if (error) break;
      got.append(piece, count);
    }
    pair.client.close();
  });
  pair.run_here([&]() -> Task<> {
    co_await pair.server->write("the answer");
    co_await pair.server->shutdown();
  }());
  reader.join();
  EXPECT_EQ(got, "the answer");
  EXPECT_EQ(error, asio::error::eof);
}

TEST(PlainStream, AbortIsSeenAsAReset) {
  PlainPair pair;
  pair.run_here([&]() -> Task<> { co_await pair.server->write("half an ans"); }());
  pair.server->abort();
  error_code error;
  std::string got;
  asio::read(pair.client, asio::dynamic_buffer(got), error);
  EXPECT_EQ(error, asio::error::connection_reset);
}

TEST(HttpsUrl, IsTakenApart) {
  const HttpsUrl plain = parse_https_url("zoom.api_url", "https://api.zoom.us/");
  EXPECT_EQ(plain.origin, (Origin{"api.zoom.us", "443"}));
  EXPECT_EQ(plain.path, "");
  EXPECT_EQ(authority(plain.origin), "api.zoom.us");
  const HttpsUrl full = parse_https_url("zoom.token_url", "https://[::1]:8443/oauth/token");
  EXPECT_EQ(full.origin, (Origin{"::1", "8443"}));
  EXPECT_EQ(full.path, "/oauth/token");
  EXPECT_EQ(authority(full.origin), "[::1]:8443");
}

TEST(HttpsUrl, RefusesWhatIsNoPlainHttpsUrl) {
  for (const char* url : {"", "api.zoom.us", "http://api.zoom.us", "https://", "https://u@zoom.us",
                          "https://zoom.us/?a=b", "https://zoom.us/#f", "ftp://zoom.us"}) {
    try {
      static_cast<void>(parse_https_url("zoom.api_url", url));
      ADD_FAILURE() << url;
    } catch (const ConfigError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("zoom.api_url: ")) << error.what();
    }
  }
}

TEST(ClientTls, RefusesACaFileThatCannotBeRead) {
  try {
    static_cast<void>(make_client_tls("/nonexistent/ca.pem", TlsVersion::v1_3));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/ca.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace zoom_proxy
