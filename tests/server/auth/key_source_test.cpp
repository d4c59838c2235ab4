#include "server/auth/key_source.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "rules/error.hpp"
#include "server/failure.hpp"
#include "tests/server/auth/token_maker.hpp"
#include "tests/server/tls_server.hpp"

namespace zoom_proxy {
namespace {

using testing::answer;
using testing::Peer;
using testing::run;
using testing::TestCa;
using testing::TlsServer;
using testing::TokenMaker;

constexpr auto kEs256 = SignatureAlgorithm::es256;

/// An issuer whose answers a test chooses by the number of the request. Its key is called as the
/// number says.
class KeySourceTest : public ::testing::Test {
 protected:
  KeySourceTest() {
    oidc.jwks_url = server.url("/keys/v3");
    oidc.ca_file = ca.file();
  }

  void handle(Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    const int number = ++requests;
    {
      const std::lock_guard lock(mutex);
      last_request = request;
    }
    peer.write(respond(number));
    peer.wait_until_closed();
  }

  [[nodiscard]] std::string keys(const std::string& name, const std::string& fields) const {
    return answer(200, "{\"keys\":[" + TokenMaker::jwk(name, key.get()) + "]}", fields);
  }
  [[nodiscard]] NowFunction clock() {
    return [this] { return now; };
  }
  [[nodiscard]] KeySource::Sink sink() {
    return [this](const KeyEvent& event) {
      const std::lock_guard lock(mutex);
      events.push_back(event);
    };
  }
  [[nodiscard]] static bool has(const KeySource::Keys& keys, const std::string& name) {
    return keys->find(name, kEs256) != nullptr;
  }
  static void expect_no_keys(KeySource& source) {
    try {
      run(source.get());
      ADD_FAILURE() << "got keys";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.cause(), Cause::authentication_failure);
    }
  }

  TokenMaker::Key key = TokenMaker::make_ec("P-256");
  std::function<std::string(int)> respond = [this](int number) {
    return keys(std::to_string(number), "Cache-Control: public, max-age=600\r\n");
  };
  std::mutex mutex;
  std::string last_request;
  std::vector<KeyEvent> events;
  std::atomic<int> requests{0};
  Moment now = Moment::now();
  TestCa ca;
  TlsServer server{ca, [this](Peer& peer) { handle(peer); }};
  Settings::InboundAuth::Oidc oidc;
};

TEST_F(KeySourceTest, FetchesOnceAndKeepsTheKeysAsLongAsTheIssuerSays) {
  KeySource source(oidc, sink(), clock());
  EXPECT_TRUE(has(run(source.get()), "1"));
  EXPECT_TRUE(last_request.starts_with("GET /keys/v3 HTTP/1.1\r\n")) << last_request;
  now = now + Seconds(599);
  EXPECT_TRUE(has(run(source.get()), "1"));
  EXPECT_EQ(requests, 1);
  now = now + Seconds(1);
  EXPECT_TRUE(has(run(source.get()), "2"));
  now.wall += std::chrono::seconds(600);  // the steady clock stood still
  EXPECT_TRUE(has(run(source.get()), "3"));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].keys, 1U);
  EXPECT_EQ(events[0].lifetime, Seconds(600));
}

TEST_F(KeySourceTest, AnUnknownKeyFetchesAtMostEveryThirtySeconds) {
  KeySource source(oidc, sink(), clock());
  const KeySource::Keys first = run(source.get());
  EXPECT_EQ(run(source.newer_than(first)), first);
  now = now + Seconds(29);
  EXPECT_EQ(run(source.newer_than(first)), first);
  EXPECT_EQ(requests, 1);
  now = now + Seconds(1);
  const KeySource::Keys second = run(source.newer_than(first));
  EXPECT_TRUE(has(second, "2"));
  EXPECT_EQ(run(source.newer_than(first)), second) << "somebody else has fetched them meanwhile";
  EXPECT_EQ(run(source.newer_than(second)), second);
  EXPECT_EQ(requests, 2);
}

TEST_F(KeySourceTest, OldKeysGoOnWhenAFetchFails) {
  KeySource source(oidc, sink(), clock());
  const KeySource::Keys first = run(source.get());
  const auto good = respond;
  int failures = 1;
  for (const std::string& bad :
       {answer(500, "{}"), answer(200, "<html>"), answer(200, "{\"keys\":[]}"),
        answer(302, "", "Location: https://evil.example/\r\n"), std::string("rubbish\r\n\r\n"),
        answer(200, "{\"keys\":[").substr(0, 90), std::string()}) {
    respond = [&bad](int) { return bad; };
    now = now + Seconds(700);
    EXPECT_EQ(run(source.get()), first) << bad;
    EXPECT_EQ(requests, ++failures) << bad;
    EXPECT_EQ(run(source.get()), first);
    EXPECT_EQ(run(source.newer_than(first)), first);
    EXPECT_EQ(requests, failures) << "not again at once";
    EXPECT_EQ(events.back().keys, 0U);
    EXPECT_NE(events.back().advice.find("inbound_auth.oidc.jwks_url"), std::string::npos);
  }
  respond = good;
  now = now + Seconds(30);
  EXPECT_TRUE(has(run(source.get()), std::to_string(failures + 1)));
}

