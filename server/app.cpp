#include "server/app.hpp"

#include <malloc.h>

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

#include "config/setting_list.hpp"
#include "config/value.hpp"
#include "server/admin_port.hpp"
#include "server/credential_events.hpp"
#include "server/done_within.hpp"
#include "server/event_handler.hpp"
#include "server/listener.hpp"
#include "server/listener_tls.hpp"
#include "server/log.hpp"
#include "server/memory_images.hpp"
#include "server/session.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {

constexpr int kArenas = 2;

/// A bucket's mount takes a tenth of a second for a file: enough for some forty a second.
constexpr std::size_t kFileThreads = 4;

/// Objects of storage events that are sanitized at a time, each on one processor; others wait.
constexpr std::size_t kBulkThreads = 2;

/// Probes, Prometheus, and some people who look at the status page.
constexpr std::size_t kAdminConnections = 32;

/// At the end, a connection without a request so far gets so long to send its first.
constexpr std::chrono::seconds kFirstRequest{1};

/// One thread with its own event loop, connections to Zoom and client connections.
struct Worker {
  Worker(const std::shared_ptr<const Snapshot>& snapshot, const ConnectionPool::Options& options,
         const std::shared_ptr<asio::ssl::context>& tls, TokenCache& tokens, Drift& drift,
         Metrics& metrics, const std::string& base_path, RateLimiter& limiter,
         const asio::any_io_executor& files, const asio::any_io_executor& bulk, InboundAuth& auth,
         const Lifecycle& lifecycle)
      : pool(options, tls),
        sessions({snapshot, pool, tokens, drift, metrics, base_path, &limiter, files, bulk}, auth,
                 lifecycle) {}

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  ConnectionPool pool;
  Sessions sessions;
  std::thread thread;
};

/// How often the files of the listener's certificate are read.
constexpr std::chrono::seconds kCertificateCheck{2};

/// At the end, what is under way with files gets so long.
constexpr std::chrono::seconds kLastFiles{1};

/// While it is held it waits, instead of ending the process. For this thread and those that it
/// starts.
void hold_sighup(int how) noexcept {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  pthread_sigmask(how, &hangup, nullptr);
}

/// Null without `listen.tls`.
std::unique_ptr<ListenerTls> make_listener_tls(const Settings& settings) {
  if (settings.listen.tls.certificate.empty()) return nullptr;
  return std::make_unique<ListenerTls>(settings);
}

class Server {
 public:
  explicit Server(SnapshotSource source);
  void run();
  /// Those of the start, for any thread: what is read anew is in a snapshot.
  const Settings& settings() const { return start_; }

 private:
  Reloader::Sinks reload_sinks();
  void adopt(const std::shared_ptr<const Snapshot>& snapshot);
  void expect_requests();
  void reload_on_sighup();
  void make_workers();
  void make_admin_port();
  std::vector<Listener::Seat> seats();
  /// Null when TLS does not come about.
  [[nodiscard]] Task<std::unique_ptr<Stream>> open(tcp::socket socket);
  Listener::Seat admin_seat();
  void connection_ended();
  void log_startup() const;
  [[nodiscard]] Task<> watch_certificate();
  Task<> wait_for_signal_and_drain();
  Task<> drain();
  void close_idle(bool new_ones);
  void stop();

  std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  Lifecycle lifecycle_;
  Metrics metrics_;
  asio::io_context control_{1};  ///< signals, shutdown and the admin port, on the main thread
  asio::steady_timer control_timer_{control_};
  asio::signal_set hangup_{control_, SIGHUP};
  asio::thread_pool files_{kFileThreads};  ///< for answers in files, which may block
  asio::thread_pool loading_{1};           ///< for settings, rules and certificates: they may, too
  Reloader reloader_;
  std::shared_ptr<const Snapshot> snapshot_;  ///< of the moment; for the main thread
  const Settings start_ = without_secrets(*snapshot_->settings);
  std::shared_ptr<asio::ssl::context> tls_;
  TokenCache tokens_;
  RateLimiter limiter_;  ///< its lines live on control_
  Drift drift_;
  std::unique_ptr<ListenerTls> listener_tls_;  ///< null: plain HTTP
  InboundAuth auth_;
  std::vector<std::unique_ptr<Worker>> workers_;  ///< the first one accepts
  asio::thread_pool bulk_{kBulkThreads};  ///< ends before the workers, who are told of its ends
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<WorkerWatch> watch_;
  std::unique_ptr<AdminPort> admin_;
  std::unique_ptr<Listener> admin_listener_;
};

