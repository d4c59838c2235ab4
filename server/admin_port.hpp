#pragma once
// The admin port: health, metrics and the status page, for probes, Prometheus and people on call.
// Reads only, no authentication; it listens on loopback unless the settings say otherwise.

#include <memory>
#include <string>

#include "server/metrics.hpp"
#include "server/status.hpp"
#include "server/worker_watch.hpp"

namespace zoom_proxy {

/// Not thread-safe: it lives on one thread, of its own so that it answers while the workers are
/// busy. All that it is given must outlive its connections.
class AdminPort {
 public:
  AdminPort(StatusSources sources, const Metrics& metrics, WorkerWatch& workers);

  /// Serves one connection until its end. Throws nothing.
  [[nodiscard]] Task<> serve(std::unique_ptr<Stream> stream);

 private:
  [[nodiscard]] Task<> serve_requests(Stream& stream);
  [[nodiscard]] Task<> answer(const RequestHead& head, ResponseWriter& writer);
  [[nodiscard]] Task<std::string> metrics_text();

  StatusSources sources_;
  const Metrics& metrics_;
  WorkerWatch& workers_;
  std::string page_policy_;  ///< Content-Security-Policy of the status page
};

}  // namespace zoom_proxy
