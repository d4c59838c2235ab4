#pragma once
// Health for the platform's probes. The public port answers these two paths and no other of ours.

#include <atomic>

#include "server/http.hpp"
#include "server/response_writer.hpp"

namespace zoom_proxy {

/// Where the process is in its life. Written by the app, read by every worker.
struct Lifecycle {
  std::atomic<bool> ready{false};     ///< new requests are welcome
  std::atomic<bool> draining{false};  ///< connections close after the request they serve
};

/// GET or HEAD of /health/live or /health/ready.
[[nodiscard]] bool is_health_request(const RequestHead& head) noexcept;

/// Puts the answer into the writer: 200, or 503 with a reason.
void answer_health(const RequestHead& head, const Lifecycle& lifecycle, ResponseWriter& writer);

}  // namespace zoom_proxy
