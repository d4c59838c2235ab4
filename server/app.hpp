#pragma once
// The server as a whole: workers, listener, signals, shutdown.

#include <memory>

#include "server/snapshot.hpp"

namespace zoom_proxy {

/// For the whole process, before secrets are read and threads start: no core dumps, no SIGPIPE, few
/// allocator arenas, so that memory follows what is in use.
void prepare_process() noexcept;

/// Serves until SIGTERM or SIGINT, then lets requests in flight end within `shutdown.grace`. A
/// second signal ends the process at once. Throws ConfigError when it cannot start.
void run_server(const std::shared_ptr<const Snapshot>& snapshot);

}  // namespace zoom_proxy
