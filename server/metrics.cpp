#include "server/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "rules/engine.hpp"
#include "server/http_syntax.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::MetricType;

/// Seconds. Refusals and short answers take milliseconds, Zoom's answers some tenths of a second,
/// whole pages seconds; the last ones tell a long body from one at timeouts.total_seconds (180).
const std::vector<double> kBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                   1,     2.5,  5,     10,   30,  60,   180};

/// Built-in rules have ten. More than this over the life of a process come from reloads without
/// end; what comes later is counted as `other`.
constexpr std::size_t kMostRoutes = 1000;

constexpr std::string_view kNoRoute = "none";

// What alerts look for. These series start at 0: Prometheus sees no growth in the first sample of a
// series, and so not the first burst of failures.
constexpr std::array kFailures{500U, 502U, 503U, 504U};
constexpr std::array kFailedCalls{0U, 429U, 500U, 502U, 503U, 504U};  ///< 0: no answer

double seconds(Clock::duration duration) { return Seconds(duration).count(); }

double unix_time(std::chrono::system_clock::time_point when) {
  return Seconds(when.time_since_epoch()).count();
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string code_text(unsigned status) { return status == 0 ? "none" : std::to_string(status); }

Family<Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

/// The families that count; in the order in which /metrics shows them.
struct Families {
  prometheus::Registry registry;

  Family<Counter>& requests =
      counters(registry, "zoom_proxy_requests_total",
               "Requests of clients that have ended, by the rule that matched");
  Family<Histogram>& request_duration =
      histograms(registry, "zoom_proxy_request_duration_seconds",
                 "From the head of a request to the end of its answer");
  Family<Gauge>& in_flight =
      gauges(registry, "zoom_proxy_requests_in_flight", "Requests that are being served");
  Family<Counter>& refused = counters(registry, "zoom_proxy_refused_total",
                                      "Requests that failed, by their cause (X-Psoxy-Error)");
  Family<Counter>& upstream =
      counters(registry, "zoom_proxy_upstream_requests_total",
               "Calls to Zoom, repetitions included; code none: no answer came");
  Family<Histogram>& upstream_duration =
      histograms(registry, "zoom_proxy_upstream_duration_seconds",
                 "From a call to Zoom to the head of its answer");
  Family<Counter>& token_refreshes = counters(registry, "zoom_proxy_token_refreshes_total",
                                              "Times that Zoom was asked for an access token");
  Family<Counter>& sanitizer_bytes =
      counters(registry, "zoom_proxy_sanitizer_bytes_total",
               "Bytes of Zoom's answers into the sanitizer and out of it, uncompressed");
  Family<Counter>& sanitizer_values =
      counters(registry, "zoom_proxy_sanitizer_values_total",
               "Values of Zoom's answers, by what was done to them");
  Family<Counter>& unlisted = counters(registry, "zoom_proxy_unlisted_fields_total",
                                       "Fields of Zoom's answers that the rules do not list");
  Family<Counter>& guard_hits =
      counters(registry, "zoom_proxy_egress_guard_hits_total",
               "Kept texts and names that held an e-mail address (egress_guard)");
  Family<Counter>& bulk_rows = counters(registry, "zoom_proxy_bulk_rows_total",
                                        "Rows and records of bulk texts that were sanitized");
  Family<Counter>& bulk_files =
      counters(registry, "zoom_proxy_bulk_files_total",
               "Bulk texts that have ended: bodies of POST /bulk, objects of storage events");
  Family<Counter>& reloads = counters(registry, "zoom_proxy_reloads_total",
                                      "Files that changed and were read anew while serving");
  Family<Gauge>& build_info =
      gauges(registry, "zoom_proxy_build_info", "Always 1; what runs and by which rules");
};

/// The series of one route, each looked up once.
struct RouteSeries {
  RouteSeries(Families& families, std::string_view route, bool leads_to_zoom)
      : name(route), duration(families.request_duration.Add({{"route", name}}, kBuckets)) {
    if (!leads_to_zoom) return;
    upstream_duration = &families.upstream_duration.Add({{"route", name}}, kBuckets);
    unlisted = &families.unlisted.Add({{"route", name}});
    count_guard_hits(families, 0);
  }
  void count_guard_hits(Families& families, std::uint64_t count) {
    if (guard_hits == nullptr) guard_hits = &families.guard_hits.Add({{"route", name}});
    guard_hits->Increment(static_cast<double>(count));
  }
  Counter& requests_with(Families& families, std::string_view known_method, unsigned status) {
    Counter*& count = requests[{known_method, status}];
    if (count == nullptr) {
      count = &families.requests.Add(
          {{"route", name}, {"method", std::string(known_method)}, {"code", code_text(status)}});
    }
    return *count;
  }
  Counter& calls_with(Families& families, unsigned status) {
    Counter*& count = calls[status];
    if (count == nullptr) {
      count = &families.upstream.Add({{"route", name}, {"code", code_text(status)}});
    }
    return *count;
  }

  std::string name;
  Histogram& duration;
  Histogram* upstream_duration = nullptr;  ///< both: not for requests that do not lead to Zoom
  Counter* unlisted = nullptr;
  Counter* guard_hits = nullptr;  ///< from its first hit on, or from the start where Zoom answers
  std::map<std::pair<std::string_view, unsigned>, Counter*> requests;  ///< by method and status
  std::map<unsigned, Counter*> calls;                                  ///< by status
};

prometheus::MetricFamily reading(const char* name, const char* help, MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

prometheus::MetricFamily gauge(const char* name, const char* help, double value) {
  prometheus::MetricFamily family = reading(name, help, MetricType::Gauge);
  family.metric.emplace_back().gauge.value = value;
  return family;
}

prometheus::MetricFamily counter(const char* name, const char* help, double value) {
  prometheus::MetricFamily family = reading(name, help, MetricType::Counter);
  family.metric.emplace_back().counter.value = value;
  return family;
}

prometheus::MetricFamily connections(const Readings& readings) {
  prometheus::MetricFamily family =
      reading("zoom_proxy_upstream_connections",
              "Connections to Zoom; waiting: requests that wait for one", MetricType::Gauge);
  const auto add = [&](const char* state, std::size_t count) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label.push_back({"state", state});
    metric.gauge.value = static_cast<double>(count);
  };
  add("in_use", readings.connections_in_use);
  add("idle", readings.connections_idle);
  add("waiting", readings.connections_waiting);
  return family;
}

void add_process(const ProcessStats& process, std::vector<prometheus::MetricFamily>& families) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  families.push_back(
      counter("process_cpu_seconds_total", "Processor time, user and system", process.cpu_seconds));
  families.push_back(
      gauge("process_resident_memory_bytes", "Memory in use", number(process.resident_bytes)));
  families.push_back(
      gauge("process_virtual_memory_bytes", "Address space", number(process.virtual_bytes)));
  families.push_back(gauge("process_open_fds", "Open files and sockets", number(process.open_fds)));
  families.push_back(
      gauge("process_max_fds", "Most files and sockets allowed", number(process.max_fds)));
  families.push_back(
      gauge("process_start_time_seconds", "When the process started", process.start_time));
}

}  // namespace

