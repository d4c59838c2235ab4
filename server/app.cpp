#include "server/app.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>

#include "rules/zoom_scopes.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/session.hpp"
#include "server/version.hpp"
#include "server/zoom_probe.hpp"

namespace zoom_proxy {
namespace {

constexpr int kArenas = 2;

/// A bucket's mount takes a tenth of a second for a file: enough for some forty a second.
constexpr std::size_t kFileThreads = 4;

/// One thread with its own event loop, connections to Zoom and client connections.
struct Worker {
  Worker(const std::shared_ptr<const Snapshot>& snapshot, const ConnectionPool::Options& options,
         const std::shared_ptr<asio::ssl::context>& tls, TokenCache& tokens, Drift& drift,
         const std::string& base_path, RateLimiter& limiter, const asio::any_io_executor& files,
         const Lifecycle& lifecycle)
      : pool(options, tls),
        sessions({snapshot, pool, tokens, drift, base_path, &limiter, files}, lifecycle) {}

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  ConnectionPool pool;
  Sessions sessions;
  std::thread thread;
};

void log_new_token(const TokenEvent& event, const Engine& engine) {
  boost::json::object fields;
  fields["lifetimeSeconds"] = static_cast<std::int64_t>(event.lifetime.count());
  std::vector<std::string> missing;
  if (event.scopes) missing = missing_scopes(engine.scopes(), *event.scopes);
  if (missing.empty()) {
    log_event(LogLevel::info, "token_refresh", "Zoom gave a new access token", std::move(fields));
    return;
  }
  fields["missingScopes"] = boost::json::array(missing.begin(), missing.end());
  log_event(LogLevel::warning, "token_refresh",
            "Zoom gave a new access token without scopes that the rules' endpoints need: " +
                std::string(kScopesAdvice),
            std::move(fields));
}

void log_token_event(const TokenEvent& event, const Engine& engine) {
  if (event.result == TokenEvent::Result::refreshed) {
    log_new_token(event, engine);
    return;
  }
  boost::json::object fields;
  const bool refused = event.result == TokenEvent::Result::refused;
  fields["result"] = refused ? "refused" : "failed";
  log_event(refused ? LogLevel::error : LogLevel::warning, "token_refresh", event.advice,
            std::move(fields));
}

class Server {
 public:
  explicit Server(const std::shared_ptr<const Snapshot>& snapshot);
  void run();

 private:
  const Settings& settings() const { return *snapshot_->settings; }
  void make_workers();
  std::vector<Listener::Seat> seats();
  void connection_ended();
  void log_startup() const;
  Task<> wait_for_signal_and_drain();
  Task<> drain();
  void stop();

