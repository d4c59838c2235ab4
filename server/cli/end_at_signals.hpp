#pragma once
// Signals for commands that write files.

#include <functional>

namespace zoom_proxy {

/// From now on SIGHUP, SIGINT and SIGTERM, unless whoever started the process had it ignore them,
/// end it at once with 128 and their number, and remove unfinished files (server/bulk_file.hpp).
/// `last`, if any, is called before, on a thread of its own, with that exit code, and says which
/// one it shall be. Call once, before other threads are started.
void end_at_signals(std::function<int(int exit_code)> last = {});

}  // namespace zoom_proxy
