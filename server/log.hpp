#pragma once
// The process's log: one event a line on stdout, written by a thread of its own from a bounded
// queue. A full queue loses its oldest lines rather than hold up a request.
//
// Nobody may put a path, an id, a query value, a header value or a piece of a body into an event.

#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "server/recent_events.hpp"

namespace zoom_proxy {

/// Starts the log. Call once, before any other thread logs; until then events go nowhere.
void start_log(LogFormat format, LogLevel lowest);
/// Writes what is queued and ends the log's thread. Call once no other thread logs any more. False
/// when nobody takes the output: the thread hangs, and only the end of the process ends it.
bool stop_log();

/// Queues one event. Thread-safe; never blocks on the output. `event` names the kind of line
/// (docs/reference.md), `message` is for people, `fields` follow the common keys.
void log_event(LogLevel level, std::string_view event, std::string_view message,
               boost::json::object fields = {});

/// Lines that were lost since the start because the output was too slow. Thread-safe until the log
/// ends.
[[nodiscard]] std::uint64_t log_events_dropped() noexcept;

/// The kinds of warnings and errors of late, the latest first, whatever the log's level. Their
/// cause is the field `cause` or `result` of the event. Thread-safe.
[[nodiscard]] std::vector<RecentEvents::Kind> recent_events();

/// How log_event writes: in colours only for people at a terminal.
struct LogStyle {
  LogFormat format = LogFormat::json;
  bool coloured = false;  ///< LogFormat::console alone
};

/// The time of day as log_event writes it.
[[nodiscard]] std::string event_time();

/// The line that log_event writes, without the line's end: for tests and for both formats.
[[nodiscard]] std::string format_event(LogStyle style, LogLevel level, std::string_view time,
                                       std::string_view event, std::string_view message,
                                       boost::json::object fields);

}  // namespace zoom_proxy
