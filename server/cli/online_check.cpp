#include "server/cli/online_check.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>

#include "server/zoom_probe.hpp"

namespace zoom_proxy {

namespace {

/// Good news on standard output, bad news on standard error.
void print(const ZoomProbe& probe) {
  if (probe.access_token != ZoomProbe::kOk) {
    std::cerr << "zoom: asking for a token: " << probe.access_token << '\n';
    return;
  }
  std::cout << "zoom: got an access token\n";
  if (!probe.scopes_known) {
    std::cout << "zoom: its scopes are not known: Zoom does not tell them\n";
  } else if (probe.missing_scopes.empty()) {
    std::cout << "zoom: it has the scopes that the rules need\n";
  } else {
    std::cerr << "zoom: scopes that the rules need are missing:";
    for (const std::string& scope : probe.missing_scopes) std::cerr << ' ' << scope;
    std::cerr << "; " << kScopesAdvice << '\n';
  }
  if (probe.user_page == ZoomProbe::kOk) {
    std::cout << "zoom: got one page of /v2/users\n";
  } else {
    std::cerr << "zoom: /v2/users: " << probe.user_page << '\n';
  }
}

}  // namespace

bool check_zoom(const Snapshot& snapshot, bool online) {
  const Settings& settings = *snapshot.settings;
  const std::shared_ptr<asio::ssl::context> tls =
      make_client_tls(settings.zoom.ca_file, settings.zoom.tls_version);
  const HttpsUrl api = parse_https_url("zoom.api_url", settings.zoom.api_url);
  const ConnectionPool::Options options{.origin = api.origin,
                                        .connect_timeout = settings.timeouts.connect};
  asio::io_context io{1};  // outlives the pool, whose connections belong to it
  TokenCache tokens(settings, tls, [](const TokenEvent&) {});
  ConnectionPool pool(options, tls);
  if (!online) {
    std::cout << "zoom: not asked; --online fetches a token and one page of users\n";
    return true;
  }
  std::exception_ptr thrown;
  ZoomProbe probe;
  asio::co_spawn(io, probe_zoom({snapshot, pool, tokens, api.path}),
                 [&](const std::exception_ptr& error, ZoomProbe result) {
                   thrown = error;
                   probe = std::move(result);
                 });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  print(probe);
  return probe.good();
}

}  // namespace zoom_proxy