TEST_F(KeySourceTest, WithoutAnyKeysTheFailureIsToldAndTheNextFetchComesSoon) {
  respond = [this](int number) {
    return number == 1 ? answer(503, "") : keys(std::to_string(number), "");
  };
  KeySource source(oidc, sink(), clock());
  expect_no_keys(source);
  now = now + Seconds(4.9);
  expect_no_keys(source);
  EXPECT_EQ(requests, 1);
  now = now + Seconds(0.1);
  EXPECT_TRUE(has(run(source.get()), "2"));
}

TEST_F(KeySourceTest, TheIssuersCertificateIsChecked) {
  const TestCa other;
  oidc.ca_file = other.file();
  KeySource source(oidc, sink(), clock());
  expect_no_keys(source);
  EXPECT_EQ(requests, 0);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].advice.find("certificate"), std::string::npos) << events[0].advice;
  EXPECT_NE(events[0].advice.find("inbound_auth.oidc.ca_file"), std::string::npos);
}

TEST_F(KeySourceTest, OneFetchForAHundredCallersOnFourThreads) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  respond = [this, released](int number) {
    released.wait();
    return keys(std::to_string(number), "");
  };
  KeySource source(oidc, sink());
  std::atomic<int> started{0};
  std::atomic<int> served{0};
  const auto caller = [&]() -> Task<> {
    ++started;
    const KeySource::Keys got = co_await source.get();
    if (has(got, "1")) ++served;
  };
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&] {
      asio::io_context io{1};
      for (int i = 0; i < 25; ++i) asio::co_spawn(io, caller(), asio::detached);
      io.run();
    });
  }
  while (started < 100) std::this_thread::yield();
  release.set_value();
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(served, 100);
  EXPECT_EQ(requests, 1);
}

TEST_F(KeySourceTest, OldKeysServeOthersWhileOneFetches) {
  KeySource source(oidc, sink(), clock());
  const KeySource::Keys first = run(source.get());
  std::promise<void> asked;
  std::promise<void> release;
  respond = [this, &asked, done = release.get_future().share()](int number) {
    asked.set_value();
    done.wait();
    return keys(std::to_string(number), "");
  };
  now = now + Seconds(600);
  KeySource::Keys second;
  std::thread fetching([&] { second = run(source.get()); });
  asked.get_future().wait();
  EXPECT_EQ(run(source.get()), first);
  release.set_value();
  fetching.join();
  EXPECT_TRUE(has(second, "2"));
}

TEST_F(KeySourceTest, SettingsThatCannotWorkAreRefusedAtOnce) {
  oidc.ca_file = "/does/not/exist.pem";
  try {
    const KeySource source(oidc, sink());
    ADD_FAILURE() << "taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("inbound_auth.oidc.ca_file"), std::string::npos);
  }
}

TEST(KeyLifetime, IsWhatTheIssuerSaysWithinBounds) {
  const auto lifetime = [](std::vector<std::pair<std::string, std::string>> fields) {
    Fields all;
    for (auto& [name, value] : fields) all.add(std::move(name), std::move(value));
    return key_lifetime(all);
  };
  EXPECT_EQ(lifetime({}), Seconds(3600));
  EXPECT_EQ(lifetime({{"Cache-Control", "public, max-age=19204, must-revalidate, no-transform"}}),
            Seconds(19'204));
  EXPECT_EQ(lifetime({{"cache-control", "MAX-AGE = \"600\""}}), Seconds(600));
  EXPECT_EQ(lifetime({{"Cache-Control", "s-maxage=1"}, {"Cache-Control", "max-age=700"}}),
            Seconds(700));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=700"}, {"Age", "200"}}), Seconds(500));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=700"}, {"Age", "9000"}}), Seconds(60));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=0"}}), Seconds(60));
  EXPECT_EQ(lifetime({{"Cache-Control", "no-store"}}), Seconds(60));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=999999999"}}), Seconds(86'400));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=99999999999999999999999"}}), Seconds(86'400));
  for (const char* rubbish : {"max-age", "max-age=", "max-age=-5", "max-age=1h", "max-age=\"\""})
    EXPECT_EQ(lifetime({{"Cache-Control", rubbish}}), Seconds(3600)) << rubbish;
}

}  // namespace
}  // namespace zoom_proxy
