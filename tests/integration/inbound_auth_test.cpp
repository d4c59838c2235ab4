// Who may call: each mode of inbound_auth, addresses, and TLS on the listener.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/integration/callers.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// Probes need no authentication, whatever the mode.
template <class Get>
void expect_health_open(Get get) {
  EXPECT_EQ(get("/health/live").status, 200U);
  EXPECT_EQ(get("/health/ready").status, 200U);
  for (const char* path :
       {"/health", "/health/", "/health/other", "/health/live?x", "/health/live/"})
    EXPECT_GE(get(path).status, 400U) << path;
}

TEST(BearerTest, EachOfSeveralTokensIsLetInAndNoOther) {
  Simulator simulator;
  Proxy proxy(simulator, {.inbound_auth = "{mode: bearer, bearer: {token_sha256: [" +
                                          sha256("canary-old-token") + ", " +
                                          sha256("canary.new~token+/=") + "]}}\n"});
  EXPECT_EQ(wait_for_event(proxy.process(), kind("startup")).at("inboundAuth").as_string(),
            "bearer");
  EXPECT_EQ(proxy.get(kUsers, bearer("canary-old-token")).status, 200U);
  EXPECT_EQ(proxy.get(kUsers, bearer("canary.new~token+/=")).status, 200U);
  EXPECT_EQ(proxy.get(kUsers, {{"authorization", "bearer   canary-old-token"}}).status, 200U);
  const auto calls = simulator.stat("api_requests");
  for (const std::string& wrong : {std::string("canary-old-toke"), std::string("canary-old-tokenx"),
                                   std::string("Canary-old-token"), sha256("canary-old-token"),
                                   std::string("canary-old-token canary-old-token"),
                                   std::string("canary-old-token,"), std::string(20'000, 'a')}) {
    const Answer answer = proxy.get(kUsers, bearer(wrong));
    expect_refused(answer, 401, "UNAUTHENTICATED");
    EXPECT_TRUE(answer.field("WWW-Authenticate").starts_with("Bearer error=")) << answer.head;
  }
  const Answer none = proxy.get(kUsers);
  expect_refused(none, 401, "UNAUTHENTICATED");
  EXPECT_EQ(none.field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(none.field("Connection"), "close") << "strangers hold no connections";
  expect_refused(proxy.get(kUsers, {{"Authorization", "Basic Y2FuYXJ5"}}), 401, "UNAUTHENTICATED");
  expect_refused(proxy.get(kUsers, {{"Authorization", "Bearer canary-old-token"},
                                    {"Authorization", "Bearer canary-old-token"}}),
                 401, "UNAUTHENTICATED");
  EXPECT_EQ(simulator.stat("api_requests"), calls);
  expect_health_open([&](const char* path) { return proxy.get(path); });
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(canaries(proxy.log()), "");
}

TEST(BearerTest, NothingElseThatARequestAsksComesBeforeIt) {
  Simulator simulator;
  Proxy proxy(simulator, {.inbound_auth = "{mode: bearer, bearer: {token_sha256: [" +
                                          sha256("token") + "]}}\n"});
  for (const Headers& headers :
       {Headers{{"X-Psoxy-Health-Check", "1"}}, Headers{{"X-Forwarded-Proto", "http"}},
        Headers{{"X-Psoxy-Skip-Sanitizer", "true"}}, Headers{{"Prefer", "respond-async"}}})
    expect_refused(proxy.get(kUsers, headers), 401, "UNAUTHENTICATED");
  for (const char* target : {"/v2/groups", "/metrics", "/", "/v2/users/p~AAAA"})
    expect_refused(proxy.get(target), 401, "UNAUTHENTICATED");
  Client client(proxy.port());
  expect_refused(client.request("POST", kUsers, {}, "{}"), 401, "UNAUTHENTICATED");
  Headers health = bearer("token");
  health.emplace_back("X-Psoxy-Health-Check", "1");
  EXPECT_EQ(object(proxy.get("/", health)).at("configuredSource").as_string(), "zoom");
}

TEST(IpBlocksTest, TheClientBehindTrustedProxiesCounts) {
  Simulator simulator;
  Proxy proxy(simulator, {.trusted_proxies = 2,
                          .inbound_auth = "{mode: platform, allowed_ip_blocks: [192.0.2.0/24, "
                                          "\"2001:db8::/32\"]}\n"});
  const auto from = [&](const std::string& addresses) {
    return proxy.get(kUsers, {{"X-Forwarded-For", addresses}});
  };
  EXPECT_EQ(from("192.0.2.7, 10.0.0.1").status, 200U);
  EXPECT_EQ(from("203.0.113.5, ::ffff:192.0.2.7, 10.0.0.1").status, 200U);
  EXPECT_EQ(from("2001:db8:1::1, 10.0.0.1").status, 200U);
  for (const char* other :
       {"192.0.3.7, 10.0.0.1", "192.0.2.7, 203.0.113.5, 10.0.0.1", "10.0.0.1, 192.0.2.7",
        "2001:db9::1, 10.0.0.1", "192.0.2.7", "", "unknown, 10.0.0.1"})
    expect_refused(from(other), 403, "UNAUTHORIZED_IP_ADDRESS");
  expect_refused(proxy.get(kUsers), 403, "UNAUTHORIZED_IP_ADDRESS");
  expect_refused(proxy.get(kUsers, {{"X-Psoxy-Health-Check", "1"}}), 403,
                 "UNAUTHORIZED_IP_ADDRESS");
  const Answer health =
      proxy.get("/", {{"X-Psoxy-Health-Check", "1"}, {"X-Forwarded-For", "192.0.2.7, 10.0.0.1"}});
  EXPECT_TRUE(object(health).at("clientIpAuthorized").as_bool());
  expect_health_open([&](const char* path) { return proxy.get(path); });
}

TEST(IpBlocksTest, WithoutProxiesWhoConnectsCounts) {
  Simulator simulator;
  const Proxy inside(simulator,
                     {.inbound_auth = "{mode: platform, allowed_ip_blocks: [127.0.0.1]}\n"});
  EXPECT_EQ(inside.get(kUsers).status, 200U);
  const Proxy outside(simulator,
                      {.inbound_auth = "{mode: platform, allowed_ip_blocks: [192.0.2.1]}\n"});
  expect_refused(outside.get(kUsers, {{"X-Forwarded-For", "192.0.2.1"}}), 403,
                 "UNAUTHORIZED_IP_ADDRESS");
}

TEST(IpBlocksTest, BothAddressAndTokenMustBeRight) {
  Simulator simulator;
  const Proxy proxy(simulator,
                    {.trusted_proxies = 1,
                     .inbound_auth = "{mode: bearer, bearer: {token_sha256: [" + sha256("token") +
                                     "]}, allowed_ip_blocks: [192.0.2.1]}\n"});
  const auto with = [&](const char* address, const char* token) {
    return proxy.get(
        kUsers, {{"X-Forwarded-For", address}, {"Authorization", std::string("Bearer ") + token}});
  };
  EXPECT_EQ(with("192.0.2.1", "token").status, 200U);
  expect_refused(with("192.0.2.2", "token"), 403, "UNAUTHORIZED_IP_ADDRESS");
  expect_refused(with("192.0.2.1", "other"), 401, "UNAUTHENTICATED");
}

TEST(MtlsTest, ClientsCountByTheNamesInTheirCertificates) {
  const TestCa ca;
  const TestCa clients;
  const TestCa strangers;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen(),
                          .inbound_auth = "{mode: mtls, mtls: {ca: " + clients.file() +
                                          ", allowed_names: [reader.example, "
                                          "\"spiffe://example/ns/reader\", reader@leak.test]}}\n"});
  const json::object startup = wait_for_event(proxy.process(), kind("startup"));
  EXPECT_EQ(startup.at("inboundAuth").as_string(), "mtls");
  EXPECT_TRUE(startup.at("tls").as_bool());
  const auto get = [&](const std::string& identity, const char* target = kUsers) {
    Client client(proxy.port(), ca.file(), identity);
    return client.get(target);
  };
  for (const char* names :
       {"DNS:reader.example", "DNS:other.example,URI:spiffe://example/ns/reader",
        "email:reader@leak.test"})
    EXPECT_EQ(get(files.client(clients, names)).status, 200U) << names;
  for (const char* names : {"DNS:other.example", "DNS:reader.example.evil.example", "DNS:*.example",
                            "URI:spiffe://example/ns/reader2", "DNS:READER.example"})
    expect_refused(get(files.client(clients, names)), 403, "UNAUTHORIZED");
  expect_refused(get(""), 401, "UNAUTHENTICATED");
  EXPECT_NE(get("").field("WWW-Authenticate"), "");
  expect_refused(get(files.client(clients, "IP:127.0.0.1")), 401, "UNAUTHENTICATED");
  expect_health_open([&](const char* path) { return get("", path); });
  // The same name by somebody else's CA: TLS itself says no.
  EXPECT_TRUE([&] {
    try {
      return get(files.client(strangers, "DNS:reader.example")).status == 0;
    } catch (const std::runtime_error&) {
      return true;
    }
  }());
}

TEST(ListenerTlsTest, ARefusalReachesAClientThatIsStillSending) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen(),
                          .inbound_auth = "{mode: bearer, bearer: {token_sha256: [" +
                                          sha256("token") + "]}}\n"});
  for (int round = 0; round < 20; ++round) {
    Client client(proxy.port(), ca.file());
    client.send("POST /v2/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n");
    client.send(std::string(100'000, 'a'));
    const Answer answer = client.read_answer();
    expect_refused(answer, 401, "UNAUTHENTICATED");
    EXPECT_EQ(answer.end, End::whole);
  }
}

TEST(ListenerTlsTest, SessionsAreNotResumed) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  const Proxy proxy(simulator, {.listen = files.listen()});
  Client client(proxy.port(), ca.file());
  EXPECT_EQ(client.get(kUsers).status, 200U);
  EXPECT_STREQ(SSL_get_version(client.tls()), "TLSv1.3");
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(client.tls())), 0);
}