Server::Server(SnapshotSource source)
    : reloader_(control_.get_executor(), loading_.get_executor(), std::move(source),
                reload_sinks()),
      snapshot_(reloader_.load_first()),
      tls_(make_client_tls(settings().zoom.ca_file, settings().zoom.tls_version)),
      tokens_(*snapshot_->settings, tls_,
              [this](const TokenEvent& event) {
                metrics_.count_token_refresh(name_of(event.result));
                // To where snapshot_ lives.
                asio::post(control_, [this, event] { log_token_event(event, *snapshot_->engine); });
              }),
      limiter_(control_.get_executor(), settings().zoom.rate_limit),
      listener_tls_(make_listener_tls(settings())),
      auth_(settings(), log_key_event, listener_tls_.get()) {
  expect_requests();
  make_workers();
  const Listener::Place place{"listen", settings().listen.address, settings().listen.port};
  listener_ = std::make_unique<Listener>(workers_.front()->io.get_executor(), place,
                                         settings().limits.client_connections_count);
  make_admin_port();
}

Reloader::Sinks Server::reload_sinks() {
  return {.adopt = [this](const auto& snapshot) { adopt(snapshot); },
          .ended =
              [this](std::string_view what, bool ok, const std::string& message) {
                metrics_.count_reload(what, ok);
                for (const std::string_view part : {"settings", "rules"}) {
                  if (ok ? part == what : part != what) lifecycle_.degraded.clear(part);
                }
                if (!ok) lifecycle_.degraded.set(what, message);
              }};
}

void Server::adopt(const std::shared_ptr<const Snapshot>& snapshot) {
  snapshot_ = snapshot;
  expect_requests();
  tokens_.use(*snapshot->settings);
  for (const auto& worker : workers_) {
    asio::post(worker->io, [w = worker.get(), snapshot] { w->sessions.use(snapshot); });
  }
}

/// By the rules in force, so that metrics have their series before the first of them fails.
void Server::expect_requests() {
  metrics_.set_rules(*snapshot_->engine);
  for (const BulkSet& set : snapshot_->bulk) metrics_.expect_requests(set.route, "POST");
  if (!settings().bulk.input_directory.empty()) metrics_.expect_requests(kStorageEvents, "POST");
}

void Server::reload_on_sighup() {
  hangup_.async_wait([this](const boost::system::error_code& error, int /*signal*/) {
    if (error) return;
    reloader_.reload();
    reload_on_sighup();
  });
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
    workers_.push_back(std::make_unique<Worker>(snapshot_, options, tls_, tokens_, drift_, metrics_,
                                                api.path, limiter_, files_.get_executor(),
                                                bulk_.get_executor(), auth_, lifecycle_));
  }
}

void Server::make_admin_port() {
  std::vector<WorkerWatch::Worker> workers;
  for (const auto& worker : workers_) {
    workers.push_back(
        {worker->io.get_executor(), [&pool = worker->pool] {
           return WorkerWatch::Connections{pool.in_use(), pool.idle(), pool.waiting()};
         }});
  }
  watch_ = std::make_unique<WorkerWatch>(std::move(workers));
  StatusSources sources{
      [this] { return snapshot_; }, lifecycle_, tokens_, started_, workers_.size(),
      listener_tls_.get()};
  admin_ = std::make_unique<AdminPort>(std::move(sources), metrics_, *watch_);
  const Listener::Place place{"admin", settings().admin.address, settings().admin.port};
  admin_listener_ = std::make_unique<Listener>(control_.get_executor(), place, kAdminConnections);
}

Listener::Seat Server::admin_seat() {
  const auto serve = [this](tcp::socket socket) {
    asio::co_spawn(control_, admin_->serve(make_plain_stream(std::move(socket))),
                   [this](const std::exception_ptr&) { admin_listener_->connection_ended(); });
  };
  return {control_.get_executor(), serve};
}

