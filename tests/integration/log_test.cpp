// What the log tells of requests, at its most talkative: which fields, which trace, and nothing
// personal or secret.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "tests/integration/callers.hpp"

namespace integration {
namespace {

constexpr const char* kTalkative = "log: {level: debug, google_project: a-project}\n";

using Keys = std::set<std::string>;
Keys keys(const json::object& event) {
  Keys found;
  for (const auto& [key, value] : event) found.insert(key);
  return found;
}

/// Those of every event, and these.
Keys common_and(Keys keys) {
  keys.insert({"severity", "time", "message", "event"});
  return keys;
}

TEST(LogTest, RequestsHaveTheirFieldsAndNoOthers) {
  const std::string tracking_id = "v=2.0;clid=us02;rid=WEB_0123456789abcdef";
  Pair pair;
  pair.simulator.control({{"fault", "headers"}, {"headers", {{"x-zm-trackingid", tracking_id}}}});
  Client client(pair.proxy.port());  // on one connection they are logged in turn
  const Answer served = client.get("/v2/users?page_size=1");
  ASSERT_EQ(served.status, 200U);
  pair.simulator.control({{"fault", "status"},
                          {"status", 404},
                          {"headers", {{"x-zm-trackingid", tracking_id + "-404"}}}});
  ASSERT_EQ(client.get("/v2/users").status, 404U);
  const Answer refused = client.get("/v2/nothing");
  ASSERT_EQ(refused.status, 403U);
  ASSERT_EQ(pair.proxy.stop(), 0);
  const std::vector<json::object> requests = events_of(pair.proxy.log(), "request");
  ASSERT_EQ(requests.size(), 3U);

  const Keys of_zoom =
      common_and({"requestId", "httpRequest", "route", "upstreamStatus", "zoomTrackingId"});
  EXPECT_EQ(keys(requests[0]), of_zoom);
  EXPECT_EQ(requests[0].at("severity"), "INFO");
  EXPECT_EQ(requests[0].at("route"), "/v2/users");
  EXPECT_EQ(requests[0].at("upstreamStatus"), 200);
  EXPECT_EQ(text(requests[0].at("zoomTrackingId")), tracking_id);
  const json::object& http = requests[0].at("httpRequest").as_object();
  EXPECT_EQ(keys(http), (Keys{"requestMethod", "status", "latency", "responseSize", "protocol"}));
  EXPECT_EQ(http.at("requestMethod"), "GET");
  EXPECT_EQ(http.at("status"), 200);
  EXPECT_EQ(text(http.at("responseSize")), std::to_string(served.body.size()));
  EXPECT_EQ(http.at("protocol"), "HTTP/1.1");

  Keys of_refusal = of_zoom;
  of_refusal.insert("cause");
  EXPECT_EQ(keys(requests[1]), of_refusal);
  EXPECT_EQ(requests[1].at("severity"), "WARNING");
  EXPECT_EQ(requests[1].at("cause"), "API_ERROR");
  EXPECT_EQ(requests[1].at("upstreamStatus"), 404);
  EXPECT_EQ(text(requests[1].at("zoomTrackingId")), tracking_id + "-404");

  EXPECT_EQ(keys(requests[2]), common_and({"requestId", "httpRequest", "cause"}));
  EXPECT_EQ(requests[2].at("requestId"), object(refused).at("requestId"));
  EXPECT_EQ(requests[2].at("cause"), "BLOCKED_BY_RULES");
}

TEST(LogTest, TheEgressGuardNamesRouteAndPlace) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("rules.yaml"))
      << "endpoints:\n"
         "  - pathTemplate: /v2/users\n"
         "    allowedMethods: [GET]\n"
         "    responseSchema:\n"
         "      type: object\n"
         "      properties:\n"
         "        users:\n"
         "          type: array\n"
         "          items: {type: object, properties: {email: {type: string}}}\n";
  Pair pair({}, {.more = "rules: {file: " + directory.file("rules.yaml") + "}\n"});
  ASSERT_EQ(pair.proxy.get("/v2/users?page_size=7").status, 200U);
  ASSERT_EQ(pair.proxy.stop(), 0);
  const std::vector<json::object> hits = events_of(pair.proxy.log(), "egress_guard");
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(keys(hits[0]), common_and({"requestId", "route", "place", "count"}));
  EXPECT_EQ(hits[0].at("severity"), "WARNING");
  EXPECT_EQ(hits[0].at("requestId"), events_of(pair.proxy.log(), "request").at(0).at("requestId"));
  EXPECT_EQ(hits[0].at("route"), "/v2/users");
  EXPECT_EQ(hits[0].at("place"), "$.users[].email");
  EXPECT_EQ(hits[0].at("count"), 7);
}

TEST(LogTest, EventsOfARequestNameItsTrace) {
  Pair pair({}, {.more = kTalkative});
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto status = [&](const std::string& target, const Headers& headers = {}) {
    return pair.proxy.get(target, headers).status;
  };
  EXPECT_EQ(status("/v2/users", {{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}}), 200U);
  EXPECT_EQ(status("/v2/nothing", {{"X-Cloud-Trace-Context", id + "/1;o=1"}}), 403U);
  EXPECT_EQ(status("/v2/users"), 200U);
  EXPECT_EQ(pair.proxy.stop(), 0);
  int named = 0;
  int requests = 0;
  for (const json::object& event : events(pair.proxy.log())) {
    requests += event.at("event") == "request" ? 1 : 0;
    const json::value* trace = event.if_contains("logging.googleapis.com/trace");
    if (trace == nullptr) continue;
    named += event.at("event") == "request" ? 1 : 0;
    EXPECT_EQ(text(*trace), "projects/a-project/traces/" + id);
  }
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(named, 2);
}

