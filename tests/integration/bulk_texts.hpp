#pragma once
// Bulk texts for tests, as Zoom exports its metrics, and what a proxy has counted of them.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/integration/fixture.hpp"

namespace integration {

constexpr const char* kMetrics = "/bulk/zoom-ai-metrics";
inline const Headers kCsv = {{"Content-Type", "text/csv"}};
inline const std::string kHeader = "User Name,Email,Action,Feature used,Department,\r\n";
/// What is left of it.
inline const std::string kHeaderLeft = "User Name,Email,Action,Feature used,\r\n";

inline std::string metrics_row(const std::string& person) {
  return "Canary " + person + ",canary." + person +
         "@example.com,\"Chat, \"\"AI\"\"\",a;b,Canary,\r\n";
}
/// Rows of persons, each another one, of so many bytes at least.
inline std::string metrics_rows(std::size_t bytes) {
  std::string rows;
  while (rows.size() < bytes) rows += metrics_row(std::to_string(rows.size()));
  return rows;
}

/// A series of /metrics; -1: there is none.
inline double counted(const Proxy& proxy, const std::string& series) {
  const std::string body = '\n' + proxy.admin("/metrics").body;
  const std::size_t at = body.find('\n' + series + ' ');
  return at == body.npos ? -1 : std::stod(body.substr(at + series.size() + 2));
}
inline std::string files(const std::string& result) {
  return "zoom_proxy_bulk_files_total{result=\"" + result + "\"}";
}
inline const std::string kRows = "zoom_proxy_bulk_rows_total{result=\"sanitized\"}";

/// A client may have its answer before it is counted.
inline void expect_counted(const Proxy& proxy, const std::string& series, double wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (counted(proxy, series) != wanted && std::chrono::steady_clock::now() < end) continue;
  EXPECT_EQ(counted(proxy, series), wanted) << series;
}

}  // namespace integration
