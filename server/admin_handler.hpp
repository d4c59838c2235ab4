#pragma once
// Health: for the platform's probes, two paths that the public port answers and no other of ours;
// and for clients, what the proxy is and how it is set up.

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <optional>

#include "server/degraded.hpp"
#include "server/http.hpp"
#include "server/response_writer.hpp"
#include "server/snapshot.hpp"
#include "server/zoom_probe.hpp"

namespace zoom_proxy {

/// Where the process is in its life. Written by the app, read by every worker.
struct Lifecycle {
  std::atomic<bool> ready{false};     ///< new requests are welcome, and connections stay open
  std::atomic<bool> draining{false};  ///< connections close after the request they serve
  Degraded degraded;                  ///< what works less well, without being a reason to stop
};

/// GET or HEAD of /health/live or /health/ready.
[[nodiscard]] bool is_health_request(const RequestHead& head) noexcept;

/// Puts the answer into the writer: 200, or 503 with a reason. What is degraded is only named, for
/// whoever reaches the public port may ask.
void answer_health(const RequestHead& head, const Lifecycle& lifecycle, ResponseWriter& writer);

/// Puts the peer's health check into the writer: a JSON object of names that its clients know, in
/// alphabetical order; no secrets. What would be 412 with the peer (no salt, settings missing) does
/// not start here, so it is 200 but for a probe that found something wrong. `caller`: who asks, if
/// that is known. `probe`: what Zoom answered, when the deep check is asked for.
void answer_health_check(const Snapshot& snapshot,
                         const std::optional<boost::asio::ip::address>& caller,
                         const std::optional<ZoomProbe>& probe, ResponseWriter& writer);

}  // namespace zoom_proxy
