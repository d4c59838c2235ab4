#include "server/doctor/examination.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "server/doctor/access_steps.hpp"
#include "server/doctor/endpoint_steps.hpp"
#include "server/doctor/way_steps.hpp"

namespace zoom_proxy {
namespace {

/// What the steps need; all of it outlives them.
struct Means {
  const Snapshot& snapshot;
  const HttpsUrl& api;
  const HttpsUrl& token;
  asio::ssl::context& tls;
  ConnectionPool& pool;
  TokenCache& tokens;
  const Report& report;
};

Task<> examine(Means s) {
  const Settings& settings = *s.snapshot.settings;
  const Seconds timeout = settings.timeouts.connect;
  const bool api_open = co_await check_way("zoom.api_url", s.api.origin, s.tls, timeout, s.report);
  const bool token_open =
      co_await check_way("zoom.token_url", s.token.origin, s.tls, timeout, s.report);
  if (api_open) {
    co_await check_clock(s.api, s.tls, settings, s.report);
  } else {
    s.report({"clock", Verdict::skipped, "there is no way to Zoom's"});
  }
  std::shared_ptr<const AccessToken> token;
  if (token_open) {
    const auto deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(settings.timeouts.total);
    token = co_await check_credentials(s.tokens, deadline, s.report);
  } else {
    s.report({"credentials", Verdict::skipped, "there is no way to zoom.token_url"});
  }
  if (!token) {
    for (const char* step : {"scopes", "endpoints", "plan"})
      s.report({step, Verdict::skipped, "there is no access token"});
    co_return;
  }
  const std::vector<std::string> missing = check_scopes(*s.snapshot.engine, *token, s.report);
  if (!api_open) {
    for (const char* step : {"endpoints", "plan"})
      s.report({step, Verdict::skipped, "there is no way to zoom.api_url"});
    co_return;
  }
  const ZoomAccess access{s.snapshot, s.pool, s.tokens, s.api.path};
  co_await check_endpoints(access, missing, s.report);
}

}  // namespace

void examine_zoom(const Snapshot& snapshot, const Report& report) {
  const Settings& settings = *snapshot.settings;
  const std::shared_ptr<asio::ssl::context> tls =
      make_client_tls(settings.zoom.ca_file, settings.zoom.tls_version);
  const HttpsUrl api = parse_https_url("zoom.api_url", settings.zoom.api_url);
  const HttpsUrl token = parse_https_url("zoom.token_url", settings.zoom.token_url);
  const ConnectionPool::Options options{.origin = api.origin,
                                        .connect_timeout = settings.timeouts.connect};
  asio::io_context io{1};  // outlives the pool, whose connections belong to it
  TokenCache tokens(settings, tls, [](const TokenEvent&) {});
  ConnectionPool pool(options, tls);
  std::exception_ptr thrown;
  asio::co_spawn(io, examine({snapshot, api, token, *tls, pool, tokens, report}),
                 [&thrown](const std::exception_ptr& error) { thrown = error; });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace zoom_proxy
