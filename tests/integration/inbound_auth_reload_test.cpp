// Who may call changes while the proxy runs: tokens, lists, the CAs of clients, the listener's
// certificate. Connections that are open are no exception.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/integration/callers.hpp"
#include "tests/integration/mounted_proxy.hpp"
#include "tests/server/auth/token_maker.hpp"

namespace integration {
namespace {

using zoom_proxy::testing::Peer;
using zoom_proxy::testing::TlsServer;
using zoom_proxy::testing::TokenMaker;

/// A new connection with that certificate; status 0 when TLS itself refuses it.
Answer call(std::uint16_t port, const TestCa& ca, const std::string& identity) {
  try {
    return Client(port, ca.file(), identity).get(kUsers);
  } catch (const Timeout&) {
    throw;
  } catch (const std::runtime_error&) {
    return {};
  }
}

TEST(ClientCasTest, TheCasOfClientsAreSwappedWholeOrNotAtAll) {
  const TestCa ca;
  const TestCa old_ca;
  const TestCa new_ca;
  const std::string old_pem = pem_of(old_ca.root(), true, false);
  const std::string new_pem = pem_of(new_ca.root(), true, false);
  TlsFiles files(ca);
  put(files.client_ca(), old_pem);
  const std::string old_client = files.client(old_ca, "DNS:reader.example");
  const std::string new_client = files.client(new_ca, "DNS:reader.example");
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen(),
                          .inbound_auth = "{mode: mtls, mtls: {ca: " + files.client_ca() +
                                          ", allowed_names: [reader.example]}}\n"});
  Client open(proxy.port(), ca.file(), old_client);
  EXPECT_EQ(open.get(kUsers).status, 200U);
  EXPECT_EQ(call(proxy.port(), ca, new_client).status, 0U);

  put(files.client_ca(), new_pem);
  wait_for_event(proxy.process(), kind("certificate_loaded"));
  EXPECT_EQ(call(proxy.port(), ca, new_client).status, 200U);
  EXPECT_EQ(call(proxy.port(), ca, old_client).status, 0U);
  const Answer last = open.get(kUsers);
  expect_refused(last, 401, "UNAUTHENTICATED");
  EXPECT_EQ(last.field("Connection"), "close") << "trust does not outlive its withdrawal";

  Client newer(proxy.port(), ca.file(), new_client);
  int failures = 0;
  for (const std::string& broken :
       {std::string("canary: no certificate"), new_pem + old_pem.substr(0, old_pem.size() / 2),
        new_pem + "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n"}) {
    put(files.client_ca(), broken);
    const json::object failed = wait_for_event(proxy.process(), kind("reload_failed"), ++failures);
    EXPECT_EQ(failed.at("what"), "certificate");
    EXPECT_NE(text(failed.at("message")).find(files.client_ca()), std::string::npos) << failed;
    EXPECT_NE(text(failed.at("message")).find("inbound_auth.mtls.ca"), std::string::npos) << failed;
    const Answer ready = proxy.admin("/health/ready");
    EXPECT_EQ(ready.status, 200U);
    EXPECT_NE(ready.body.find(R"("what":"certificate")"), std::string::npos) << ready.body;
    EXPECT_EQ(newer.get(kUsers).status, 200U);
    EXPECT_EQ(call(proxy.port(), ca, new_client).status, 200U);
    EXPECT_EQ(call(proxy.port(), ca, old_client).status, 0U);
    put(files.client_ca(), new_pem);
    wait_for_event(proxy.process(), kind("certificate_loaded"), 1 + failures);
    EXPECT_EQ(proxy.admin("/health/ready").body, R"({"status":"ready"})");
  }

  put(files.client_ca(), old_pem + new_pem);
  wait_for_event(proxy.process(), kind("certificate_loaded"), 2 + failures);
  EXPECT_EQ(call(proxy.port(), ca, old_client).status, 200U);
  EXPECT_EQ(newer.get(kUsers).status, 200U) << "its CA is still there";
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.log().find("canary"), std::string::npos);
}

/// One whose settings a test changes.
class CallersReloadTest : public testing::Test {
 protected:
  void start(const std::string& inbound_auth, const std::string& listen = {}) {
    proxy_ = std::make_unique<MountedProxy>(
        simulator_, MountedProxy::Options{.listen = listen, .inbound_auth = inbound_auth});
  }
  /// Has the file say so, and waits until it counts.
  void change(const std::string& inbound_auth) {
    proxy_->options().inbound_auth = inbound_auth;
    proxy_->write_settings();
    proxy_->reload();
    proxy_->wait_for_events("rules_loaded", ++loaded_);
  }
  void expect_clean_end() {
    EXPECT_EQ(proxy_->stop(), 0);
    EXPECT_EQ(proxy_->process().output().find("needRestart"), std::string::npos);
    EXPECT_EQ(proxy_->process().output().find("canary"), std::string::npos);
  }
  [[nodiscard]] Answer get(const Headers& headers = {}) const {
    return Client(proxy_->port()).get(kUsers, headers);
  }

