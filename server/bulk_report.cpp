#include "server/bulk_report.hpp"

#include <algorithm>
#include <string_view>

#include "server/log.hpp"

namespace zoom_proxy {
namespace {

/// Events of one text, and columns of its summary: a header may have thousands.
constexpr std::size_t kMostTold = 20;
constexpr std::size_t kLongestName = 64;

std::string message_of(const BulkReport& report) {
  switch (report.state) {
    case BulkFileState::done:
      return "bulk text sanitized";
    case BulkFileState::already:
      return "bulk text was sanitized before";
    case BulkFileState::refused:
    case BulkFileState::failed:
      break;
  }
  return report.error;
}

/// A text without a header has a row of values in its place.
std::string shown_name(const std::string& column) {
  const bool plain = column.size() <= kLongestName && column.find('@') == std::string::npos;
  return plain ? column : "a column with an unusual name";
}

void log_addresses(const BulkReport& report) {
  std::size_t told = 0;
  for (const auto& [column, count] : report.counts.addresses) {
    if (++told > kMostTold) return;
    boost::json::object fields = report.request;
    fields["route"] = report.route;
    fields["place"] = shown_name(column);
    fields["count"] = count;
    log_event(LogLevel::warning, "egress_guard",
              "a kept column held e-mail addresses: pseudonymize or redact it in the rules",
              std::move(fields));
  }
}

void log_warnings(const BulkReport& report) {
  for (std::size_t i = 0; i < std::min(report.warnings.size(), kMostTold); ++i) {
    boost::json::object fields = report.request;
    fields["route"] = report.route;
    log_event(LogLevel::warning, "bulk_warning", report.warnings[i], std::move(fields));
  }
}

}  // namespace

void tell_of_bulk(const BulkReport& report, LogLevel failure, Metrics& metrics) {
  const bool good = report.state == BulkFileState::done || report.state == BulkFileState::already;
  boost::json::object fields = report.request;
  fields["route"] = report.route;
  fields["rules"] = report.rules;
  fields["result"] = to_string(report.state);
  fields["rows"] = report.counts.rows;
  boost::json::object changed;
  for (const auto& [column, count] : report.counts.changed) {
    if (changed.size() < kMostTold) changed[shown_name(column)] = count;
  }
  fields["changed"] = std::move(changed);
  log_event(good ? LogLevel::info : failure, "bulk", message_of(report), std::move(fields));
  log_warnings(report);
  log_addresses(report);
  std::uint64_t addresses = 0;
  for (const auto& [column, count] : report.counts.addresses) addresses += count;
  metrics.count_bulk(report.route, to_string(report.state), report.counts.rows, addresses);
}

}  // namespace zoom_proxy
