#pragma once
// The server as a whole: workers, listener, signals, shutdown.

#include "server/reload.hpp"

namespace zoom_proxy {

/// For the whole process, before threads start: no SIGPIPE, SIGHUP held until somebody handles it,
/// few allocator arenas, so that memory follows what is in use.
void prepare_process() noexcept;

/// Serves until SIGTERM or SIGINT, then lets requests in flight end within `shutdown.grace`. A
/// second signal ends the process at once; SIGHUP has everything loaded anew. Throws ConfigError
/// when it cannot start.
void run_server(SnapshotSource source);

}  // namespace zoom_proxy
