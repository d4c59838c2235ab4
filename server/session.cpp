#include "server/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <optional>

#include "server/accept_encoding.hpp"
#include "server/bulk_handler.hpp"
#include "server/client_address.hpp"
#include "server/control_fields.hpp"
#include "server/event_handler.hpp"
#include "server/http_syntax.hpp"
#include "server/log.hpp"
#include "server/request.hpp"
#include "server/trace.hpp"
#include "server/zoom_probe.hpp"

namespace zoom_proxy {
namespace {

using namespace asio::experimental::awaitable_operators;

/// What logs show for an answer that nobody waited for: no status of HTTP, but what proxies agree
/// on.
constexpr unsigned kClientClosedRequest = 499;

std::string seconds_text(Clock::duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3fs", Seconds(duration).count());
  return text;
}

bool is_stranger(Cause cause) {
  return cause == Cause::unauthenticated || cause == Cause::unauthorized_ip_address;
}

struct Served {
  std::string_view method;
  Clock::time_point began;
  bool health = false;
  bool aborted = false;  ///< the client got no whole answer
};

void log_guard_hits(const RequestRecord& record) {
  for (const auto& hit : record.guard_hits) {
    boost::json::object fields = event_fields(record);
    fields["route"] = record.route;
    fields["place"] = hit.place;
    fields["count"] = hit.count;
    log_event(LogLevel::warning, "egress_guard",
              "a kept field held an e-mail address: pseudonymize or redact it in the rules",
              std::move(fields));
  }
}

void log_unlisted(const RequestRecord& record, Drift& drift) {
  for (const UnlistedAt& at : drift.news(record.route, record.unlisted, Clock::now())) {
    boost::json::object fields = event_fields(record);
    fields["route"] = record.route;
    fields["place"] = at.place;
    fields["names"] = boost::json::array(at.names.begin(), at.names.end());
    fields["count"] = at.count;
    log_event(LogLevel::info, "unlisted_fields",
              "Zoom sends fields that the rules do not list; they were removed", std::move(fields));
  }
}

void log_request(const Served& served, Clock::duration took, const ResponseWriter& writer,
                 const RequestRecord& record) {
  const unsigned status = writer.status();
  const bool lost = served.aborted || record.async;  // with a cause: no whole answer
  const bool failed = status >= 500 || (lost && record.cause);
  const LogLevel level = served.health                                     ? LogLevel::debug
                         : failed                                          ? LogLevel::error
                         : status >= 400 || record.cause || served.aborted ? LogLevel::warning
                                                                           : LogLevel::info;
  boost::json::object http;
  http["requestMethod"] = known_method(served.method);
  http["status"] = status;
  http["latency"] = seconds_text(took);
  http["responseSize"] = std::to_string(writer.body_bytes());
  http["protocol"] = "HTTP/1.1";
  boost::json::object fields = event_fields(record);
  fields["httpRequest"] = std::move(http);
  if (!record.route.empty()) fields["route"] = record.route;
  if (record.cause) fields["cause"] = describe(*record.cause).name;
  if (record.upstream_status != 0) fields["upstreamStatus"] = record.upstream_status;
  if (record.calls.size() > 1) fields["attempts"] = record.calls.size();
  if (!record.tracking_id.empty()) fields["zoomTrackingId"] = record.tracking_id;
  if (served.aborted) fields["aborted"] = true;
  if (record.async) {
    fields["async"] = true;
    fields["outcome"] = record.cause ? "failed" : "written";
  }
  std::string message = record.detail;
  if (message.empty()) message = record.cause ? "Zoom answered with an error" : "request served";
  log_event(level, "request", message, std::move(fields));
}

/// For the log and, but for the platform's probes, the metrics.
void tell_of_request(const Served& served, const ResponseWriter& writer,
                     const RequestRecord& record, Metrics& metrics) {
  const Clock::duration took = Clock::now() - served.began;
  log_request(served, took, writer, record);
  if (!served.health) metrics.count_request(served.method, writer.status(), took, record);
}

}  // namespace

/// An exception, once it is out of its catch block: what the client is told.
struct Sessions::Refusal {
  Cause cause = Cause::unknown;
  unsigned status = 500;
  std::string message;
  std::string challenge = {};  ///< WWW-Authenticate

