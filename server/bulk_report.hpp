#pragma once
// What the log and the metrics tell of a bulk text that has ended. Names of columns are the only
// thing of a text in it, and only those that look like one.

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"
#include "server/bulk_directory.hpp"
#include "server/metrics.hpp"

namespace zoom_proxy {

struct BulkReport {
  boost::json::object request;  ///< event_fields() of the one that brought the text
  std::string route;            ///< and its route
  std::string rules;            ///< name of the rules
  BulkFileState state = BulkFileState::failed;
  BulkCounts counts;
  std::vector<std::string> warnings;
  std::string error;  ///< of `refused` and `failed`, for people
};

/// Logs and counts it; a text that was refused or failed at that level. Thread-safe.
void tell_of_bulk(const BulkReport& report, LogLevel failure, Metrics& metrics);

}  // namespace zoom_proxy
