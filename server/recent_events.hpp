#pragma once
// Which kinds of warnings and errors were logged, how often and when last: for the status page. Of
// a log line it takes the name of the event and of its cause, nothing else.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace zoom_proxy {

/// Thread-safe.
class RecentEvents {
 public:
  struct Kind {
    std::string event;
    std::string cause;  ///< or the result; may be empty
    LogLevel level = LogLevel::warning;
    std::uint64_t count = 0;
    std::chrono::system_clock::time_point last;
  };

  void add(LogLevel level, std::string_view event, std::string_view cause,
           std::chrono::system_clock::time_point now);
  /// The latest first.
  [[nodiscard]] std::vector<Kind> list() const;

 private:
  /// Events times causes is less; the oldest gives way.
  static constexpr std::size_t kMost = 50;

  mutable std::mutex mutex_;
  std::vector<Kind> kinds_;  ///< the latest last
};

}  // namespace zoom_proxy
