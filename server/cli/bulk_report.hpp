#pragma once
// What `bulk` tells on standard error while it works and in the end: a line that changes and a
// summary for people at a terminal, else events as in the server's log.

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "config/settings.hpp"
#include "server/bulk_job.hpp"

namespace zoom_proxy {

/// One event on standard error, as the server's log writes it.
void write_event(LogLevel level, std::string_view event, std::string_view message,
                 boost::json::object fields);

/// `changed` and `addresses` of counts.
[[nodiscard]] boost::json::object to_json(const BulkCounts& counts);

/// Of one text. Not thread-safe.
class BulkTextReport {
 public:
  enum class Style { terminal, events };

  /// `size`: bytes of the input, 0: unknown.
  BulkTextReport(Style style, std::uint64_t size);
  /// Leaves the terminal at the begin of an empty line.
  ~BulkTextReport();
  BulkTextReport(const BulkTextReport&) = delete;
  BulkTextReport& operator=(const BulkTextReport&) = delete;

  void progress(const BulkProgress& progress);
  void finished(const BulkResult& result);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] double seconds() const;
  void write_line(const BulkProgress& progress);
  void clear_line();

  Style style_;
  std::uint64_t size_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point told_ = start_;
  bool line_shown_ = false;
};

}  // namespace zoom_proxy
