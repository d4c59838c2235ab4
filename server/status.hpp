#pragma once
// What the status page and the readiness probe tell about the process, as JSON for the admin port.
// Names, hashes, times and counts: no secret and no personal data.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "server/admin_handler.hpp"
#include "server/listener_tls.hpp"
#include "server/snapshot.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

/// Where the answers come from. All of it outlives them.
struct StatusSources {
  std::function<std::shared_ptr<const Snapshot>()> snapshot;  ///< the one in force
  const Lifecycle& lifecycle;
  const TokenCache& tokens;
  std::chrono::system_clock::time_point started;
  std::size_t workers = 0;
  const ListenerTls* listener_tls = nullptr;  ///< null: plain HTTP
};

/// {"status":"ready"} or {"status":"not ready","reason":TEXT}; with what is degraded, if anything.
[[nodiscard]] std::string readiness_json(const Lifecycle& lifecycle);

/// `workers_answer`: none of the workers is stuck.
[[nodiscard]] std::string status_json(const StatusSources& sources, bool workers_answer);

}  // namespace zoom_proxy
