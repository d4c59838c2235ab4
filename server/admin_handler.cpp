#include "server/admin_handler.hpp"

namespace zoom_proxy {
namespace {
constexpr std::string_view kLive = "/health/live";
constexpr std::string_view kReady = "/health/ready";
}  // namespace

bool is_health_request(const RequestHead& head) noexcept {
  return (head.method == "GET" || head.method == "HEAD") &&
         (head.target == kLive || head.target == kReady);
}

void answer_health(const RequestHead& head, const Lifecycle& lifecycle, ResponseWriter& writer) {
  const bool good = head.target == kLive || lifecycle.ready.load(std::memory_order_relaxed);
  Fields fields;
  fields.add("Content-Type", "application/json");
  fields.add("Cache-Control", "no-store");
  writer.begin(good ? 200 : 503, std::move(fields));
  writer.body() += head.target == kLive ? R"({"status":"live"})"
                   : good               ? R"({"status":"ready"})"
                                        : R"({"status":"not ready","reason":"shutting down"})";
}

}  // namespace zoom_proxy
