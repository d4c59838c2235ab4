// The admin port of the real proxy: every metric moves by what happened, and by nothing else.

#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

using Series = std::map<std::string, double>;

Series scrape(const Proxy& proxy) {
  const Answer answer = proxy.admin("/metrics");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  Series found;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.rfind(' ');
    found[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return found;
}

double value(const Series& series, const std::string& name) {
  const auto found = series.find(name);
  return found == series.end() ? 0 : found->second;
}

/// A request is counted when its answer has gone: a client may be quicker. Scrapes until the value
/// is there.
Series await(const Proxy& proxy, const std::string& name, double wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Series series = scrape(proxy);
  while (value(series, name) != wanted) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << name << " is " << value(series, name) << ", not " << wanted;
      break;
    }
    series = scrape(proxy);
  }
  return series;
}

std::string requests(const std::string& route, const std::string& code) {
  return "zoom_proxy_requests_total{code=\"" + code + "\",method=\"GET\",route=\"" + route + "\"}";
}

std::string upstream(const std::string& route, const std::string& code) {
  return "zoom_proxy_upstream_requests_total{code=\"" + code + "\",route=\"" + route + "\"}";
}

std::string refused(const std::string& reason) {
  return "zoom_proxy_refused_total{reason=\"" + reason + "\"}";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(MetricsTest, AnAnswerIsCounted) {
  Pair pair;
  const Series before = scrape(pair.proxy);
  EXPECT_EQ(before.count("zoom_proxy_token_expiry_timestamp_seconds"), 0U);
  const Answer answer = pair.proxy.get("/v2/users");
  ASSERT_EQ(answer.status, 200U);
  const Series after = await(pair.proxy, requests("/v2/users", "200"), 1);
  EXPECT_EQ(value(after, upstream("/v2/users", "200")), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_request_duration_seconds_count{route="/v2/users"})"), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_upstream_duration_seconds_count{route="/v2/users"})"), 1);
  const double out = value(after, R"(zoom_proxy_sanitizer_bytes_total{direction="out"})");
  EXPECT_EQ(out, static_cast<double>(answer.body.size()));
  EXPECT_GT(value(after, R"(zoom_proxy_sanitizer_bytes_total{direction="in"})"), out);
  EXPECT_EQ(value(after, R"(zoom_proxy_sanitizer_values_total{action="pseudonymized"})"),
            static_cast<double>(count(answer.body, "~")));
  EXPECT_GT(value(after, R"(zoom_proxy_sanitizer_values_total{action="dropped"})"), 0);
  EXPECT_GT(value(after, R"(zoom_proxy_unlisted_fields_total{route="/v2/users"})"), 0);
  EXPECT_EQ(value(after, R"(zoom_proxy_token_refreshes_total{result="refreshed"})"), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_upstream_connections{state="idle"})"), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_upstream_connections{state="in_use"})"), 0);
  const double left = value(after, "zoom_proxy_token_expiry_timestamp_seconds") -
                      static_cast<double>(time(nullptr));
  EXPECT_NEAR(left, 3600, 60);
  EXPECT_GT(value(after, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value(after, "process_open_fds"), 5);
}

TEST(MetricsTest, TheFirstFailureIsAChange) {
  Pair pair;
  const Series start = scrape(pair.proxy);
  EXPECT_EQ(start.count(requests("/v2/users", "503")), 1U);
  EXPECT_EQ(start.count(upstream("/v2/users", "none")), 1U);
  EXPECT_EQ(
      start.count(
          R"(zoom_proxy_requests_total{code="500",method="POST",route="/bulk/zoom-ai-metrics"})"),
      1U);
}

TEST(MetricsTest, RefusalsAreCountedByTheirCause) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users/x/settings").status, 403U);
  const std::string no_token = "p~" + std::string(64, 'A');
  ASSERT_EQ(pair.proxy.get("/v2/users/" + no_token + "/meetings").status, 409U);
  pair.simulator.control({{"fault", "status"}, {"status", 404}, {"times", 1}});
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 404U);
  pair.simulator.control({{"fault", "broken_json"}, {"times", 1}});
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 502U);
  const Series after = await(pair.proxy, requests("/v2/users", "502"), 1);
  EXPECT_EQ(value(after, refused("blocked_by_rules")), 1);
  EXPECT_EQ(value(after, refused("tokenized_request_parameter_invalid")), 1);
  EXPECT_EQ(value(after, refused("api_error")), 1);
  EXPECT_EQ(value(after, refused("bad_source_response")), 1);
  EXPECT_EQ(value(after, requests("none", "403")), 1);
  EXPECT_EQ(value(after, requests("/v2/users", "404")), 1);
  EXPECT_EQ(value(after, upstream("/v2/users", "404")), 1);
  EXPECT_EQ(value(after, upstream("/v2/users", "200")), 1);
}

TEST(MetricsTest, EachCallToZoomIsCounted) {
  ProxyOptions options;
  options.more = "timeouts: {response_head_seconds: 2}\n";
  Pair pair({}, options);
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  pair.simulator.control({{"fault", "revoked_token"}});
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  Series after = await(pair.proxy, requests("/v2/users", "200"), 2);
  EXPECT_EQ(value(after, upstream("/v2/users", "200")), 2);
  EXPECT_EQ(value(after, upstream("/v2/users", "401")), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_token_refreshes_total{result="refreshed"})"), 2);
  pair.simulator.control({{"fault", "stall"}, {"times", 1}});
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 504U);
  after = await(pair.proxy, requests("/v2/users", "504"), 1);
  EXPECT_EQ(value(after, upstream("/v2/users", "none")), 1);
  EXPECT_EQ(value(after, refused("source_api_read_timeout")), 1);
}

