// Zoom cannot be reached, or is not who it should be.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// A clear error: the client is told whose fault it is, and the log holds the words.
void expect_clear_error(Proxy& proxy, const std::string& words) {
  const Answer answer = proxy.get("/v2/users");
  EXPECT_GE(answer.status, 500U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_NE(answer.field("X-Psoxy-Error"), "");
  EXPECT_FALSE(object(answer).at("message").as_string().empty());
  EXPECT_EQ(proxy.get("/health/live").status, 200U);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_NE(proxy.log().find(words), std::string::npos) << proxy.log();
}

/// A port that is taken but not listened to: connecting to it is refused for as long as this lives.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0) {
      throw std::runtime_error("cannot take a port");
    }
    url_ = "https://localhost:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentPort() { ::close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  int socket_;
  std::string url_;
};

TEST(NetworkTest, CertificateOfAnotherHost) {
  Simulator good;
  Simulator wrong({"--wrong-host-certificate"});
  Proxy proxy(good, {.api_url = wrong.url(),
                     .token_url = wrong.url() + "/oauth/token",
                     .ca_file = wrong.ca_file()});
  expect_clear_error(proxy, "certificate");
}

TEST(NetworkTest, ExpiredCertificate) {
  Simulator good;
  Simulator expired({"--expired-certificate"});
  Proxy proxy(good, {.api_url = expired.url(),
                     .token_url = expired.url() + "/oauth/token",
                     .ca_file = expired.ca_file()});
  expect_clear_error(proxy, "certificate");
}

TEST(NetworkTest, CertificateOfAnUnknownAuthority) {
  Simulator simulator;
  Simulator other;
  Proxy proxy(simulator, {.ca_file = other.ca_file()});
  expect_clear_error(proxy, "certificate");
  EXPECT_EQ(simulator.stat("token_requests"), 0);
  EXPECT_GE(simulator.stat("handshakes_failed"), 1);
}

TEST(NetworkTest, NameThatDoesNotResolve) {
  Simulator simulator;
  Proxy proxy(simulator, {.api_url = "https://zoom.invalid"});
  expect_clear_error(proxy, "zoom.invalid");
}

TEST(NetworkTest, TokenHostThatDoesNotResolve) {
  Simulator simulator;
  Proxy proxy(simulator, {.token_url = "https://zoom.invalid/oauth/token"});
  expect_clear_error(proxy, "zoom.invalid");
  EXPECT_EQ(simulator.stat("api_requests"), 0);
}

TEST(NetworkTest, PortThatRefuses) {
  Simulator simulator;
  const SilentPort port;
  Proxy proxy(simulator, {.api_url = port.url()});
  expect_clear_error(proxy, "refused");
}

TEST(NetworkTest, PathOfTheApiUrlComesFirstAndOnce) {
  Simulator simulator;
  Proxy proxy(simulator, {.api_url = simulator.url() + "/gateway"});
  EXPECT_EQ(proxy.get("/v2/users?page_size=1").status, 404U);  // the look-alike has no such path
  const auto targets = simulator.stats().at("targets").as_array();
  EXPECT_EQ(targets.back(), "GET /gateway/v2/users?page_size=1");
}

TEST(NetworkTest, HostThatIsNotSpeakingTls) {
  Simulator simulator;
  Proxy plain(simulator);
  Proxy proxy(simulator, {.api_url = "https://localhost:" + std::to_string(plain.port())});
  expect_clear_error(proxy, "localhost");
}

}  // namespace
}  // namespace integration
