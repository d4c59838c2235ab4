#include "server/token_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rules/error.hpp"
#include "server/token_request.hpp"
#include "tests/server/tls_server.hpp"

namespace zoom_proxy {
namespace {

using testing::answer;
using testing::Peer;
using testing::run;
using testing::soon;
using testing::TestCa;
using testing::TlsServer;
using Token = std::shared_ptr<const AccessToken>;

std::string token_body(const std::string& token, const std::string& expires_in = "3600") {
  return R"({"access_token":")" + token + R"(","token_type":"bearer","expires_in":)" + expires_in +
         R"(,"scope":"user:read:admin","api_url":"https://evil.example"})";
}

/// A token endpoint whose answers a test chooses by the number of the request.
class TokenCacheTest : public ::testing::Test {
 protected:
  TokenCacheTest() {
    settings.zoom.token_url = server.url("/oauth/token");
    settings.zoom.account_id = "acc id+1";
    settings.zoom.client_id = "client";
    settings.zoom.client_secret = Secret("s:cret");
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

  [[nodiscard]] Failure failure_of(TokenCache& cache) {
    try {
      run(cache.get(soon()));
    } catch (const Failure& failure) {
      return failure;
    }
    ADD_FAILURE() << "got a token";
    return Failure(Cause::unknown, "");
  }
  [[nodiscard]] TokenCache::Sink sink() {
    return [this](const TokenEvent& event) {
      const std::lock_guard lock(mutex);
      events.push_back(event);
    };
  }
  /// The answer to that request waits for the promise, or its end.
  [[nodiscard]] std::promise<void> hold(int which) {
    std::promise<void> release;
    respond = [which, released = release.get_future().share()](int number) {
      if (number == which) released.wait();
      return answer(200, token_body("t" + std::to_string(number)));
    };
    return release;
  }
  [[nodiscard]] NowFunction clock() {
    return [this] { return now; };
  }

  std::function<std::string(int)> respond = [](int number) {
    return answer(200, token_body("t" + std::to_string(number)));
  };
  std::mutex mutex;
  std::string last_request;
  std::vector<TokenEvent> events;
  std::atomic<int> requests{0};
  Moment now = Moment::now();
  TestCa ca;
  TlsServer server{ca, [this](Peer& peer) { handle(peer); }};
  std::shared_ptr<asio::ssl::context> tls = make_client_tls(ca.file(), TlsVersion::v1_3);
  Settings settings;
};

TEST_F(TokenCacheTest, AsksAsZoomDocumentsIt) {
  TokenCache cache(settings, tls, sink());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  EXPECT_TRUE(last_request.starts_with("POST /oauth/token HTTP/1.1\r\n")) << last_request;
  for (const std::string& part :
       {"\r\nHost: " + authority(server.origin()) + "\r\n",
        std::string("\r\nAuthorization: Basic Y2xpZW50OnM6Y3JldA==\r\n"),
        std::string("\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"),
        std::string("\r\n\r\ngrant_type=account_credentials&account_id=acc%20id%2B1")}) {
    EXPECT_NE(last_request.find(part), std::string::npos) << part << last_request;
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].result, TokenEvent::Result::refreshed);
  EXPECT_EQ(events[0].lifetime, Seconds(3600));
  EXPECT_EQ(events[0].advice, "");
}

TEST_F(TokenCacheTest, KeepsTheTokenUntilItsEnd) {
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_FALSE(cache.status());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  ASSERT_TRUE(cache.status());
  EXPECT_EQ(cache.status()->obtained_at, now.wall);
  EXPECT_EQ(cache.status()->expires_at, now.wall + std::chrono::seconds(3600));
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(3000);  // earlier than the earliest renewal
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now.wall += std::chrono::seconds(601);  // only the wall clock went on
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  now.steady += std::chrono::seconds(4000);  // only the steady clock did
  EXPECT_EQ(run(cache.get(soon()))->text, "t3");
}

TEST_F(TokenCacheTest, OneRequestForAHundredCallersOnFourThreads) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  respond = [released](int number) {
    released.wait();
    return answer(200, token_body("t" + std::to_string(number)));
  };
  TokenCache cache(settings, tls, sink());
  std::atomic<int> started{0};
  std::atomic<int> served{0};
  const auto caller = [&]() -> Task<> {
    ++started;
    const Token token = co_await cache.get(soon());
    if (token->text == "t1") ++served;
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
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(served, 100);
  EXPECT_EQ(requests, 1);
}

TEST_F(TokenCacheTest, TheFirstToNoticeRenewsWhileOthersGoOnWithTheOldToken) {
  std::promise<void> release = hold(2);
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(3599);
  std::string first;
  std::string second;
  asio::io_context io{1};
  const auto renew = [&]() -> Task<> {
    const Token token = co_await cache.get(soon());
    first = token->text;
  };
  const auto go_on = [&]() -> Task<> {
    const Token token = co_await cache.get(soon());
    second = token->text;
    release.set_value();
  };
  asio::co_spawn(io, renew(), asio::detached);
  asio::co_spawn(io, go_on(), asio::detached);
  io.run();
  EXPECT_EQ(second, "t1");
  EXPECT_EQ(first, "t2");
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  EXPECT_EQ(requests, 2);
}

/// Takes the five seconds that it is about; that it ends at all before the renewal does is what
/// counts, not when.
TEST_F(TokenCacheTest, WhoRenewsDoesNotWaitLongWhileTheOldTokenLives) {
  std::promise<void> release = hold(2);
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(3599);
  asio::io_context io{1};
  std::string renewed;
  const auto renew = [&]() -> Task<> {
    const Token token = co_await cache.get(Clock::now() + std::chrono::minutes(10));
    renewed = token->text;
    EXPECT_EQ(events.size(), 1U) << "the renewal is still under way";
    release.set_value();
  };
  asio::co_spawn(io, renew(), asio::detached);
  io.run();
  EXPECT_EQ(renewed, "t1");
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2") << "nor is the late token lost";
}

TEST_F(TokenCacheTest, AFailedRenewalLeavesTheOldTokenInUseAndIsNotRepeatedAtOnce) {
  respond = [](int number) {
    return number == 1 ? answer(200, token_body("t1")) : answer(503, "busy");
  };
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(3550);
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  EXPECT_EQ(requests, 2);
  now = now + Seconds(11);
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  EXPECT_EQ(requests, 3);
  now = now + Seconds(3600);
  EXPECT_EQ(failure_of(cache).cause(), Cause::connection_to_source);
}

TEST_F(TokenCacheTest, ShortLivedTokensAreRenewedInTheirLastSixth) {
  respond = [](int number) { return answer(200, token_body("t" + std::to_string(number), "60")); };
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(49);
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  now = now + Seconds(2);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
}

TEST_F(TokenCacheTest, InvalidateDropsJustThatToken) {
  TokenCache cache(settings, tls, sink());
  const Token old = run(cache.get(soon()));
  cache.invalidate(old);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  cache.invalidate(old);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  EXPECT_EQ(requests, 2);
}

TEST_F(TokenCacheTest, WrongCredentialsAreRememberedAndNameTheSettingToCheck) {
  struct Case {
    std::string body;
    std::vector<std::string> named;
  };
  const std::vector<Case> cases = {
      {R"({"reason":"Invalid client_id or client_secret","error":"invalid_client"})",
       {"extra characters in, or wrong, Client ID or Client Secret", "zoom.client_id",
        "PSOXY_ZOOM_CLIENT_ID", "zoom.client_secret", "PSOXY_ZOOM_CLIENT_SECRET"}},
      {R"({"reason":"Bad Request canary","error":"invalid_request"})",
       {"extra characters in, or wrong, Account ID", "zoom.account_id", "PSOXY_ZOOM_ACCOUNT_ID"}},
      {R"({"reason":"The app has been disabled by the developer","error":"invalid_client"})",
       {"not activated", "App Marketplace"}},
      {R"({"error_description":"The app has been disabled by the developer canary",)"
       R"("error":"invalid_client"})",
       {"not activated"}},
      {R"({"error":"4738","reason":"canary"})", {"not activated", "administrator"}},
      {R"({"code":4717,"message":"canary"})", {"not activated", "App Marketplace"}},
      {R"({"error":"4702","reason":"canary"})", {"zoom.client_id", "zoom.client_secret"}},
      {R"({"code":4704,"message":"canary"})", {"zoom.client_id", "zoom.client_secret"}},
      {R"({"code":"4705","message":"canary"})", {"Server-to-Server OAuth"}},
      {R"({"reason":"Account does not enabled the OAuth app type","error":"invalid_request"})",
       {"does not allow Server-to-Server OAuth apps"}},
      {R"({"reason":"Account does not exist","error":"invalid_request"})", {"zoom.account_id"}},
      {R"({"reason":"unsupported grant type","error":"unsupported_grant_type"})",
       {"Server-to-Server OAuth"}},
  };
  for (const Case& c : cases) {
    requests = 0;
    events.clear();
    respond = [&](int) { return answer(400, c.body); };
    TokenCache cache(settings, tls, sink(), clock());
    for (int i = 0; i < 3; ++i) {
      const Failure failure = failure_of(cache);
      EXPECT_EQ(failure.cause(), Cause::connection_setup);
      for (const std::string& name : c.named) {
        EXPECT_NE(std::string(failure.what()).find(name), std::string::npos) << failure.what();
      }
      EXPECT_EQ(std::string(failure.what()).find("canary"), std::string::npos);
    }
    EXPECT_EQ(requests, 1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].result, TokenEvent::Result::refused);
    EXPECT_NE(events[0].advice.find(c.named[0]), std::string::npos);
    now = now + Seconds(31);
    EXPECT_EQ(failure_of(cache).cause(), Cause::connection_setup);
    EXPECT_EQ(requests, 2);
  }
}

TEST_F(TokenCacheTest, NewCredentialsAreTriedAtOnce) {
  respond = [&](int number) {
    return number == 1 ? answer(400, R"({"error":"invalid_client"})")
                       : answer(200, token_body("t" + std::to_string(number)));
  };
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(failure_of(cache).cause(), Cause::connection_setup);
  cache.use(settings);
  EXPECT_EQ(failure_of(cache).cause(), Cause::connection_setup) << "the same ones are not";
  ASSERT_EQ(requests, 1);
  settings.zoom.client_secret = Secret("new");
  cache.use(settings);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  EXPECT_NE(last_request.find("Basic Y2xpZW50Om5ldw=="), std::string::npos) << last_request;
}

TEST_F(TokenCacheTest, ATokenOutlivesItsSecretButNotItsAccount) {
  TokenCache cache(settings, tls, sink(), clock());
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  settings.zoom.client_secret = Secret("new");
  cache.use(settings);
  EXPECT_EQ(run(cache.get(soon()))->text, "t1");
  settings.zoom.account_id = "another";
  cache.use(settings);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
  EXPECT_NE(last_request.find("account_id=another"), std::string::npos) << last_request;
  settings.zoom.client_id = "other client";
  cache.use(settings);
  EXPECT_EQ(run(cache.get(soon()))->text, "t3");
}

TEST_F(TokenCacheTest, AnAnswerToOldCredentialsSaysNothingAboutTheNew) {
  std::promise<void> asked;
  std::promise<void> changed;
  respond = [&](int number) {
    if (number > 1) return answer(200, token_body("t" + std::to_string(number)));
    asked.set_value();
    changed.get_future().wait();
    return answer(400, R"({"error":"invalid_client"})");
  };
  TokenCache cache(settings, tls, sink(), clock());
  auto old = std::async(std::launch::async, [&] { return failure_of(cache).cause(); });
  asked.get_future().wait();
  settings.zoom.client_secret = Secret("new");
  cache.use(settings);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2") << "nobody waits for the old answer";
  changed.set_value();
  EXPECT_EQ(old.get(), Cause::connection_setup);
  EXPECT_EQ(run(cache.get(soon()))->text, "t2") << "nor is the token lost, or the refusal kept";
}

TEST_F(TokenCacheTest, OtherFailuresAreNotRemembered) {
  const std::string good = answer(200, token_body("good"));
  const std::vector<std::string> bad = {
      answer(500, "{}"),
      answer(429, "{}"),
      answer(404, "<html>canary</html>"),
      answer(307, "", "Location: https://evil.example/token\r\n"),
      answer(200, "canary"),
      answer(200, R"({"token_type":"bearer","expires_in":3600,"x":"canary"})"),
      answer(200, R"({"access_token":12345,"expires_in":3600})"),
      answer(200, R"({"access_token":"","expires_in":3600})"),
      answer(200, R"({"access_token":"a\r\nX-Canary: canary","expires_in":3600})"),
      answer(200, R"(["access_token"])"),
      answer(200, token_body(std::string(70'000, 'a'))),
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "garbage\r\n\r\n",
  };
  for (const std::string& response : bad) {
    requests = 0;
    events.clear();
    respond = [&](int number) { return number == 1 ? response : good; };
    TokenCache cache(settings, tls, sink());
    const Failure failure = failure_of(cache);
    EXPECT_EQ(std::string(failure.what()).find("canary"), std::string::npos) << failure.what();
    EXPECT_TRUE(std::string(failure.what()).starts_with("no access token: ")) << failure.what();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].result, TokenEvent::Result::failed);
    EXPECT_EQ(events[0].advice, failure.what());
    EXPECT_EQ(run(cache.get(soon()))->text, "good");
  }
}

TEST_F(TokenCacheTest, ATokenWithoutALifeIsUsedOnce) {
  for (const char* life : {"0", "-1", "-1e300"}) {
    requests = 0;
    respond = [&](int number) {
      return answer(200, token_body("t" + std::to_string(number), life));
    };
    TokenCache cache(settings, tls, sink());
    EXPECT_EQ(run(cache.get(soon()))->text, "t1");
    EXPECT_EQ(run(cache.get(soon()))->text, "t2");
    EXPECT_EQ(requests, 2);
  }
}

TEST_F(TokenCacheTest, OddLifetimesAreBounded) {
  const auto lifetime = [](const std::string& expires_in) {
    return read_token_answer(200, token_body("t", expires_in)).lifetime;
  };
  EXPECT_EQ(lifetime("1e300"), Seconds(24 * 3600));
  EXPECT_EQ(lifetime("99999999999999999999"), Seconds(24 * 3600));
  EXPECT_EQ(lifetime("7.5"), Seconds(7.5));
  EXPECT_EQ(lifetime("\"60\""), Seconds(3600));
  EXPECT_EQ(lifetime("null"), Seconds(3600));
  EXPECT_EQ(read_token_answer(200, R"({"access_token":"t"})").lifetime, Seconds(3600));
}

TEST_F(TokenCacheTest, ScopesAreKeptWhenZoomTellsThemAndLookLikeScopes) {
  using Scopes = std::optional<std::vector<std::string>>;
  const auto scopes = [](const std::string& member) {
    return read_token_answer(200, R"({"access_token":"t")" + member + "}").scopes;
  };
  EXPECT_EQ(scopes(R"(,"scope":"user:read:admin a:b  c:d ")"),
            (Scopes{{"user:read:admin", "a:b", "c:d"}}));
  EXPECT_EQ(scopes(R"(,"scope":"user:read:admin")"), Scopes{{"user:read:admin"}});
  EXPECT_EQ(scopes(R"(,"scope":"ada@corp.example a:b a:b:\n x")"), Scopes{{"a:b"}});
  EXPECT_EQ(scopes(R"(,"scope":"")"), Scopes{std::vector<std::string>{}});
  EXPECT_EQ(scopes(""), Scopes{});
  EXPECT_EQ(scopes(R"(,"scope":["a:b"])"), Scopes{});
  EXPECT_EQ(scopes(R"(,"scope":null)"), Scopes{});

  TokenCache cache(settings, tls, sink());
  EXPECT_EQ(run(cache.get(soon()))->scopes, Scopes{{"user:read:admin"}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].scopes, Scopes{{"user:read:admin"}});
}

TEST_F(TokenCacheTest, AnImpatientCallerDoesNotDisturbTheOthers) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  respond = [released](int) {
    released.wait();
    return answer(200, token_body("late"));
  };
  TokenCache cache(settings, tls, sink());
  std::optional<Cause> impatient;
  std::string patient;
  asio::io_context io{1};
  const auto hurry = [&]() -> Task<> {
    try {
      co_await cache.get(Clock::now());
    } catch (const Failure& failure) {
      impatient = failure.cause();
    }
    release.set_value();
  };
  const auto wait = [&]() -> Task<> {
    const Token token = co_await cache.get(soon());
    patient = token->text;
  };
  asio::co_spawn(io, hurry(), asio::detached);
  asio::co_spawn(io, wait(), asio::detached);
  io.run();
  EXPECT_EQ(impatient, Cause::network_egress_blocked);
  EXPECT_EQ(patient, "late");
  EXPECT_EQ(requests, 1);
}

TEST_F(TokenCacheTest, AWorkerThatGoesAwayTakesNobodyWithIt) {
  std::promise<void> release = hold(1);
  TokenCache cache(settings, tls, sink());
  {
    asio::io_context io{1};
    const auto wait = [&]() -> Task<> { co_await cache.get(soon()); };
    asio::co_spawn(io, wait(), asio::detached);
    while (requests == 0) io.run_for(std::chrono::milliseconds(1));
  }
  release.set_value();
  EXPECT_EQ(run(cache.get(soon()))->text, "t2");
}

TEST_F(TokenCacheTest, AnEndpointThatStaysSilentIsGivenUp) {
  settings.timeouts.response_head = Seconds(0.1);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  respond = [released](int) {
    released.wait();
    return std::string();
  };
  TokenCache cache(settings, tls, sink());
  EXPECT_EQ(failure_of(cache).cause(), Cause::network_egress_blocked);
  release.set_value();
}

TEST_F(TokenCacheTest, RefusesATokenUrlThatIsNotHttps) {
  settings.zoom.token_url = "http://zoom.us/oauth/token";
  EXPECT_THROW(TokenCache(settings, tls, sink()), ConfigError);
}

TEST(FormEncoding, EscapesAllButPlainCharacters) {
  EXPECT_EQ(form_encoded("aZ09-._"), "aZ09-._");
  EXPECT_EQ(form_encoded("a b&c=d+\xc3\xbc~"), "a%20b%26c%3Dd%2B%C3%BC%7E");
}

}  // namespace
}  // namespace zoom_proxy
