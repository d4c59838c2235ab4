#pragma once
// Signals for commands that write files.

namespace zoom_proxy {

/// From now on SIGHUP, SIGINT and SIGTERM, unless whoever started the process had it ignore them,
/// end it at once with 128 and their number, and remove unfinished files (server/bulk_file.hpp).
/// Call once, before other threads are started.
void end_at_signals();

}  // namespace zoom_proxy