  Simulator simulator_;
  std::unique_ptr<MountedProxy> proxy_;
  std::size_t loaded_ = 1;  ///< at the start
};

std::string tokens(const std::vector<std::string>& all) {
  std::string list;
  for (const std::string& token : all) list += (list.empty() ? "" : ", ") + sha256(token);
  return "{mode: bearer, bearer: {token_sha256: [" + list + "]}}";
}

TEST_F(CallersReloadTest, TokensAreReplacedWithoutARestart) {
  start(tokens({"canary-old"}));
  Client open(proxy_->port());
  EXPECT_EQ(open.get(kUsers, bearer("canary-old")).status, 200U);
  expect_refused(get(bearer("canary-new")), 401, "UNAUTHENTICATED");
  change(tokens({"canary-old", "canary-new"}));
  EXPECT_EQ(get(bearer("canary-new")).status, 200U);
  EXPECT_EQ(open.get(kUsers, bearer("canary-old")).status, 200U);
  change(tokens({"canary-new"}));
  EXPECT_EQ(get(bearer("canary-new")).status, 200U);
  expect_refused(open.get(kUsers, bearer("canary-old")), 401, "UNAUTHENTICATED");
  expect_clean_end();
}

TEST_F(CallersReloadTest, ABadListOfTokensChangesNothing) {
  start(tokens({"canary-old"}));
  for (const char* bad : {"{mode: bearer, bearer: {token_sha256: [canary]}}",
                          "{mode: bearer, bearer: {token_sha256: []}}"}) {
    const std::size_t before = proxy_->events("reload_failed");
    proxy_->options().inbound_auth = bad;
    proxy_->write_settings();
    proxy_->reload();
    proxy_->wait_for_events("reload_failed", before + 1);
    EXPECT_EQ(get(bearer("canary-old")).status, 200U) << bad;
    expect_refused(get(bearer("canary")), 401, "UNAUTHENTICATED");
    expect_refused(get(), 401, "UNAUTHENTICATED");
  }
  expect_clean_end();
}

TEST_F(CallersReloadTest, AddressesCountAtOnce) {
  start("{mode: platform, allowed_ip_blocks: [127.0.0.0/8]}");
  Client open(proxy_->port());
  EXPECT_EQ(open.get(kUsers).status, 200U);
  change("{mode: platform, allowed_ip_blocks: [192.0.2.1]}");
  expect_refused(open.get(kUsers), 403, "UNAUTHORIZED_IP_ADDRESS");
  expect_refused(get(), 403, "UNAUTHORIZED_IP_ADDRESS");
  change("{mode: platform}");
  EXPECT_EQ(get().status, 200U);
  expect_clean_end();
}

TEST_F(CallersReloadTest, NamesOfCertificatesCountAtOnce) {
  const TestCa ca;
  TlsFiles files(ca);
  const std::string reader = files.client(ca, "DNS:reader.example");
  const std::string writer = files.client(ca, "DNS:writer.example");
  const auto allowed = [&](const std::string& name) {
    return "{mode: mtls, mtls: {ca: " + ca.file() + ", allowed_names: [" + name + "]}}";
  };
  start(allowed("reader.example"),
        ", tls: {certificate: " + files.certificate() + ", key: " + files.key() + "}");
  Client open(proxy_->port(), ca.file(), reader);
  EXPECT_EQ(open.get(kUsers).status, 200U);
  expect_refused(call(proxy_->port(), ca, writer), 403, "UNAUTHORIZED");
  change(allowed("writer.example"));
  EXPECT_EQ(call(proxy_->port(), ca, writer).status, 200U);
  expect_refused(open.get(kUsers), 403, "UNAUTHORIZED");
  expect_clean_end();
}

TEST_F(CallersReloadTest, SubjectsAndAudiencesOfIdTokensCountAtOnce) {
  const TestCa ca;
  const TokenMaker maker;
  const std::string keys = maker.key_set();
  std::atomic<int> fetches{0};
  TlsServer issuer(ca, [&](Peer& peer) {
    if (peer.read_request().empty()) return;
    ++fetches;
    peer.write(zoom_proxy::testing::answer(200, keys));
    peer.wait_until_closed();
  });
  const auto settings = [&](const std::string& audience, const std::string& subject) {
    return "{mode: oidc, oidc: {issuers: [i], audiences: [" + audience + "], allowed: [" + subject +
           "], jwks_url: \"" + issuer.url() + "\", ca_file: " + ca.file() + "}}";
  };
  const auto status = [&](const std::string& audience, const std::string& subject) {
    const std::string token = maker.token(
        R"({"alg":"ES256","kid":"ec-1"})",
        R"({"iss":"i","aud":")" + audience + R"(","sub":")" + subject + R"(","exp":99999999999})",
        "ES256-good-key");
    return get(bearer(token)).status;
  };
  start(settings("a", "s"));
  EXPECT_EQ(status("a", "s"), 200U);
  EXPECT_EQ(status("a", "t"), 403U);
  change(settings("a", "t"));
  EXPECT_EQ(status("a", "s"), 403U);
  EXPECT_EQ(status("a", "t"), 200U);
  change(settings("b", "t"));
  EXPECT_EQ(status("a", "t"), 401U);
  EXPECT_EQ(status("b", "t"), 200U);
  EXPECT_EQ(fetches, 1) << "the keys are as good as before";
  expect_clean_end();
}

