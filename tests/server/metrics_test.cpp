// What is counted, and that a client cannot make series.

#include "server/metrics.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

using Series = std::map<std::string, double>;

/// The text's samples by name and labels.
Series series(const std::string& text) {
  Series found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    found[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return found;
}

Series series(const Metrics& metrics, const Readings& readings = {}) {
  return series(metrics.text(readings));
}

TEST(Metrics, CountsARequestUnderItsRouteMethodAndStatus) {
  Metrics metrics;
  RequestRecord record;
  record.route = "/v2/users";
  metrics.count_request("GET", 200, std::chrono::milliseconds(30), record);
  metrics.count_request("GET", 200, std::chrono::milliseconds(3), record);
  metrics.count_request("HEAD", 200, std::chrono::milliseconds(3), record);
  const Series found = series(metrics);
  EXPECT_EQ(found.at(R"(zoom_proxy_requests_total{code="200",method="GET",route="/v2/users"})"), 2);
  EXPECT_EQ(found.at(R"(zoom_proxy_requests_total{code="200",method="HEAD",route="/v2/users"})"),
            1);
  const std::string duration = "zoom_proxy_request_duration_seconds";
  EXPECT_EQ(found.at(duration + R"(_count{route="/v2/users"})"), 3);
  EXPECT_NEAR(found.at(duration + R"(_sum{route="/v2/users"})"), 0.036, 1e-9);
  EXPECT_EQ(found.at(duration + R"(_bucket{route="/v2/users",le="0.005"})"), 2);
  EXPECT_EQ(found.at(duration + R"(_bucket{route="/v2/users",le="0.05"})"), 3);
}

TEST(Metrics, CountsEachCallToZoom) {
  Metrics metrics;
  metrics.set_rules(*known_engine());
  RequestRecord record;
  record.route = "/v2/users";
  record.calls = {{429, std::chrono::milliseconds(20)}, {200, std::chrono::milliseconds(40)}, {}};
  metrics.count_request("GET", 200, std::chrono::seconds(1), record);
  const Series found = series(metrics);
  const auto calls = [&](const std::string& code) {
    return found.at("zoom_proxy_upstream_requests_total{code=\"" + code +
                    R"(",route="/v2/users"})");
  };
  EXPECT_EQ(calls("429"), 1);
  EXPECT_EQ(calls("200"), 1);
  EXPECT_EQ(calls("none"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_upstream_duration_seconds_count{route="/v2/users"})"), 2)
      << "the call that was not sent took no time";
}

TEST(Metrics, CountsBulkTextsAndTheirRows) {
  Metrics metrics;
  const std::string files = "zoom_proxy_bulk_files_total{result=\"";
  const Series before = series(metrics);
  for (const char* result : {"done", "already", "refused", "failed"}) {
    EXPECT_EQ(before.at(files + result + "\"}"), 0);
  }
  EXPECT_EQ(before.at(R"(zoom_proxy_bulk_rows_total{result="sanitized"})"), 0);
  metrics.count_bulk("/bulk/hr", "done", 10, 3);
  metrics.count_bulk("/bulk/hr", "refused", 1, 0);
  RequestRecord record;
  record.route = "/bulk/hr";
  metrics.count_request("POST", 200, std::chrono::seconds(1), record);
  const Series found = series(metrics);
  EXPECT_EQ(found.at(files + "done\"}"), 1);
  EXPECT_EQ(found.at(files + "refused\"}"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_bulk_rows_total{result="sanitized"})"), 11);
  EXPECT_EQ(found.at(R"(zoom_proxy_egress_guard_hits_total{route="/bulk/hr"})"), 3);
  EXPECT_EQ(found.count(R"(zoom_proxy_upstream_duration_seconds_count{route="/bulk/hr"})"), 0U)
      << "Zoom is not asked";
}

TEST(Metrics, CountsWhatTheSanitizerDid) {
  Metrics metrics;
  metrics.set_rules(*known_engine());
  RequestRecord record;
  record.route = "/v2/users";
  record.sanitizer_in = 1000;
  record.sanitizer_out = 300;
  record.values = {.pseudonymized = 1, .digested = 2, .dropped = 3, .nulled = 4};
  record.guard_hits = {{"$.a", 5}, {"$.b", 1}};
  record.unlisted = {{"$.<unlisted>", {"name"}, 7}};
  metrics.count_request("GET", 200, std::chrono::seconds(1), record);
  const Series found = series(metrics);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_bytes_total{direction="in"})"), 1000);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_bytes_total{direction="out"})"), 300);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_values_total{action="pseudonymized"})"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_values_total{action="digested"})"), 2);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_values_total{action="dropped"})"), 3);
  EXPECT_EQ(found.at(R"(zoom_proxy_sanitizer_values_total{action="nulled"})"), 4);
  EXPECT_EQ(found.at(R"(zoom_proxy_egress_guard_hits_total{route="/v2/users"})"), 6);
  EXPECT_EQ(found.at(R"(zoom_proxy_unlisted_fields_total{route="/v2/users"})"), 7);
}

