#include "server/admin_port.hpp"

#include <openssl/sha.h>

#include <array>
#include <span>

#include "rules/format/encoding.hpp"
#include "server/accept_encoding.hpp"
#include "server/log.hpp"
#include "server/status_page.hpp"

namespace zoom_proxy {
namespace {

/// A worker that does not come to an empty handler within this is stuck: whatever a request does on
/// it takes milliseconds.
constexpr std::chrono::seconds kStuckAfter{5};

/// Figures are wanted soon; a worker that is late is shown with those it gave last.
constexpr std::chrono::seconds kPatience{1};

/// Longer than the time between two scrapes, so that Prometheus keeps its connection.
constexpr Seconds kIdle{75};
constexpr Seconds kHeadTime{10};
constexpr Seconds kWriteTime{10};

constexpr HttpLimits kLimits{
    .head_bytes = 16 * 1024, .headers_count = 100, .target_bytes = 2048, .body_bytes = 0};

enum class Page { live, ready, metrics, status, root };

struct Path {
  std::string_view path;
  Page page;
  std::string_view content_type;
};
constexpr auto kPaths = std::to_array<Path>({
    {"/", Page::root, "text/html; charset=utf-8"},
    {"/health/live", Page::live, "application/json"},
    {"/health/ready", Page::ready, "application/json"},
    {"/metrics", Page::metrics, "text/plain; version=0.0.4; charset=utf-8"},
    {"/status.json", Page::status, "application/json"},
});

Fields fields_of(std::string_view content_type) {
  Fields fields;
  fields.add("Content-Type", std::string(content_type));
  fields.add("Cache-Control", "no-store");
  fields.add("X-Content-Type-Options", "nosniff");
  return fields;
}

void refuse(unsigned status, std::string_view body, ResponseWriter& writer) {
  Fields fields = fields_of("application/json");
  if (status == 405) fields.add("Allow", "GET, HEAD");
  writer.begin(status, std::move(fields));
  writer.body() += body;
}

/// What a policy calls the one element of that name: 'sha256-…' of its content (CSP 3, 6.7.2.4).
std::string source_hash(std::string_view page, const std::string& element) {
  const std::string opening = "<" + element + ">";
  const std::size_t begin = page.find(opening) + opening.size();
  const std::string_view content = page.substr(begin, page.find("</" + element + ">") - begin);
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  return "'sha256-" + encode_base64(digest) + "'";
}

/// The page runs its own script and asks its own server, nothing else.
std::string page_policy() {
  return "default-src 'none'; script-src " + source_hash(kStatusPage, "script") + "; style-src " +
         source_hash(kStatusPage, "style") +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'";
}

}  // namespace

AdminPort::AdminPort(StatusSources sources, const Metrics& metrics, WorkerWatch& workers)
    : sources_(std::move(sources)),
      metrics_(metrics),
      workers_(workers),
      page_policy_(page_policy()) {}

Task<> AdminPort::serve(std::unique_ptr<Stream> stream) {
  try {
    co_await serve_requests(*stream);
    co_await stream->shutdown();
  } catch (const std::exception&) {
    // The client has gone, or a time-out has passed: nobody is left to tell.
  }
}

Task<> AdminPort::serve_requests(Stream& stream) {
  HttpReader reader(stream, kLimits);
  for (bool again = true; again;) {
    std::optional<RequestHead> head;
    std::optional<HttpError> error;
    try {
      head = co_await reader.read_request_head(kIdle, kHeadTime);
    } catch (const HttpError& e) {
      error = e;
    }
    if (!head && !error) co_return;
    ResponseWriter::Options options;
    options.write_timeout = kWriteTime;
    options.keep_alive = head && head->keep_alive && !head->has_body;
    options.head_request = head && head->method == "HEAD";
    options.chunked_allowed = head && !head->http_1_0;
    options.gzip_wanted = head && accepts_gzip(head->fields);
    ResponseWriter writer(stream, options);
    if (error) {
      refuse(error->status(), R"({"error":"not a sound HTTP request"})", writer);
    } else {
      stream.expires_at(Clock::now() + 2 * kStuckAfter);
      co_await answer(*head, writer);
    }
    co_await writer.finish();
    again = writer.keep_alive();
  }
}

Task<> AdminPort::answer(const RequestHead& head, ResponseWriter& writer) {
  const std::string_view target = std::string_view(head.target).substr(0, head.target.find('?'));
  const auto found = std::ranges::find(kPaths, target, &Path::path);
  if (found == kPaths.end()) {
    refuse(404, R"({"error":"not found: / /health/live /health/ready /metrics /status.json"})",
           writer);
    co_return;
  }
  if (head.method != "GET" && head.method != "HEAD") {
    refuse(405, R"({"error":"use GET"})", writer);
    co_return;
  }
  unsigned status = 200;
  std::string body;
  Fields fields = fields_of(found->content_type);
  switch (found->page) {
    case Page::live: {
      const bool live = co_await workers_.look(kStuckAfter);
      if (!live) status = 503;
      body = live ? R"({"status":"live"})" : R"({"status":"stuck","reason":"a worker is stuck"})";
      break;
    }
    case Page::ready:
      if (!sources_.lifecycle.ready.load(std::memory_order_relaxed)) status = 503;
      body = readiness_json(sources_.lifecycle);
      break;
    case Page::metrics:
      body = co_await metrics_text();
      break;
    case Page::status: {
      const bool answered = co_await workers_.look(kPatience);
      body = status_json(sources_, answered);
      break;
    }
    case Page::root:
      fields.add("Content-Security-Policy", page_policy_);
      fields.add("Referrer-Policy", "no-referrer");
      body = kStatusPage;
      break;
  }
  writer.begin(status, std::move(fields), ResponseWriter::Body::compressible);
  writer.body() += body;
}

Task<std::string> AdminPort::metrics_text() {
  Readings readings;
  co_await workers_.look(kPatience);
  const WorkerWatch::Connections connections = workers_.connections();
  readings.connections_in_use = connections.in_use;
  readings.connections_idle = connections.idle;
  readings.connections_waiting = connections.waiting;
  if (const auto token = sources_.tokens.status()) readings.token_expiry = token->expires_at;
  if (const ListenerTls* tls = sources_.listener_tls)
    readings.certificate_expiry = tls->expires_at();
  readings.log_events_dropped = log_events_dropped();
  readings.process = read_process_stats();
  co_return metrics_.text(readings);
}

}  // namespace zoom_proxy