TEST(MetricsTest, RefusedCredentialsAreCounted) {
  ProxyOptions options;
  options.client_secret = "wrong";
  Pair pair({}, options);
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 500U);
  const Series after = await(pair.proxy, refused("connection_setup"), 1);
  EXPECT_EQ(value(after, R"(zoom_proxy_token_refreshes_total{result="refused"})"), 1);
  EXPECT_EQ(after.count("zoom_proxy_token_expiry_timestamp_seconds"), 0U);
}

TEST(MetricsTest, TheEgressGuardIsCounted) {
  TemporaryDirectory directory;
  const std::string rules = directory.file("rules.yaml");
  std::ofstream(rules) << "endpoints:\n  - pathTemplate: /v2/users\n    allowedMethods: [GET]\n";
  ProxyOptions options;
  options.more = "rules: {file: " + rules + "}\n";
  Pair pair({}, options);
  const Answer answer = pair.proxy.get("/v2/users");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Series after = await(pair.proxy, requests("/v2/users", "200"), 1);
  EXPECT_GT(value(after, R"(zoom_proxy_egress_guard_hits_total{route="/v2/users"})"), 0);
}

TEST(MetricsTest, WhatIsUnderWayShows) {
  Pair pair;
  pair.simulator.control({{"fault", "hold"}, {"times", 1}});
  std::thread client([&] { EXPECT_EQ(pair.proxy.get("/v2/users").status, 200U); });
  pair.simulator.wait_until("held", [](auto answers) { return answers == 1; });
  const std::string in_use = R"(zoom_proxy_upstream_connections{state="in_use"})";
  const Series during = await(pair.proxy, in_use, 1);
  EXPECT_EQ(value(during, "zoom_proxy_requests_in_flight"), 1);
  pair.simulator.control({{"fault", "release"}});
  client.join();
  await(pair.proxy, "zoom_proxy_requests_in_flight", 0);
  await(pair.proxy, in_use, 0);
}

TEST(MetricsTest, ProbesAreNotTraffic) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/health/ready").status, 200U);
  ASSERT_EQ(pair.proxy.get("/nothing").status, 403U);
  const Series after = await(pair.proxy, requests("none", "403"), 1);
  EXPECT_EQ(value(after, requests("none", "200")), 0);
}

/// One client, 2000 requests that it made up.
TEST(MetricsTest, AClientCannotMakeSeries) {
  Pair pair;
  Client client(pair.proxy.port());
  ASSERT_EQ(client.request("WHATEVER", "/x").status, 403U);
  ASSERT_EQ(client.get("/x").status, 403U);
  const Series before = await(pair.proxy, requests("none", "403"), 1);
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(client.get("/v2/unknown/" + number + "?q" + number + "=1").status, 403U);
    ASSERT_EQ(client.request("M" + number, "/v2/users").status, 403U);
  }
  const Series after = await(pair.proxy, requests("none", "403"), 1001);
  const auto names = [](const Series& series) {
    std::set<std::string> set;
    for (const auto& [name, ignored] : series) set.insert(name);
    return set;
  };
  EXPECT_EQ(names(after), names(before));
}

TEST(MetricsTest, PromtoolHasNothingToSay) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  ASSERT_EQ(pair.proxy.get("/x").status, 403U);
  await(pair.proxy, requests("none", "403"), 1);
  TemporaryDirectory directory;
  std::ofstream(directory.file("metrics")) << pair.proxy.admin("/metrics").body;
  const std::string command = std::string("'" PROMTOOL "' check metrics <") +
                              directory.file("metrics") + " >" + directory.file("said") + " 2>&1";
  const int code = std::system(command.c_str());
  std::stringstream said;
  said << std::ifstream(directory.file("said")).rdbuf();
  EXPECT_EQ(code, 0) << said.str();
  EXPECT_EQ(said.str(), "");
}

/// What the reference says of metrics: each name, and whether it is there only in some set-ups.
std::map<std::string, bool> names_of_the_reference() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../../docs/reference.md");
  std::map<std::string, bool> found;
  bool within = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) within = line == "## Metrics";
    if (!within || !line.starts_with("| `")) continue;
    const std::string cell = line.substr(0, line.find(" |", 2));
    const bool sometimes = line.find("; only with ") != line.npos;
    std::size_t end = 0;
    for (auto begin = cell.find('`'); begin != cell.npos; begin = cell.find('`', end + 1)) {
      end = cell.find('`', begin + 1);
      found[cell.substr(begin + 1, end - begin - 1)] = sometimes;
    }
  }
  return found;
}

TEST(MetricsTest, TheReferenceHasTheirNames) {
  Pair pair;
  ASSERT_EQ(pair.proxy.get("/v2/users").status, 200U);
  await(pair.proxy, requests("/v2/users", "200"), 1);
  pair.proxy.process().signal(SIGHUP);
  await(pair.proxy, R"(zoom_proxy_reloads_total{result="ok",what="rules"})", 1);
  std::istringstream lines(pair.proxy.admin("/metrics").body);
  std::set<std::string> shown;
  const std::string begin = "# TYPE ";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin)) continue;
    shown.insert(line.substr(begin.size(), line.rfind(' ') - begin.size()));
  }
  std::set<std::string> always;
  const auto reference = names_of_the_reference();
  for (const auto& [name, sometimes] : reference)
    if (!sometimes) always.insert(name);
  EXPECT_EQ(shown, always);
  EXPECT_GT(reference.size(), always.size()) << "the listener has no TLS here";
}

}  // namespace
}  // namespace integration