struct Metrics::Impl {
  Impl();
  /// `leads_to_zoom`: a rule's; these are told first by set_rules().
  RouteSeries& route(std::string_view name, bool leads_to_zoom = false);
  void start_failures(RouteSeries& series, std::string_view method);
  void count_calls(RouteSeries& series, const RequestRecord& record);
  void count_values(const RequestRecord& record);

  Families families;
  Gauge& in_flight = families.in_flight.Add({});
  Counter& bytes_in = families.sanitizer_bytes.Add({{"direction", "in"}});
  Counter& bytes_out = families.sanitizer_bytes.Add({{"direction", "out"}});
  Counter& pseudonymized = families.sanitizer_values.Add({{"action", "pseudonymized"}});
  Counter& digested = families.sanitizer_values.Add({{"action", "digested"}});
  Counter& dropped = families.sanitizer_values.Add({{"action", "dropped"}});
  Counter& nulled = families.sanitizer_values.Add({{"action", "nulled"}});
  Counter& bulk_rows = families.bulk_rows.Add({{"result", "sanitized"}});
  std::vector<Counter*> refused;  ///< by Cause

  std::mutex mutex;  ///< guards what follows; held for a microsecond
  Gauge* build_info = nullptr;
  std::map<std::string, RouteSeries, std::less<>> routes;
};

Metrics::Impl::Impl() {
  for (const CauseRow& row : all_causes()) {
    refused.push_back(&families.refused.Add({{"reason", lower(row.name)}}));
  }
  for (const char* result : {"refreshed", "refused", "failed"}) {
    families.token_refreshes.Add({{"result", result}});
  }
  for (const char* result : {"done", "already", "refused", "failed"}) {
    families.bulk_files.Add({{"result", result}});
  }
  for (const char* what : {"settings", "rules"}) {  // so that the first failure is a change
    for (const char* result : {"ok", "failed"}) {
      families.reloads.Add({{"what", what}, {"result", result}});
    }
  }
  for (const char* method : {"GET", "POST"}) start_failures(route({}), method);
}

RouteSeries& Metrics::Impl::route(std::string_view name, bool leads_to_zoom) {
  if (name.empty()) name = kNoRoute;
  const auto found = routes.find(name);
  if (found != routes.end()) return found->second;
  if (routes.size() >= kMostRoutes) name = "other";
  return routes.try_emplace(std::string(name), families, name, leads_to_zoom).first->second;
}

void Metrics::Impl::start_failures(RouteSeries& series, std::string_view method) {
  for (const unsigned status : kFailures) {
    series.requests_with(families, known_method(method), status);
  }
}

