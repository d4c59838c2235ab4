#include "server/cli/online_check.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <optional>

#include "rules/zoom_api.hpp"
#include "server/connection_pool.hpp"
#include "server/exchange.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

namespace {

/// What the calls below need; outlives them.
struct Link {
  const Settings& settings;
  std::shared_ptr<asio::ssl::context> tls;
  TokenCache tokens;
  ConnectionPool pool;
};

/// Reads a whole body only to know that it is whole; nothing of it is shown.
Task<> drain(Exchange& exchange) {
  std::array<char, 4096> buffer{};
  while (co_await exchange.read_body(buffer) != 0) {
  }
}

Task<bool> fetch_token(Link& link, Clock::time_point deadline) {
  try {
    (void)co_await link.tokens.get(deadline);
  } catch (const Failure& failure) {
    // The message of a failed token request already names the setting to look at.
    std::cerr << "zoom: asking for a token: " << failure.what() << '\n';
    co_return false;
  }
  std::cout << "zoom: got an access token\n";
  co_return true;
}

Task<bool> fetch_page(Link& link, Clock::time_point deadline) {
  UpstreamRequest request;
  request.method = "GET";
  request.target = "/v2/users?page_size=1";
  request.deadline = deadline;
  try {
    Exchange exchange(link.pool, link.tokens, link.settings);
    const ResponseHead head = co_await exchange.start(request);
    if (head.status < 300) {
      co_await drain(exchange);
      std::cout << "zoom: got one page of /v2/users (status " << head.status << ")\n";
      co_return true;
    }
    const ZoomError error = co_await exchange.read_error();
    std::cerr << "zoom: /v2/users: status " << head.status << ": "
              << zoom_error_body(head.status, error.code, error.message)
              << "; check the app's scopes and that it is activated\n";
  } catch (const Failure& failure) {
    std::cerr << "zoom: /v2/users: " << failure.what() << "; " << describe(failure.cause()).advice
              << '\n';
  }
  co_return false;
}

Task<bool> fetch(Link& link) {
  const Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(link.settings.timeouts.total);
  if (!co_await fetch_token(link, deadline)) co_return false;
  co_return co_await fetch_page(link, deadline);
}

}  // namespace

bool check_zoom(const Settings& settings, bool online) {
  const std::shared_ptr<asio::ssl::context> tls =
      make_client_tls(settings.zoom.ca_file, settings.zoom.tls_version);
  const HttpsUrl api = parse_https_url("zoom.api_url", settings.zoom.api_url);
  const ConnectionPool::Options options{.origin = api.origin,
                                        .connect_timeout = settings.timeouts.connect};
  asio::io_context io{1};  // outlives the pool, whose connections belong to it
  Link link{.settings = settings,
            .tls = tls,
            .tokens = TokenCache(settings, tls, [](const TokenEvent&) {}),
            .pool = ConnectionPool(options, tls)};
  if (!online) {
    std::cout << "zoom: not asked; --online fetches a token and one page of users\n";
    return true;
  }
  std::exception_ptr thrown;
  bool good = false;
  asio::co_spawn(io, fetch(link), [&](const std::exception_ptr& error, bool result) {
    thrown = error;
    good = result;
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return good;
}

}  // namespace zoom_proxy