TEST_F(CallersReloadTest, AnotherModeWaitsForARestartWithAllThatBelongsToIt) {
  start(tokens({"canary-old"}));
  change("{mode: platform, allowed_ip_blocks: [192.0.2.1]}");
  const json::object event = wait_for_event(proxy_->process(), "needRestart");
  EXPECT_EQ(event.at("needRestart"),
            json::array({"inbound_auth.mode", "inbound_auth.bearer.token_sha256",
                         "inbound_auth.allowed_ip_blocks"}));
  EXPECT_EQ(get(bearer("canary-old")).status, 200U);
  expect_refused(get(), 401, "UNAUTHENTICATED");
  EXPECT_EQ(proxy_->stop(), 0);
}

/// A pipe that the proxy has begun to read, and that says no more for now.
class SlowFile {
 public:
  /// In the place of `path`; `beginning` is read at once.
  SlowFile(const std::string& path, char beginning) {
    const std::string pipe = path + ".pipe";
    if (::mkfifo(pipe.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
    descriptor_ = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    write({&beginning, 1});
    std::filesystem::rename(pipe, path);
  }
  ~SlowFile() { ::close(descriptor_); }
  SlowFile(const SlowFile&) = delete;
  SlowFile& operator=(const SlowFile&) = delete;

  void wait_until_read() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (int left = 1; left > 0; std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nobody reads");
      if (::ioctl(descriptor_, FIONREAD, &left) != 0) throw std::runtime_error("no pipe any more");
    }
  }
  void write(std::string_view bytes) const {
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("the pipe takes too little");
  }

 private:
  int descriptor_ = -1;
};

TEST(ListenerTlsTest, ACertificateThatIsSlowToReadHoldsUpNobody) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen()});
  Client open(proxy.port(), ca.file());
  EXPECT_EQ(open.get(kUsers).status, 200U);
  const Identity second = ca.issue("DNS:localhost");
  const std::string pem = pem_of(second, true, false);
  {
    const SlowFile slow(files.certificate(), pem.front());
    slow.wait_until_read();
    EXPECT_EQ(open.get(kUsers).status, 200U);
    EXPECT_EQ(Client(proxy.port(), ca.file()).get(kUsers).status, 200U);
    EXPECT_EQ(proxy.admin("/health/live").status, 200U) << "the main thread's";
    files.install(second);
    slow.write(std::string_view(pem).substr(1));
  }
  // Whoever had waited for the file would have come only when its patience had ended, with a
  // failure.
  wait_for_event(proxy.process(), kind("certificate_loaded"));
  EXPECT_EQ(serial_shown(proxy, ca), serial_of(second));
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(proxy.log().find("reload_failed"), std::string::npos) << proxy.log();
}

TEST(ListenerTlsTest, NoRequestIsLostWhileCertificatesAreSwapped) {
  const TestCa ca;
  TlsFiles files(ca);
  Simulator simulator;
  Proxy proxy(simulator, {.listen = files.listen()});
  std::atomic<bool> stop{false};
  std::atomic<int> served{0};
  std::atomic<int> lost{0};
  const auto ask = [&](auto& client) { ++(client.get(kUsers).status == 200 ? served : lost); };
  std::thread lasting([&] {
    Client client(proxy.port(), ca.file());
    while (!stop) ask(client);
  });
  std::thread fresh([&] {
    while (!stop) {
      try {
        Client client(proxy.port(), ca.file());
        ask(client);
      } catch (const std::runtime_error&) {
        ++lost;
      }
    }
  });
  Identity last;
  for (int swap = 1; swap <= 3; ++swap) {
    const int before = served;
    last = ca.issue("DNS:localhost");
    files.install(last);
    wait_for_event(proxy.process(), kind("certificate_loaded"), swap);
    EXPECT_GT(served, before);
  }
  stop = true;
  lasting.join();
  fresh.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(serial_shown(proxy, ca), serial_of(last));
  EXPECT_EQ(proxy.stop(), 0);
}

}  // namespace
}  // namespace integration