void Metrics::Impl::count_calls(RouteSeries& series, const RequestRecord& record) {
  for (const UpstreamCall& call : record.calls) {
    series.calls_with(families, call.status).Increment();
    if (call.duration && series.upstream_duration != nullptr) {
      series.upstream_duration->Observe(seconds(*call.duration));
    }
  }
}

void Metrics::Impl::count_values(const RequestRecord& record) {
  bytes_in.Increment(static_cast<double>(record.sanitizer_in));
  bytes_out.Increment(static_cast<double>(record.sanitizer_out));
  pseudonymized.Increment(static_cast<double>(record.values.pseudonymized));
  digested.Increment(static_cast<double>(record.values.digested));
  dropped.Increment(static_cast<double>(record.values.dropped));
  nulled.Increment(static_cast<double>(record.values.nulled));
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Metrics::InFlight::InFlight(Metrics& metrics) noexcept : metrics_(metrics) {
  metrics_.impl_->in_flight.Increment();
}
Metrics::InFlight::~InFlight() { metrics_.impl_->in_flight.Decrement(); }

void Metrics::set_rules(const Engine& engine) {
  const std::lock_guard lock(impl_->mutex);
  Family<Gauge>& family = impl_->families.build_info;
  if (impl_->build_info != nullptr) family.Remove(impl_->build_info);
  impl_->build_info = &family.Add({{"version", std::string(kVersion)},
                                   {"commit", std::string(kCommit)},
                                   {"rules_sha", engine.rules_sha()}});
  impl_->build_info->Set(1);
  for (const Endpoint& endpoint : engine.rules().endpoints) {
    RouteSeries& series = impl_->route(endpoint.name(), true);
    for (const unsigned status : kFailedCalls) series.calls_with(impl_->families, status);
    if (!endpoint.allowed_methods) impl_->start_failures(series, "GET");
    for (const std::string& method :
         endpoint.allowed_methods.value_or(std::vector<std::string>())) {
      impl_->start_failures(series, method);
    }
  }
}

void Metrics::expect_requests(std::string_view route, std::string_view method) {
  const std::lock_guard lock(impl_->mutex);
  impl_->start_failures(impl_->route(route), method);
}

void Metrics::count_request(std::string_view method, unsigned status, Clock::duration took,
                            const RequestRecord& record) {
  if (record.cause) impl_->refused[static_cast<std::size_t>(*record.cause)]->Increment();
  impl_->count_values(record);
  const std::lock_guard lock(impl_->mutex);
  RouteSeries& series = impl_->route(record.route);
  series.requests_with(impl_->families, known_method(method), status).Increment();
  series.duration.Observe(seconds(took));
  impl_->count_calls(series, record);
  for (const auto& hit : record.guard_hits) {
    series.count_guard_hits(impl_->families, hit.count);
  }
  for (const UnlistedAt& at : record.unlisted) {
    if (series.unlisted != nullptr) series.unlisted->Increment(static_cast<double>(at.count));
  }
}

void Metrics::count_bulk(std::string_view route, std::string_view result, std::uint64_t rows,
                         std::uint64_t addresses) {
  impl_->bulk_rows.Increment(static_cast<double>(rows));
  impl_->families.bulk_files.Add({{"result", std::string(result)}}).Increment();
  if (addresses == 0) return;
  const std::lock_guard lock(impl_->mutex);
  impl_->route(route).count_guard_hits(impl_->families, addresses);
}

void Metrics::count_token_refresh(std::string_view result) {
  impl_->families.token_refreshes.Add({{"result", std::string(result)}}).Increment();
}

void Metrics::count_reload(std::string_view what, bool ok) {
  Family<Counter>& family = impl_->families.reloads;
  for (const bool result : {true, false}) {  // both, so that the first failure is a change
    Counter& count =
        family.Add({{"what", std::string(what)}, {"result", result ? "ok" : "failed"}});
    if (result == ok) count.Increment();
  }
}

std::string Metrics::text(const Readings& readings) const {
  std::vector<prometheus::MetricFamily> families = impl_->families.registry.Collect();
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  families.push_back(connections(readings));
  if (readings.token_expiry) {
    families.push_back(gauge("zoom_proxy_token_expiry_timestamp_seconds",
                             "When Zoom's access token ends; absent while there is none",
                             unix_time(*readings.token_expiry)));
  }
  if (readings.certificate_expiry) {
    families.push_back(gauge("zoom_proxy_listener_certificate_expiry_timestamp_seconds",
                             "When the listener's certificate ends",
                             unix_time(*readings.certificate_expiry)));
  }
  families.push_back(counter("zoom_proxy_log_events_dropped_total",
                             "Log lines lost because the output was too slow",
                             static_cast<double>(readings.log_events_dropped)));
  add_process(readings.process, families);
  for (auto& family : families) {
    std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
  }
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace zoom_proxy