TEST(ListenerTlsTest, WhoSpeaksNoTlsIsCutAndHoldsUpNobody) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  const Proxy proxy(simulator,
                    {.listen = files.listen(), .more = "timeouts: {client_head_seconds: 3}\n"});
  Client silent(proxy.port());
  Client client(proxy.port(), ca.file());
  EXPECT_EQ(client.get(kUsers).status, 200U);
  EXPECT_EQ(silent.read_answer().status, 0U);
  Client plain(proxy.port());
  EXPECT_EQ(plain.get(kUsers).status, 0U);
}

TEST(ListenerTlsTest, AHandshakeInDriblets) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  const Proxy proxy(simulator,
                    {.listen = files.listen(), .more = "timeouts: {client_head_seconds: 2}\n"});
  const auto begin = std::chrono::steady_clock::now();
  Client slow(proxy.port());
  slow.send(std::string("\x16\x03\x01\x20\x00\x01\x00\x1f\xfc\x03\x03", 11));  // 8 KiB to come
  std::thread dribbling([&] {
    try {
      while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(25)) {
        slow.send("a");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    } catch (const std::runtime_error&) {
      // The server has gone.
    }
  });
  EXPECT_EQ(slow.read_answer().status, 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15))
      << "each byte has bought more time";
  dribbling.join();
}