TEST(Metrics, EveryCauseHasItsSeriesFromTheStart) {
  Metrics metrics;
  RequestRecord record;
  record.cause = Cause::blocked_by_rules;
  metrics.count_request("GET", 403, std::chrono::seconds(1), record);
  const Series found = series(metrics);
  EXPECT_EQ(found.at(R"(zoom_proxy_refused_total{reason="blocked_by_rules"})"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_refused_total{reason="api_error"})"), 0);
  EXPECT_EQ(found.at(R"(zoom_proxy_requests_total{code="403",method="GET",route="none"})"), 1);
}

TEST(Metrics, MethodsThatAClientMakesUpAreOneSeries) {
  Metrics metrics;
  const RequestRecord record;
  metrics.count_request("WHATEVER", 403, std::chrono::seconds(1), record);
  const std::size_t before = series(metrics).size();
  for (int i = 0; i < 1000; ++i) {
    metrics.count_request("M" + std::to_string(i), 403, std::chrono::seconds(1), record);
  }
  const Series found = series(metrics);
  EXPECT_EQ(found.size(), before);
  EXPECT_EQ(found.at(R"(zoom_proxy_requests_total{code="403",method="OTHER",route="none"})"), 1001);
}

TEST(Metrics, RoutesOfReloadsWithoutEndAreOneSeriesAtLast) {
  Metrics metrics;
  for (int i = 0; i < 1500; ++i) {
    const std::string route = "/r" + std::to_string(i);
    RequestRecord record;
    record.route = route;
    metrics.count_request("GET", 200, std::chrono::seconds(1), record);
  }
  const Series found = series(metrics);
  EXPECT_EQ(found.at(R"(zoom_proxy_requests_total{code="200",method="GET",route="/r0"})"), 1);
  EXPECT_GE(found.at(R"(zoom_proxy_requests_total{code="200",method="GET",route="other"})"), 500);
}

TEST(Metrics, TheRulesInForceShowTheirHashAndTheirRoutes) {
  Metrics metrics;
  metrics.set_rules(*known_engine());
  metrics.set_rules(*known_engine());
  int infos = 0;
  for (const auto& [name, value] : series(metrics)) {
    if (!name.starts_with("zoom_proxy_build_info")) continue;
    ++infos;
    EXPECT_NE(name.find(known_engine()->rules_sha()), name.npos) << name;
    EXPECT_EQ(value, 1);
  }
  EXPECT_EQ(infos, 1);
  EXPECT_EQ(series(metrics).at(R"(zoom_proxy_unlisted_fields_total{route="/v2/users"})"), 0);
}

TEST(Metrics, WhatAlertsLookForStartsAtZero) {
  Metrics metrics;
  metrics.set_rules(*known_engine());
  metrics.expect_requests("/bulk/hr", "POST");
  const Series found = series(metrics);
  for (const std::string code : {"500", "502", "503", "504"}) {
    const std::string requests = "zoom_proxy_requests_total{code=\"" + code;
    EXPECT_EQ(found.at(requests + R"(",method="GET",route="none"})"), 0);
    EXPECT_EQ(found.at(requests + R"(",method="GET",route="/v2/users"})"), 0);
    EXPECT_EQ(found.at(requests + R"(",method="POST",route="/bulk/hr"})"), 0);
  }
  for (const std::string code : {"429", "500", "502", "503", "504", "none"}) {
    const std::string calls = "zoom_proxy_upstream_requests_total{code=\"" + code;
    EXPECT_EQ(found.at(calls + R"(",route="/v2/users"})"), 0);
    EXPECT_EQ(found.count(calls + R"(",route="/bulk/hr"})"), 0U) << "Zoom is not asked";
  }
}

TEST(Metrics, RequestsInFlight) {
  Metrics metrics;
  {
    const Metrics::InFlight one(metrics);
    const Metrics::InFlight two(metrics);
    EXPECT_EQ(series(metrics).at("zoom_proxy_requests_in_flight"), 2);
  }
  EXPECT_EQ(series(metrics).at("zoom_proxy_requests_in_flight"), 0);
}

TEST(Metrics, ReloadsAndTokens) {
  Metrics metrics;
  metrics.count_reload("rules", true);
  metrics.count_reload("rules", true);
  metrics.count_token_refresh("refused");
  const Series found = series(metrics);
  EXPECT_EQ(found.at(R"(zoom_proxy_reloads_total{result="ok",what="rules"})"), 2);
  EXPECT_EQ(found.at(R"(zoom_proxy_reloads_total{result="failed",what="rules"})"), 0);
  EXPECT_EQ(found.at(R"(zoom_proxy_token_refreshes_total{result="refused"})"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_token_refreshes_total{result="refreshed"})"), 0);
}

TEST(Metrics, ReadingsOfTheMoment) {
  const Metrics metrics;
  Readings readings;
  readings.connections_in_use = 1;
  readings.connections_idle = 2;
  readings.connections_waiting = 3;
  readings.log_events_dropped = 4;
  readings.process.open_fds = 5;
  EXPECT_FALSE(series(metrics, readings).contains("zoom_proxy_token_expiry_timestamp_seconds"));
  readings.token_expiry =
      std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  const Series found = series(metrics, readings);
  EXPECT_EQ(found.at("zoom_proxy_token_expiry_timestamp_seconds"), 1.8e9);
  EXPECT_EQ(found.at(R"(zoom_proxy_upstream_connections{state="in_use"})"), 1);
  EXPECT_EQ(found.at(R"(zoom_proxy_upstream_connections{state="idle"})"), 2);
  EXPECT_EQ(found.at(R"(zoom_proxy_upstream_connections{state="waiting"})"), 3);
  EXPECT_EQ(found.at("zoom_proxy_log_events_dropped_total"), 4);
  EXPECT_EQ(found.at("process_open_fds"), 5);
}

}  // namespace
}  // namespace zoom_proxy