std::vector<Listener::Seat> Server::seats() {
  std::vector<Listener::Seat> seats;
  for (const auto& worker : workers_) {
    Worker* const w = worker.get();
    const auto serve = [this, w](tcp::socket socket) {
      asio::co_spawn(w->io, w->sessions.serve(open(std::move(socket))),
                     [this](const std::exception_ptr&) { connection_ended(); });
    };
    seats.push_back({w->io.get_executor(), serve});
  }
  return seats;
}

Task<std::unique_ptr<Stream>> Server::open(tcp::socket socket) {
  if (!listener_tls_) co_return make_plain_stream(std::move(socket));
  const auto tls = listener_tls_->context();
  try {
    co_return co_await accept_tls(std::move(socket), *tls, settings().timeouts.client_head);
  } catch (const boost::system::system_error& error) {
    log_event(LogLevel::debug, "handshake_failed", error.code().message());
    co_return nullptr;
  }
}

/// Reads the certificate's files anew every few seconds. Kubernetes swaps them under a symbolic
/// link, so only their content tells.
Task<> Server::watch_certificate() {
  asio::steady_timer timer(control_);
  std::string told;  // so that a file that is missing is told once, not every time
  for (;;) {
    timer.expires_after(kCertificateCheck);
    co_await timer.async_wait(asio::use_awaitable);
    boost::json::object fields;
    fields["what"] = "certificate";
    try {
      const bool changed = co_await asio::co_spawn(
          loading_, [](ListenerTls& tls) -> Task<bool> { co_return tls.reload(); }(*listener_tls_),
          asio::use_awaitable);
      told.clear();
      if (!changed) continue;
      metrics_.count_reload("certificate", true);
      lifecycle_.degraded.clear("certificate");
      fields["expires"] = listener_tls_->expiry();
      log_event(LogLevel::info, "certificate_loaded",
                "the listener's certificate or the CAs of clients have changed", std::move(fields));
    } catch (const ConfigError& error) {
      if (told == error.what()) continue;
      told = error.what();
      const std::string message = told + "; the old certificate stays";
      metrics_.count_reload("certificate", false);
      lifecycle_.degraded.set("certificate", message);
      log_event(LogLevel::error, "reload_failed", message, std::move(fields));
    }
  }
}

void Server::connection_ended() {
  listener_->connection_ended();
  if (lifecycle_.draining.load()) {
    asio::post(control_, [this] {
      if (listener_->open_connections() == 0) control_timer_.cancel();
    });
  }
}

/// What is in force, in one line: names, never values.
void Server::log_startup() const {
  log_loaded(*snapshot_);
  const Engine& engine = *snapshot_->engine;
  boost::json::object secrets;
  for (const auto& [path, source] : reloader_.secret_sources()) secrets[path] = source;
  boost::json::object fields;
  fields["version"] = kVersion;
  if (!kCommit.empty()) fields["commit"] = kCommit;
  const InboundAuthMode mode = settings().inbound_auth.mode;
  fields["rules"] = engine.rules_name();
  fields["rulesSha"] = engine.rules_sha();
  fields["endpoints"] = engine.rules().endpoints.size();
  fields["bulk"] = bulk_fields(*snapshot_);
  fields["reload"] = settings().rules.reload;
  fields["algorithm"] = value_text(settings().pseudonyms.algorithm);
  fields["egressGuard"] = value_text(settings().egress_guard);
  fields["inboundAuth"] = value_text(mode);
  fields["allowedIpBlocks"] = settings().inbound_auth.allowed_ip_blocks.size();
  fields["developmentMode"] = settings().development_mode;
  const Settings::Output& output = settings().output;
  if (!output.async_directory.empty()) fields["asyncDirectory"] = output.async_directory;
  if (!output.side_directory.empty()) fields["sideDirectory"] = output.side_directory;
  const Settings::Bulk& bulk = settings().bulk;
  if (!bulk.input_directory.empty()) {
    fields["bulkInputDirectory"] = bulk.input_directory;
    fields["bulkOutputDirectory"] = bulk.output_directory;
  }
  fields["zoomApi"] = settings().zoom.api_url;
  fields["secretSources"] = std::move(secrets);
  fields["tls"] = listener_tls_ != nullptr;
  if (listener_tls_) fields["certificateExpires"] = listener_tls_->expiry();
  fields["address"] = settings().listen.address;
  fields["port"] = listener_->port();
  fields["adminAddress"] = settings().admin.address;
  fields["adminPort"] = admin_listener_->port();
  fields["workers"] = workers_.size();
  log_event(LogLevel::info, "startup", "listening; " + std::string(in_words(mode)),
            std::move(fields));
}

