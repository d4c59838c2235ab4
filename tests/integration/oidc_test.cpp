// The keys of the ID tokens' issuer: fetched from a real server over TLS, changed, and not to be
// had.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/integration/callers.hpp"
#include "tests/server/auth/token_maker.hpp"

namespace integration {
namespace {

using zoom_proxy::testing::answer;
using zoom_proxy::testing::Peer;
using zoom_proxy::testing::TlsServer;
using zoom_proxy::testing::TokenMaker;

/// From one fetch to the next (docs/reference.md, who may call).
constexpr std::chrono::seconds kPause{30};

/// An issuer with a proxy that trusts it.
class Issuer {
 public:
  explicit Issuer(Simulator& simulator) : Issuer(simulator, nullptr) {}
  /// The proxy expects the key server's certificate to be of another CA.
  Issuer(Simulator& simulator, const TestCa* expected) {
    server_.emplace(ca_, [this](Peer& peer) { serve(peer); });
    proxy_.emplace(
        simulator,
        ProxyOptions{.inbound_auth = "\n  mode: oidc\n"
                                     "  oidc: {issuers: [i], audiences: [a], allowed: [s], "
                                     "jwks_url: " +
                                     server_->url() + ", ca_file: " +
                                     (expected != nullptr ? expected : &ca_)->file() + "}\n"});
  }

  /// What the key server says from now on.
  void say(std::string text) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(text);
  }
  void publish(const std::vector<std::string>& keys) {
    std::string set;
    for (const std::string& id : keys)
      set += (set.empty() ? "" : ",") + TokenMaker::jwk(id, maker_.key(id).get());
    say(answer(200, "{\"keys\":[" + set + "]}", "Cache-Control: max-age=3600\r\n"));
  }
  /// Whoever asks for keys meets a closed port.
  void close() { server_.reset(); }

  /// Signed by the key of that name, which is there before it is published.
  [[nodiscard]] Answer call(const std::string& id) const {
    const std::string input =
        zoom_proxy::testing::base64url(R"({"alg":"ES256","kid":")" + id + "\"}") + '.' +
        zoom_proxy::testing::base64url(R"({"iss":"i","aud":"a","sub":"s","exp":99999999999})");
    const std::string signature = TokenMaker::ecdsa(maker_.key(id).get(), input);
    return proxy_->get(kUsers, bearer(input + '.' + zoom_proxy::testing::base64url(signature)));
  }
  /// Tokens by many keys that nobody has published.
  void flood() {
    for (int i = 0; i < 50; ++i)
      expect_refused(call("ec-flood-" + std::to_string(i)), 401, "UNAUTHENTICATED");
  }
  [[nodiscard]] int fetches() const { return fetches_; }
  [[nodiscard]] Proxy& proxy() { return *proxy_; }

 private:
  void serve(Peer& peer) {
    if (peer.read_request().empty()) return;
    ++fetches_;
    std::string text;
    {
      const std::lock_guard lock(mutex_);
      text = answer_;
    }
    peer.write(text);
    peer.wait_until_closed();
  }

  TestCa ca_;
  TokenMaker maker_;
  std::mutex mutex_;
  std::string answer_ = answer(500, "canary");  ///< guarded by mutex_
  std::atomic<int> fetches_{0};
  std::optional<TlsServer> server_;
  std::optional<Proxy> proxy_;
};

/// Asks now and then until it is so, at most for half as long again as a pause.
template <class Condition>
[[nodiscard]] bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPause + kPause / 2;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

bool fetch_failed(Issuer& issuer) {
  return issuer.proxy().log().find(R"("event":"key_refresh","result":"failed")") !=
         std::string::npos;
}

TEST(OidcTest, WithoutTheIssuersKeysCallersAreToldToTryAgain) {
  Simulator simulator;
  Issuer issuer(simulator);
  expect_refused(issuer.call("ec-1"), 503, "AUTHENTICATION_FAILURE");
  expect_refused(issuer.proxy().get(kUsers), 401, "UNAUTHENTICATED");
  EXPECT_EQ(issuer.fetches(), 1) << "asked for nothing but a token";
  issuer.publish({"ec-1", "ec-2", "ec-3"});
  EXPECT_TRUE(comes_true([&] { return issuer.call("ec-1").status == 200; }));
  EXPECT_EQ(issuer.fetches(), 2) << "no faster than every few seconds";
  EXPECT_EQ(issuer.proxy().stop(), 0);
  const std::string log = issuer.proxy().log();
  EXPECT_TRUE(fetch_failed(issuer));
  EXPECT_NE(log.find(R"("event":"key_refresh","keys":3)"), std::string::npos);
  EXPECT_EQ(log.find("canary"), std::string::npos);
}

TEST(OidcTest, AKeyServerOfAnotherCaIsNotBelieved) {
  Simulator simulator;
  const TestCa other;
  Issuer issuer(simulator, &other);
  issuer.publish({"ec-1"});
  const Answer refused = issuer.call("ec-1");
  expect_refused(refused, 503, "AUTHENTICATION_FAILURE");
  EXPECT_EQ(issuer.fetches(), 0) << "not even asked";
  EXPECT_EQ(issuer.proxy().stop(), 0);
  EXPECT_TRUE(fetch_failed(issuer));
  const std::string log = issuer.proxy().log();
  EXPECT_NE(log.find("certificate"), std::string::npos) << log;
  EXPECT_NE(log.find("inbound_auth.oidc.ca_file"), std::string::npos) << log;
  EXPECT_EQ(simulator.stat("api_requests"), 0);
}

/// Three issuers with a proxy each, so that the pause between two fetches passes but once.
TEST(OidcTest, NewKeysAreFetchedOnceInAPauseAndOldOnesOutliveAFailure) {
  Simulator simulator;
  Issuer rotating(simulator);
  Issuer failing(simulator);
  Issuer gone(simulator);
  const auto begin = std::chrono::steady_clock::now();
  for (Issuer* issuer : {&rotating, &failing, &gone}) {
    issuer->publish({"ec-1"});
    ASSERT_EQ(issuer->call("ec-1").status, 200U);
    ASSERT_EQ(issuer->fetches(), 1);
  }
  rotating.publish({"ec-2"});
  failing.say(answer(500, "canary"));
  gone.close();

  rotating.flood();
  const bool early = std::chrono::steady_clock::now() - begin < kPause;
  EXPECT_TRUE(!early || rotating.fetches() == 1) << rotating.fetches();

  EXPECT_TRUE(comes_true([&] { return rotating.call("ec-2").status == 200; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kPause);
  EXPECT_EQ(rotating.fetches(), 2);
  expect_refused(rotating.call("ec-1"), 401, "UNAUTHENTICATED");
  rotating.flood();
  EXPECT_EQ(rotating.fetches(), 2) << "exactly one further fetch";

  EXPECT_TRUE(comes_true([&] {
    expect_refused(failing.call("ec-2"), 401, "UNAUTHENTICATED");
    return fetch_failed(failing);
  }));
  EXPECT_EQ(failing.fetches(), 2);
  EXPECT_TRUE(comes_true([&] {
    expect_refused(gone.call("ec-2"), 401, "UNAUTHENTICATED");
    return fetch_failed(gone);
  }));
  for (Issuer* issuer : {&failing, &gone}) {
    EXPECT_EQ(issuer->call("ec-1").status, 200U) << "the keys of before go on";
    expect_refused(issuer->call("ec-2"), 401, "UNAUTHENTICATED");
    EXPECT_EQ(issuer->proxy().stop(), 0);
    EXPECT_EQ(issuer->proxy().log().find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace integration
