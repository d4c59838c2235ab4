#pragma once
// The counts that /metrics shows (docs/reference.md), in Prometheus' text format. Labels hold names
// of rules, causes and statuses, never anything of a request: however many different paths and
// methods a client makes up, there are no more series.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/net.hpp"
#include "server/process_stats.hpp"
#include "server/request_record.hpp"

namespace zoom_proxy {

class Engine;

/// What is not counted as it happens but asked for when somebody looks.
struct Readings {
  std::size_t connections_in_use = 0;  ///< to Zoom, of all workers
  std::size_t connections_idle = 0;
  std::size_t connections_waiting = 0;  ///< requests that wait for one
  std::optional<std::chrono::system_clock::time_point> token_expiry;        ///< nothing: no token
  std::optional<std::chrono::system_clock::time_point> certificate_expiry;  ///< of the listener
  std::uint64_t log_events_dropped = 0;
  ProcessStats process;
};

/// One for the process; thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The rules in force: build_info shows their hash, and their routes' series that alerts look at
  /// start at 0.
  void set_rules(const Engine& engine);
  /// The same for a route that is not the rules'. Names only: each makes series.
  void expect_requests(std::string_view route, std::string_view method);

  /// A request from its head to the end of its answer. Must not outlive the metrics.
  class InFlight {
   public:
    explicit InFlight(Metrics& metrics) noexcept;
    ~InFlight();
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    Metrics& metrics_;
  };

  /// One request that has ended. `status`: what the client got, or 499 when it had gone.
  void count_request(std::string_view method, unsigned status, Clock::duration took,
                     const RequestRecord& record);
  /// A bulk text that has ended. `result`: done, already, refused or failed; `addresses`: kept
  /// values that held one.
  void count_bulk(std::string_view route, std::string_view result, std::uint64_t rows,
                  std::uint64_t addresses);
  /// `result`: refreshed, refused or failed.
  void count_token_refresh(std::string_view result);
  /// `what`: rules, secrets, settings or certificate. Names only: each makes a series.
  void count_reload(std::string_view what, bool ok);

  /// Text format 0.0.4.
  [[nodiscard]] std::string text(const Readings& readings) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zoom_proxy