TEST(ListenerTlsTest, AHandshakeThatDoesNotEndHoldsUpNoShutdown) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen(),
                          .more = "timeouts: {client_head_seconds: 120}\n"
                                  "shutdown: {grace_seconds: 120}\n"});
  Client silent(proxy.port());
  EXPECT_EQ(Client(proxy.port(), ca.file()).get(kUsers).status, 200U) << "so both were accepted";
  EXPECT_EQ(proxy.stop(), 0) << "within the 20 seconds that are waited for it";
  EXPECT_NE(proxy.log().find(R"("abortedConnections":0)"), std::string::npos) << proxy.log();
}

TEST(ListenerTlsTest, ANewCertificateIsTakenAndABadOneIsNot) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen()});
  Client old(proxy.port(), ca.file());
  EXPECT_EQ(old.get(kUsers).status, 200U);

  const Identity second = ca.issue("DNS:localhost");
  files.install(second);
  // Key and certificate are two files: the pair may be seen half new, and then whole.
  const json::object loaded = wait_for_event(proxy.process(), kind("certificate_loaded"));
  EXPECT_TRUE(text(loaded.at("expires")).starts_with("20")) << loaded;
  EXPECT_EQ(serial_shown(proxy, ca), serial_of(second));
  EXPECT_EQ(old.get(kUsers).status, 200U) << "connections keep what they began with";

  put(files.certificate(), "canary: no certificate");
  const std::string failed = proxy.process().wait_for_line([](const std::string& line) {
    return line.find(R"("event":"reload_failed")") != line.npos &&
           line.find("no certificate in PEM") != line.npos;
  });
  EXPECT_NE(failed.find(files.certificate()), std::string::npos) << failed;
  EXPECT_EQ(serial_shown(proxy, ca), serial_of(second));
  const Answer ready = proxy.admin("/health/ready");
  EXPECT_EQ(ready.status, 200U);
  EXPECT_NE(ready.body.find(R"("what":"certificate")"), std::string::npos) << ready.body;

  const Identity third = ca.issue("DNS:localhost");
  files.install(third);
  wait_for_event(proxy.process(), kind("certificate_loaded"), 2);
  EXPECT_EQ(serial_shown(proxy, ca), serial_of(third));
  EXPECT_EQ(proxy.admin("/health/ready").body, R"({"status":"ready"})");
  const std::string metrics = proxy.admin("/metrics").body;
  EXPECT_NE(metrics.find("\nzoom_proxy_listener_certificate_expiry_timestamp_seconds "),
            std::string::npos);
  EXPECT_NE(metrics.find(R"(zoom_proxy_reloads_total{result="ok",what="certificate"} 2)"),
            std::string::npos);
  EXPECT_EQ(metrics.find(R"(zoom_proxy_reloads_total{result="failed",what="certificate"} 0)"),
            std::string::npos);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.log().find("canary"), std::string::npos);
}

TEST(ListenerTlsTest, StartUpIsRefusedWithoutAKeyThatFits) {
  const TestCa ca;
  TlsFiles files(ca);
  put(files.certificate(), pem_of(ca.issue("DNS:localhost"), true, false));
  Simulator simulator;
  try {
    const Proxy proxy(simulator, {.listen = files.listen()});
    ADD_FAILURE() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("listen.tls.key"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace integration