  std::shared_ptr<const Snapshot> snapshot_;
  Lifecycle lifecycle_;
  asio::io_context control_{1};  ///< signals and shutdown, on the main thread
  asio::steady_timer control_timer_{control_};
  std::shared_ptr<asio::ssl::context> tls_;
  TokenCache tokens_;
  RateLimiter limiter_;  ///< its lines live on control_
  Drift drift_;
  asio::thread_pool files_{kFileThreads};         ///< for work that may block
  std::vector<std::unique_ptr<Worker>> workers_;  ///< the first one accepts
  std::unique_ptr<Listener> listener_;
};

Server::Server(const std::shared_ptr<const Snapshot>& snapshot)
    : snapshot_(snapshot),
      tls_(make_client_tls(settings().zoom.ca_file, settings().zoom.tls_version)),
      tokens_(settings(), tls_,
              [engine = snapshot->engine](const TokenEvent& event) {
                log_token_event(event, *engine);
              }),
      limiter_(control_.get_executor(), settings().zoom.rate_limit) {
  make_workers();
  listener_ = std::make_unique<Listener>(workers_.front()->io.get_executor(), settings().listen,
                                         settings().limits.client_connections_count);
}

/// As many as there are processors, but none without a connection to Zoom of its own.
void Server::make_workers() {
  const std::size_t connections = std::max<std::size_t>(settings().zoom.max_connections, 1);
  const std::size_t count =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, connections);
  ConnectionPool::Options options;
  const HttpsUrl api = parse_https_url("zoom.api_url", settings().zoom.api_url);
  options.origin = api.origin;
  options.connect_timeout = settings().timeouts.connect;
  for (std::size_t i = 0; i < count; ++i) {
    options.max_connections = connections / count + (i < connections % count ? 1 : 0);
    workers_.push_back(std::make_unique<Worker>(snapshot_, options, tls_, tokens_, drift_, api.path,
                                                limiter_, files_.get_executor(), lifecycle_));
  }
}

std::vector<Listener::Seat> Server::seats() {
  std::vector<Listener::Seat> seats;
  for (const auto& worker : workers_) {
    Worker* const w = worker.get();
    const auto serve = [this, w](tcp::socket socket) {
      asio::co_spawn(w->io, w->sessions.serve(make_plain_stream(std::move(socket))),
                     [this](const std::exception_ptr&) { connection_ended(); });
    };
    seats.push_back({w->io.get_executor(), serve});
  }
  return seats;
}

void Server::connection_ended() {
  listener_->connection_ended();
  if (lifecycle_.draining.load()) {
    asio::post(control_, [this] {
      if (listener_->open_connections() == 0) control_timer_.cancel();
    });
  }
}

void Server::log_startup() const {
  const Engine& engine = *snapshot_->engine;
  boost::json::object rules;
  rules["rules"] = engine.rules_name();
  rules["rulesSha"] = engine.rules_sha();
  rules["endpoints"] = engine.rules().endpoints.size();
  boost::json::object fields = rules;
  fields["version"] = kVersion;
  if (!kCommit.empty()) fields["commit"] = kCommit;
  fields["inboundAuth"] = "platform";
  fields["address"] = settings().listen.address;
  fields["port"] = listener_->port();
  fields["workers"] = workers_.size();
  log_event(LogLevel::info, "settings_loaded", "settings loaded");
  for (const std::string& warning : warnings(settings())) {
    log_event(LogLevel::warning, "settings_warning", warning);
  }
  log_event(LogLevel::info, "rules_loaded", "rules compiled", std::move(rules));
  log_event(LogLevel::info, "startup",
            "listening; mode `platform`: the platform in front must authenticate callers",
            std::move(fields));
}

Task<> Server::wait_for_signal_and_drain() {
  asio::signal_set signals(control_, SIGTERM, SIGINT);
  lifecycle_.ready = true;
  log_startup();
  co_await signals.async_wait(asio::use_awaitable);
  signals.async_wait([](const boost::system::error_code& error, int /*signal*/) {
    if (!error) std::_Exit(1);  // asked twice
  });
  lifecycle_.ready = false;
  log_event(LogLevel::info, "shutdown", "shutting down: no new requests are wanted");
  co_await drain();
  control_.stop();  // requests may still wait in the limiter's lines
}

/// First the delay, in which the balancer learns that we are not ready; then no new connections,
/// and the grace for what is in flight.
Task<> Server::drain() {
  boost::system::error_code ignored;
  control_timer_.expires_after(
      std::chrono::duration_cast<Clock::duration>(settings().shutdown.delay));
  co_await control_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  // The timer is set before anybody can cancel it: connection_ended() does once draining is true.
  control_timer_.expires_after(
      std::chrono::duration_cast<Clock::duration>(settings().shutdown.grace));
  lifecycle_.draining = true;
  asio::post(workers_.front()->io, [this] { listener_->close(); });
  for (const auto& worker : workers_) {
    asio::post(worker->io, [w = worker.get()] { w->sessions.close_idle(); });
  }
  if (listener_->open_connections() == 0) co_return;
  co_await control_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Server::stop() {
  const std::size_t left = listener_->open_connections();
  boost::json::object fields;
  fields["abortedConnections"] = left;
  log_event(LogLevel::info, "shutdown", "stopped", std::move(fields));
  for (const auto& worker : workers_) worker->work.reset();
  for (const auto& worker : workers_) worker->io.stop();
  for (const auto& worker : workers_) worker->thread.join();
  if (left > 0) {
    // Their coroutines still use everything here: the end of the process closes their sockets.
    stop_log();
    std::_Exit(0);
  }
  files_.join();  // the last temporary files are removed
}

void Server::run() {
  const auto ignore = [](const std::exception_ptr&) {};
  asio::co_spawn(workers_.front()->io, listener_->run(seats()), ignore);
  asio::co_spawn(control_, wait_for_signal_and_drain(), ignore);
  for (const auto& worker : workers_) {
    worker->thread = std::thread([w = worker.get()] { w->io.run(); });
  }
  control_.run();
  stop();
}

}  // namespace

void prepare_process() noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);  // the sanitizers' leak check has to attach
#endif
  mallopt(M_ARENA_MAX, kArenas);
}

void run_server(const std::shared_ptr<const Snapshot>& snapshot) {
  Server server(snapshot);
  start_log(snapshot->settings->log.format, snapshot->settings->log.level);
  server.run();
  stop_log();
}

}  // namespace zoom_proxy