Task<> Server::wait_for_signal_and_drain() {
  asio::signal_set signals(control_, SIGTERM, SIGINT);
  log_startup();
  co_await signals.async_wait(asio::use_awaitable);
  signals.async_wait([](const boost::system::error_code& error, int /*signal*/) {
    if (!error) std::_Exit(1);  // asked twice
  });
  reloader_.stop();
  lifecycle_.ready = false;
  log_event(LogLevel::info, "shutdown", "shutting down: no new requests are wanted");
  co_await drain();
  control_.stop();  // requests may still wait in the limiter's lines
}

/// First the delay, in which the balancer learns that we are not ready and clients that their
/// connections end; then no new connections, and the grace for what is in flight.
Task<> Server::drain() {
  boost::system::error_code ignored;
  control_timer_.expires_after(
      std::chrono::duration_cast<Clock::duration>(settings().shutdown.delay));
  co_await control_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  // The timer is set before anybody can cancel it: connection_ended() does once draining is true.
  control_timer_.expires_after(
      std::chrono::duration_cast<Clock::duration>(settings().shutdown.grace));
  lifecycle_.draining = true;
  // Waited for: it may take in connections that count.
  co_await asio::co_spawn(
      workers_.front()->io,
      [](Listener& listener) -> Task<> {
        listener.close();
        co_return;
      }(*listener_),
      asio::use_awaitable);
  close_idle(false);
  asio::steady_timer first_request(control_, kFirstRequest);
  first_request.async_wait([this](const boost::system::error_code& error) {
    if (!error) close_idle(true);
  });
  if (listener_->open_connections() == 0) co_return;
  co_await control_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Server::close_idle(bool new_ones) {
  for (const auto& worker : workers_) {
    asio::post(worker->io, [w = worker.get(), new_ones] { w->sessions.close_idle(new_ones); });
  }
}

void Server::stop() {
  const std::size_t left = listener_->open_connections();
  boost::json::object fields;
  fields["abortedConnections"] = left;
  log_event(LogLevel::info, "shutdown", "stopped", std::move(fields));
  for (const auto& worker : workers_) worker->work.reset();
  for (const auto& worker : workers_) worker->io.stop();
  for (const auto& worker : workers_) worker->thread.join();
  done_within(kLastFiles, [this] {
    files_.join();  // the last temporary files are removed
    loading_.join();
  });
  if (left > 0) {
    // Their coroutines still use everything here: the end of the process closes their sockets.
    stop_log();
    std::_Exit(0);
  }
}

void Server::run() {
  const auto ignore = [](const std::exception_ptr&) {};
  asio::co_spawn(workers_.front()->io, listener_->run(seats()), ignore);
  asio::co_spawn(control_, admin_listener_->run({admin_seat()}), ignore);
  if (listener_tls_) asio::co_spawn(control_, watch_certificate(), ignore);
  lifecycle_.ready = true;
  asio::co_spawn(control_, wait_for_signal_and_drain(),
                 [this](const std::exception_ptr&) { control_.stop(); });
  asio::co_spawn(control_, reloader_.watch(), ignore);
  reload_on_sighup();
  hold_sighup(SIG_UNBLOCK);
  for (const auto& worker : workers_) {
    worker->thread = std::thread([w = worker.get()] { w->io.run(); });
  }
  control_.run();
  stop();
}

}  // namespace

void prepare_process() noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  hold_sighup(SIG_BLOCK);
  mallopt(M_ARENA_MAX, kArenas);
}

void run_server(SnapshotSource source) {
  Server server(std::move(source));
  start_log(server.settings().log.format, server.settings().log.level);
  server.run();
  const bool written = stop_log();
  // Without waiting for whatever hangs: a name lookup, a bucket's mount, who should read the log.
  if (!written || !kLeaksAreLookedFor) std::_Exit(0);
}

}  // namespace zoom_proxy