TEST(LogTest, HoldsNothingThatAClientOrZoomHasPut) {
  Pair pair({}, {.more = kTalkative});
  const std::string canary = "canary.log@leak.example";
  const Headers planted = {
      {"User-Agent", canary},
      {"Cookie", "a=" + canary},
      {"Authorization", "Bearer " + canary},
      {"Referer", "https://x/" + canary},
      {"X-Forwarded-For", canary},
      {"Forwarded", "for=" + canary},
      {"traceparent", "00-canarycanarycanarycanarycanaryca-00f067aa0ba902b7-01"},
      {"X-Cloud-Trace-Context", canary},
      {"X-Canary-Name", canary},
      {"X-Psoxy-User-To-Impersonate", canary},
      {"Content-Type", "application/canary"}};
  const auto ask = [&](const std::string& method, const std::string& target,
                       const Headers& more = {}, const std::string& body = {}) {
    Headers headers = planted;
    headers.insert(headers.end(), more.begin(), more.end());
    Client(pair.proxy.port()).request(method, target, headers, body);
  };
  ask("GET", "/v2/users");
  ask("GET", "/v2/users/canary.id@leak.example/meetings");
  ask("GET", "/v2/canary@leak.example");
  ask("GET", "/v2/users?page_size=canary%40leak.example");
  ask("GET", "/v2/users?canary@leak.example=1");
  ask("CANARY", "/v2/users");
  ask("POST", "/v2/users", {}, R"({"email":"canary.body@leak.example"})");
  ask("GET", "/v2/users", {{"X-Psoxy-TargetPath", "/v2/canary@leak.example"}});
  ask("GET", "/v2/users", {{"X-Psoxy-Health-Check", canary}});
  ask("GET", "/v2/users", {{"Prefer", "respond-async, " + canary}});
  ask("GET", "/health/live");
  Client broken(pair.proxy.port());
  broken.send("GET /canary@leak.example HTTP/1.1\r\nHost: a\r\nHost: canary.example\r\n\r\n");
  broken.read_answer();
  for (const char* fault : {"status", "html", "broken_json", "headers"}) {
    pair.simulator.reset();
    pair.simulator.control(
        {{"fault", fault}, {"headers", {{"x-zm-trackingid", canary}, {"ETag", canary}}}});
    ask("GET", "/v2/users");
  }
  EXPECT_EQ(pair.proxy.stop(), 0);
  const std::string log = pair.proxy.log();
  EXPECT_EQ(canaries(log), "");
  EXPECT_GE(events(log).size(), 16U);
  EXPECT_NE(log.find(R"("severity":"DEBUG")"), std::string::npos) << "as talkative as it gets";
}

/// What the look-alike has got in that field's credentials, each once.
std::set<std::string> credentials(Simulator& simulator, const std::string& scheme) {
  std::set<std::string> found;
  const json::object stats = simulator.stats();
  const std::string begin = "Authorization: " + scheme + ' ';
  for (const json::value& request : stats.at("fields").as_array()) {
    const std::string fields = text(request);
    const std::size_t at = fields.find(begin);
    if (at == fields.npos) continue;
    const std::size_t value = at + begin.size();
    found.insert(fields.substr(value, fields.find('\n', value) - value));
  }
  return found;
}

TEST(LogTest, SecretsAreNeitherThereNorOnTheAdminPort) {
  const std::string good = "bearer-token-of-a-caller-0123456789";
  ProxyOptions options;
  options.inbound_auth = "{mode: bearer, bearer: {token_sha256: [" + sha256(good) + "]}}\n";
  options.more = kTalkative;
  Pair pair({}, options);
  const auto get = [&](const std::string& target, const std::string& token,
                       const Headers& more = {}) {
    Headers headers = bearer(token);
    headers.insert(headers.end(), more.begin(), more.end());
    return pair.proxy.get(target, headers).status;
  };
  EXPECT_EQ(get("/v2/users", good), 200U);
  EXPECT_EQ(get("/v2/users", good + "x"), 401U);
  EXPECT_EQ(get("/health/live", good), 200U);
  EXPECT_EQ(get("/v2/users", good, {{"X-Psoxy-Health-Check", "deep"}}), 200U);
  pair.simulator.control({{"fault", "revoked_token"}});
  EXPECT_EQ(get("/v2/users", good), 200U);
  pair.simulator.control({{"fault", "broken_json"}, {"times", 1}});
  EXPECT_EQ(get("/v2/users", good), 502U);

  std::set<std::string> secrets = {options.salt, options.encryption_key, options.client_secret,
                                   good};
  const std::set<std::string> tokens = credentials(pair.simulator, "Bearer");
  EXPECT_EQ(tokens.size(), 2U) << "before and after the first was revoked";
  EXPECT_EQ(tokens.count(good), 0U);
  secrets.insert(tokens.begin(), tokens.end());
  secrets.merge(credentials(pair.simulator, "Basic"));
  ASSERT_EQ(secrets.size(), 7U);

  std::map<std::string, std::string> shown;
  for (const char* path : {"/metrics", "/", "/status.json", "/health/ready"})
    shown[path] = pair.proxy.admin(path).body;
  ASSERT_EQ(pair.proxy.stop(), 0);
  shown["log"] = pair.proxy.log();
  EXPECT_NE(shown["log"].find(R"("severity":"DEBUG")"), std::string::npos);
  for (const auto& [where, content] : shown) {
    EXPECT_NE(content, "") << where;
    for (const std::string& secret : secrets)
      EXPECT_EQ(content.find(secret), std::string::npos) << where << " shows " << secret;
  }
}

}  // namespace
}  // namespace integration
