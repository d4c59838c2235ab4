#pragma once
// For tests: a Zoom that says what a test tells it, and one worker that calls it through Exchange.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/connection_pool.hpp"
#include "server/exchange.hpp"
#include "server/failure.hpp"
#include "server/token_cache.hpp"
#include "tests/server/tls_server.hpp"

namespace zoom_proxy::testing {

/// What a client of Exchange learns.
struct Outcome {
  std::optional<Cause> failed;
  std::string failure;
  ResponseHead head;
  std::string body;
  ZoomError error;
};

/// A Zoom that answers each API request with `respond(request, number of the request)` and hands
/// out the tokens t1, t2, …
class ExchangeTest : public ::testing::Test {
 protected:
  enum class After { keep, close, cut, stall };

  ExchangeTest() {
    settings.zoom.token_url = token.url("/oauth/token");
    settings.zoom.user_agent = "test-agent";
  }

  void serve_api(Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      std::string response;
      {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
        response = respond(request, static_cast<int>(requests.size()));
      }
      if (response == "RESET") return peer.reset();
      if (!peer.write(response)) return;
      if (after == After::close) return peer.close();
      if (after == After::cut) return peer.cut();
      if (after == After::stall) return peer.wait_until_closed();
    }
  }
  void serve_token(Peer& peer) {
    if (peer.read_request().empty()) return;
    const std::string text = "t" + std::to_string(++tokens_given);
    peer.write(answer(200, R"({"access_token":")" + text + R"(","expires_in":3600})"));
    peer.wait_until_closed();
  }

  /// Everything of one worker. Kept through several calls, so that connections are reused.
  struct Worker {
    Worker(ExchangeTest& test, std::size_t connections)
        : tls(make_client_tls(test.ca.file(), TlsVersion::v1_3)),
          tokens(test.settings, tls, nullptr),
          pool({.origin = test.api.origin(), .max_connections = connections}, tls),
          settings(test.settings) {}

    Task<> call_into(UpstreamRequest request, Outcome& outcome) {
      Exchange exchange(pool, tokens, settings);
      try {
        outcome.head = co_await exchange.start(request);
        if (outcome.head.status / 100 != 2) {
          outcome.error = co_await exchange.read_error();
          co_return;
        }
        std::array<char, 1000> piece{};
        for (;;) {
          const std::size_t count = co_await exchange.read_body(piece);
          if (count == 0) break;
          outcome.body.append(piece.data(), count);
        }
      } catch (const Failure& failure) {
        outcome.failed = failure.cause();
        outcome.failure = failure.what();
      }
    }

    Outcome call(const std::string& method = "GET", const std::string& body = "",
                 const Fields& fields = {}) {
      Outcome outcome;
      UpstreamRequest request{method, "/v2/users?a=%2F", fields, body,
                              Clock::now() + std::chrono::seconds(20)};
      asio::co_spawn(io, call_into(std::move(request), outcome), [](const std::exception_ptr& e) {
        if (e) std::rethrow_exception(e);
      });
      io.restart();
      io.run();
      EXPECT_EQ(outcome.failure.find("canary"), std::string::npos) << outcome.failure;
      return outcome;
    }

    asio::io_context io{1};
    std::shared_ptr<asio::ssl::context> tls;
    TokenCache tokens;
    ConnectionPool pool;
    const Settings& settings;
  };

  /// One call against one fixed answer.
  Outcome call_against(const std::string& response, After then = After::keep) {
    {
      const std::lock_guard lock(mutex);
      respond = [response](const std::string&, int) { return response; };
    }
    after = then;
    Worker worker(*this, 1);
    const Outcome outcome = worker.call();
    EXPECT_EQ(worker.pool.in_use(), 0U);
    idle_after = worker.pool.idle();
    return outcome;
  }

  std::function<std::string(const std::string&, int)> respond = [](const std::string&, int) {
    return answer(200, "{}");
  };
  std::atomic<After> after{After::keep};
  std::mutex mutex;
  std::vector<std::string> requests;
  std::atomic<int> tokens_given{0};
  std::size_t idle_after = 0;
  TestCa ca;
  Settings settings;
  TlsServer api{ca, [this](Peer& peer) { serve_api(peer); }};
  TlsServer token{ca, [this](Peer& peer) { serve_token(peer); }};
};

}  // namespace zoom_proxy::testing