  explicit Refusal(const Failure& failure)
      : cause(failure.cause()),
        status(describe(cause).status),
        message(failure.what()),
        challenge(failure.challenge()) {}
  Refusal(unsigned code, std::string text)
      : cause(Cause::invalid_request), status(code), message(std::move(text)) {}
  explicit Refusal(std::string text) : message(std::move(text)) {}
};

/// How the attempt to answer a request has ended.
struct Sessions::Outcome {
  std::optional<Refusal> refusal;
  std::optional<AsyncJob> later;
};

Sessions::Sessions(ProxyContext context, InboundAuth& auth, const Lifecycle& lifecycle)
    : context_(std::move(context)),
      auth_(auth),
      lifecycle_(lifecycle),
      ids_((std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()) {}

std::string Sessions::next_request_id() {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(ids_()));
  return text;
}

ResponseWriter::Options Sessions::writer_options(bool head_request, bool keep_alive) const {
  ResponseWriter::Options options;
  options.buffer_bytes = settings().limits.response_buffer_bytes;
  options.write_timeout = settings().timeouts.idle;
  options.head_request = head_request;
  options.keep_alive = keep_alive && lifecycle_.ready.load(std::memory_order_relaxed);
  return options;
}

void Sessions::use(std::shared_ptr<const Snapshot> snapshot) noexcept {
  context_.snapshot = std::move(snapshot);
}

void Sessions::close_idle(bool new_ones) noexcept {
  for (Open& open : open_) {
    if (!open.is_new || new_ones) open.end_of_wait.emit(asio::cancellation_type::terminal);
  }
}

template <class Result>
Task<Result> Sessions::endable(Open& open, Task<Result> work) {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await asio::co_spawn(
      executor, std::move(work),
      asio::bind_cancellation_slot(open.end_of_wait.slot(), asio::use_awaitable));
}

Task<> Sessions::serve(Task<std::unique_ptr<Stream>> opening) {
  const auto here = open_.emplace(open_.end());
  try {
    const std::unique_ptr<Stream> stream = co_await endable(*here, std::move(opening));
    if (stream) {
      co_await serve_requests(*stream, *here);
      co_await stream->shutdown();  // lingers, so that the client can read a refusal
    }
  } catch (const std::exception&) {
    // The client has gone, or a time-out has passed: nobody is left to tell.
  }
  open_.erase(here);
}

Task<> Sessions::serve_requests(Stream& stream, Open& open) {
  HttpLimits limits;
  limits.head_bytes = settings().limits.request_head_bytes;
  limits.headers_count = settings().limits.request_headers_count;
  limits.target_bytes = settings().limits.request_target_bytes;
  limits.body_bytes = settings().limits.request_body_bytes;
  HttpReader reader(stream, limits);
  const std::function<bool(const RequestHead&)> any_length = [this](const RequestHead& head) {
    return head.has_body && is_bulk_request(head, *context_.snapshot);
  };
  // Who could connect before the end gets one answer.
  while (open.is_new || !lifecycle_.draining.load(std::memory_order_relaxed)) {
    std::optional<RequestHead> head;
    std::optional<HttpError> error;
    try {
      // Who has not asked for anything yet may not be silent for long.
      const Settings::Timeouts& timeouts = settings().timeouts;
      head = co_await endable(
          open, reader.read_request_head(open.is_new ? timeouts.client_head : timeouts.client_idle,
                                         timeouts.client_head, any_length));
    } catch (const HttpError& e) {
      error = e;
    }
    if (error) {
      co_await refuse_head(stream, error->status(), error->what());
      co_return;
    }
    if (!head) co_return;
    open.is_new = false;
    const bool again = co_await serve_request(stream, reader, *head);
    if (!again) co_return;
  }
}

/// The head itself cannot be read, so where it ends is not known either: answer and close.
Task<> Sessions::refuse_head(Stream& stream, unsigned status, std::string message) {
  const std::string id = next_request_id();
  const Clock::time_point began = Clock::now();
  ResponseWriter writer(stream, writer_options(false, false));
  const Refusal refusal(status, std::move(message));
  const bool sent = co_await refuse(stream, writer, refusal, id);
  RequestRecord record;
  record.request_id = id;
  record.cause = refusal.cause;
  record.detail = refusal.message;
  tell_of_request({"", began, false, !sent}, writer, record, context_.metrics);
}

Task<bool> Sessions::serve_request(Stream& stream, HttpReader& reader, const RequestHead& head) {
  const Clock::time_point began = Clock::now();
  stream.expires_at(began + std::chrono::duration_cast<Clock::duration>(settings().timeouts.total));
  ResponseWriter::Options options = writer_options(head.method == "HEAD", head.keep_alive);
  options.chunked_allowed = !head.http_1_0;
  options.gzip_wanted = accepts_gzip(head.fields);
  ResponseWriter writer(stream, options);
  const bool health = is_health_request(head);
  std::optional<Metrics::InFlight> in_flight;
  if (!health) in_flight.emplace(context_.metrics);
  RequestRecord record;
  record.snapshot = context_.snapshot;
  record.peer = stream.peer_address();
  record.request_id = next_request_id();
  record.trace = trace_id(head.fields);
  // A client that goes away takes the call to Zoom with it.
  auto ended = co_await (try_answer(stream, reader, head, writer, record) || stream.peer_closed());
  Outcome outcome;
  if (ended.index() == 0) {
    outcome = std::move(std::get<0>(ended));
  } else {
    record.detail = "the client went away before its answer was whole";
    if (!writer.committed()) writer.begin(kClientClosedRequest, {});
  }
  bool whole = record.detail.empty();
  if (const auto& refusal = outcome.refusal) {
    record.cause = refusal->cause;
    record.detail = refusal->message;
    // A body may not have been read; and strangers must not hold connections.
    if (head.has_body || is_stranger(refusal->cause)) writer.close_after();
    whole = co_await refuse(stream, writer, *refusal, record.request_id);
  }
  if (outcome.later) {
    // The connection is closed, but the job keeps its place among those that are open: under their
    // limit, and waited for at the end.
    co_await stream.shutdown();
    co_await run_later(std::move(*outcome.later), record);
  }
  tell_of_request({head.method, began, health, !whole}, writer, record, context_.metrics);
  log_guard_hits(record);
  log_unlisted(record, context_.drift);
  co_return whole&& writer.keep_alive();
}

Task<Sessions::Outcome> Sessions::try_answer(Stream& stream, HttpReader& reader,
                                             const RequestHead& head, ResponseWriter& writer,
                                             RequestRecord& record) {
  Outcome outcome;
  try {
    outcome.later = co_await dispatch(stream, reader, head, writer, record);
  } catch (const Failure& failure) {
    outcome.refusal.emplace(failure);
  } catch (const HttpError& error) {
    outcome.refusal.emplace(error.status(), error.what());
  } catch (const boost::system::system_error&) {
    record.detail = "the client's connection broke, or it was too slow";
    if (!writer.committed()) writer.begin(kClientClosedRequest, {});
  } catch (const std::exception&) {
    outcome.refusal.emplace("an unforeseen error");  // its text might hold anything
  }
  co_return outcome;
}

Task<std::optional<AsyncJob>> Sessions::dispatch(Stream& stream, HttpReader& reader,
                                                 const RequestHead& head, ResponseWriter& writer,
                                                 RequestRecord& record) {
  if (is_health_request(head)) {
    if (head.has_body) writer.close_after();
    answer_health(head, lifecycle_, writer);
    co_await writer.finish();
    co_return std::nullopt;
  }
  const Settings& settings = *record.snapshot->settings;
  co_await auth_.check(head, stream, settings);
  check_https(head.fields);
  const HealthCheck check = asked_health_check(head.fields);
  if (check != HealthCheck::none) {
    if (head.has_body) writer.close_after();
    const auto caller = client_address(head.fields, record.peer, settings.listen.trusted_proxies);
    std::optional<ZoomProbe> probe;
    if (check == HealthCheck::deep) {
      const ZoomAccess access{*record.snapshot, context_.pool, context_.tokens, context_.base_path};
      probe = co_await probe_zoom(access);
    }
    answer_health_check(*record.snapshot, caller, probe, writer);
    co_await writer.finish();
    co_return std::nullopt;
  }
  if (is_bulk_request(head, *record.snapshot)) {
    co_await handle_bulk_request(context_.metrics, reader, head, writer, record);
    co_return std::nullopt;
  }
  if (is_storage_event(head, *record.snapshot)) {
    co_await handle_storage_event(context_, reader, head, writer, record);
    co_return std::nullopt;
  }
  check_head(head);
  co_return co_await handle_proxy_request(context_, reader, head, writer, record);
}

Task<> Sessions::run_later(AsyncJob job, RequestRecord& record) {
  try {
    co_await run_async_job(context_, std::move(job), record);
  } catch (const Failure& failure) {
    record.cause = failure.cause();
    record.detail = failure.what();
  } catch (const std::exception&) {
    record.cause = Cause::unknown;
    record.detail = "an unforeseen error";  // its text might hold anything
  }
}

Task<bool> Sessions::refuse(Stream& stream, ResponseWriter& writer, const Refusal& refusal,
                            std::string_view request_id) {
  if (writer.committed()) {
    stream.abort();  // so that nobody takes the first part for the whole
    co_return false;
  }
  const CauseRow& row = describe(refusal.cause);
  Fields fields;
  fields.add("Content-Type", "application/json; charset=utf-8");
  fields.add("X-Psoxy-Error", std::string(row.name));
  if (!refusal.challenge.empty()) fields.add("WWW-Authenticate", refusal.challenge);
  writer.begin(refusal.status, std::move(fields));
  writer.body() += failure_body(row.name, refusal.message, row.advice, request_id);
  try {
    co_await writer.finish();
  } catch (const boost::system::system_error&) {
    co_return false;
  }
  co_return true;
}

}  // namespace zoom_proxy
