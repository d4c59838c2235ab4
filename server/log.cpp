#include "server/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <unistd.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "server/done_within.hpp"

namespace zoom_proxy {
namespace {

/// Lines that may wait for the output: about 2 MB.
constexpr std::size_t kQueueLines = 8192;

/// What is queued at the end gets so long to be written.
constexpr std::chrono::seconds kLastLines{1};

struct ProcessLog {
  LogStyle style;
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::async_logger> logger;
};
ProcessLog process_log;
RecentEvents recent;

/// Of the fields only names from our own tables.
void remember(LogLevel level, std::string_view event, const boost::json::object& fields) {
  const boost::json::value* cause = fields.if_contains("cause");
  if (cause == nullptr) cause = fields.if_contains("result");
  const bool named = cause != nullptr && cause->is_string();
  recent.add(level, event, named ? std::string_view(cause->get_string()) : std::string_view(),
             std::chrono::system_clock::now());
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Names as Google Cloud Logging reads them.
std::string_view severity(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames{"DEBUG", "INFO", "WARNING", "ERROR"};
  return kNames[static_cast<std::size_t>(level)];
}

/// Codes for a terminal (ECMA-48, SGR); all empty without colours.
struct Colours {
  std::string_view on;   ///< for the severity
  std::string_view dim;  ///< for what is there to look up
  std::string_view off;
};

std::string_view colour(LogLevel level) {
  constexpr std::array<std::string_view, 4> kCodes{"\033[36m", "\033[32m", "\033[33m",
                                                   "\033[1;31m"};
  return kCodes[static_cast<std::size_t>(level)];
}

/// https://no-color.org
bool colours_wanted() {
  const char* const no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace

// RFC 3339, UTC, milliseconds.
std::string event_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms % 1000);
}

std::string format_event(LogStyle style, LogLevel level, std::string_view time,
                         std::string_view event, std::string_view message,
                         boost::json::object fields) {
  if (style.format == LogFormat::console) {
    const auto [on, dim, off] =
        style.coloured ? Colours{colour(level), "\033[2m", "\033[0m"} : Colours{};
    std::string line = fmt::format("{}{}{} {}{:7}{} {}: {}", dim, time, off, on, severity(level),
                                   off, event, message);
    line += dim;
    for (const auto& [key, value] : fields) {
      line += fmt::format(" {}={}", std::string_view(key), boost::json::serialize(value));
    }
    line += off;
    return line;
  }
  boost::json::object line;
  line.reserve(fields.size() + 4);
  line["severity"] = severity(level);
  line["time"] = time;
  line["message"] = message;
  line["event"] = event;
  for (auto& [key, value] : fields) line[key] = std::move(value);
  return boost::json::serialize(line);
}

void start_log(LogFormat format, LogLevel lowest) {
  process_log.style = {format, colours_wanted()};
  process_log.writer = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  process_log.logger = std::make_shared<spdlog::async_logger>(
      "zoom-proxy", std::make_shared<spdlog::sinks::stdout_sink_mt>(), process_log.writer,
      spdlog::async_overflow_policy::overrun_oldest);
  process_log.logger->set_level(spdlog_level(lowest));
  process_log.logger->set_pattern("%v");
}

bool stop_log() {
  std::function<void()> write_all = [writer = std::move(process_log.writer)]() mutable {
    writer.reset();  // joins once the queue is empty
  };
  if (!done_within(kLastLines, std::move(write_all))) return false;
  process_log.logger.reset();
  return true;
}

std::uint64_t log_events_dropped() noexcept {
  return process_log.writer ? process_log.writer->overrun_counter() : 0;
}

std::vector<RecentEvents::Kind> recent_events() { return recent.list(); }

void log_event(LogLevel level, std::string_view event, std::string_view message,
               boost::json::object fields) {
  if (level >= LogLevel::warning) remember(level, event, fields);
  if (!process_log.logger || !process_log.logger->should_log(spdlog_level(level))) return;
  process_log.logger->log(spdlog_level(level), format_event(process_log.style, level, event_time(),
                                                            event, message, std::move(fields)));
}

}  // namespace zoom_proxy
