// POST /bulk/NAME: bulk texts of any length through the real proxy.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "tests/integration/bulk_texts.hpp"
#include "tests/integration/callers.hpp"
#include "tests/integration/command.hpp"
#include "tests/integration/gzip.hpp"
#include "tests/integration/mounted_proxy.hpp"

namespace integration {
namespace {

Answer post(const Proxy& proxy, const std::string& target, const std::string& body,
            const Headers& headers = kCsv) {
  Client client(proxy.port());
  return client.request("POST", target, headers, body);
}

std::string chunk(const std::string& text) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

/// The head of a request whose body comes in chunks.
std::string chunked_head(const std::string& more = {}) {
  return std::string("POST ") + kMetrics +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
         "Transfer-Encoding: chunked\r\n" +
         more + "\r\n";
}

ProxyOptions with(const std::string& more) {
  ProxyOptions options;
  options.more = more;
  return options;
}

TEST(BulkHttp, APersonIsTheSameAsInTheApi) {
  Pair pair;
  const Example person = pair.simulator.example();
  const Answer answer = post(pair.proxy, kMetrics,
                             kHeader + "Canary Ann," + person.email + ",Chat,\"a;b\",Canary,\r\n");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(answer.field("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_TRUE(answer.body.starts_with(kHeaderLeft + "t~")) << answer.body;
  EXPECT_TRUE(answer.body.ends_with(",Chat,a;b,\r\n")) << answer.body;
  EXPECT_EQ(canaries(answer), "");
  const std::size_t begin = answer.body.find(",t~") + 1;
  const std::string pseudonym = answer.body.substr(begin, answer.body.find(',', begin) - begin);
  EXPECT_NE(pair.proxy.get("/v2/users").body.find('"' + pseudonym + '"'), std::string::npos);
}

TEST(BulkHttp, TheAnswerBeginsBeforeTheBodyHasEnded) {
  Pair pair;
  Client client(pair.proxy.port());
  client.send(chunked_head());
  client.send(chunk(kHeader + metrics_rows(1 << 20)));
  ASSERT_GT(client.receive_some(), 0U);
  client.send(chunk(metrics_row("last")));
  client.send("0\r\n\r\n");
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  const auto rows = std::ranges::count(answer.body, '\n');
  EXPECT_GT(rows, 10'000);
  EXPECT_EQ(canaries(answer), "");
  expect_counted(pair.proxy, kRows, static_cast<double>(rows - 1));
  expect_counted(pair.proxy, files("done"), 1);
  EXPECT_EQ(client.get("/health/live").status, 200U) << "the connection goes on";
}

TEST(BulkHttp, OnlyForWhomInboundAuthLetsIn) {
  ProxyOptions options;
  options.inbound_auth = "{mode: bearer, bearer: {token_sha256: [" + sha256("good") + "]}}\n";
  Pair pair({}, options);
  expect_refused(post(pair.proxy, kMetrics, kHeader), 401, "UNAUTHENTICATED");
  expect_refused(post(pair.proxy, "/bulk/none", kHeader), 401, "UNAUTHENTICATED");
  Headers headers = bearer("good");
  EXPECT_EQ(post(pair.proxy, kMetrics, kHeader, headers).status, 200U);
  headers.emplace_back("X-Forwarded-Proto", "http");
  expect_refused(post(pair.proxy, kMetrics, kHeader, headers), 400, "HTTPS_REQUIRED");
}

TEST(BulkHttp, GzipInAndOut) {
  Pair pair;
  const std::string text = kHeader + metrics_rows(600'000);
  const std::string plain = post(pair.proxy, kMetrics, text).body;
  const std::string members = gzip(text.substr(0, 1000)) + gzip(text.substr(1000));
  for (const char* type : {"text/csv", "application/gzip", "application/octet-stream"}) {
    const Answer answer =
        post(pair.proxy, kMetrics, members, {{"Content-Type", type}, {"Accept-Encoding", "gzip"}});
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
    const Inflated inflated = inflate(answer.body);
    EXPECT_TRUE(inflated.whole);
    EXPECT_TRUE(inflated.text == plain);
  }
  const Headers coded = {{"Content-Encoding", "gzip"}, {"Content-Type", "text/csv"}};
  EXPECT_TRUE(post(pair.proxy, kMetrics, gzip(text), coded).body == plain);
  const std::string cut = gzip(kHeader + metrics_row("x"));
  const Answer refused = post(pair.proxy, kMetrics, cut.substr(0, cut.size() - 1));
  expect_refused(refused, 400, "INVALID_REQUEST");
  EXPECT_NE(refused.body.find("cut off"), refused.body.npos) << refused.body;
}

TEST(BulkHttp, WhatIsWrongEarlyIsTold) {
  Pair pair;
  const Answer answer = post(pair.proxy, kMetrics, "User Name,E-mail\r\nCanary,canary@x.test\r\n");
  expect_refused(answer, 400, "INVALID_REQUEST");
  EXPECT_NE(answer.body.find("Email"), answer.body.npos) << answer.body;
  EXPECT_EQ(canaries(answer), "");
  expect_refused(post(pair.proxy, kMetrics, ""), 400, "INVALID_REQUEST");
  expect_counted(pair.proxy, files("refused"), 2);
  EXPECT_EQ(counted(pair.proxy, files("failed")), 0);
  EXPECT_EQ(counted(pair.proxy, kRows), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(BulkHttp, WhatIsWrongLateBreaksTheAnswerOff) {
  Pair pair;
  const std::string late = kHeader + metrics_rows(2'000'000) + "canary\xff,b,c,d,e,\r\n";
  for (const auto& [text, result] :
       {std::pair(late, "refused"), std::pair(gzip(late).substr(0, 150'000), "refused")}) {
    Client client(pair.proxy.port());
    client.send(chunked_head() + chunk(text) + "0\r\n\r\n");
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200U);
    EXPECT_NE(answer.end, End::whole);
    EXPECT_EQ(canaries(answer), "");
  }
  expect_counted(pair.proxy, files("refused"), 2);
  EXPECT_EQ(counted(pair.proxy, files("done")), 0);
}

TEST(BulkHttp, AClientThatGoesAwayIsCounted) {
  Pair pair;
  {
    Client client(pair.proxy.port());
    client.send(chunked_head() + chunk(kHeader));
  }
  expect_counted(pair.proxy, files("failed"), 1);
  {
    Client client(pair.proxy.port());
    client.send(chunked_head() + chunk(kHeader) + "no chunk\r\n");
    expect_refused(client.read_answer(), 400, "INVALID_REQUEST");
  }
  expect_counted(pair.proxy, files("failed"), 2);
}

TEST(BulkHttp, OtherRequestsAreRefused) {
  Pair pair;
  const Answer unknown = post(pair.proxy, "/bulk/none", kHeader);
  expect_refused(unknown, 403, "BLOCKED_BY_RULES");
  EXPECT_NE(unknown.body.find("zoom-ai-metrics"), unknown.body.npos) << unknown.body;
  for (const char* target : {"/bulk/zoom", "/bulk/", "/bulk/zoom-ai-metrics/x",
                             "/bulk/zoom-ai-metrics?allow_missing=true", "/bulk"}) {
    expect_refused(post(pair.proxy, target, kHeader), 403, "BLOCKED_BY_RULES");
  }
  expect_refused(pair.proxy.get(kMetrics), 400, "INVALID_REQUEST");
  for (const Headers& headers :
       std::vector<Headers>{{{"Content-Type", "application/x-www-form-urlencoded"}},
                            {{"Content-Type", "text/csv; charset=utf-16"}},
                            {{"Content-Type", "text/csv"}, {"Content-Type", "text/csv"}},
                            {{"Content-Encoding", "br"}},
                            {{"Content-Encoding", "gzip"}, {"Content-Encoding", "deflate"}},
                            {{"X-Psoxy-Skip-Sanitizer", "true"}}}) {
    expect_refused(post(pair.proxy, kMetrics, kHeader, headers), 400, "INVALID_REQUEST");
  }
}

TEST(BulkHttp, OffWithoutRules) {
  Pair pair({}, with("bulk: {rules: []}\n"));
  const Answer answer = post(pair.proxy, kMetrics, kHeader);
  expect_refused(answer, 403, "BLOCKED_BY_RULES");
  EXPECT_NE(answer.body.find("no endpoint"), answer.body.npos) << answer.body;
  const std::string longer(2 << 20, 'x');
  expect_refused(post(pair.proxy, kMetrics, longer), 413, "INVALID_REQUEST");
}

TEST(BulkHttp, BodiesThatAreNoBulkTextsAreBoundedAsEver) {
  Pair pair({}, with("limits: {request_body_bytes: 1000}\n"));
  EXPECT_EQ(post(pair.proxy, kMetrics, kHeader + metrics_rows(5000)).status, 200U);
  const std::string longer(1001, 'x');
  expect_refused(post(pair.proxy, "/v2/users", longer), 413, "INVALID_REQUEST");
  Client client(pair.proxy.port());
  client.send("POST /v2/users HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
              chunk(longer) + "0\r\n\r\n");
  EXPECT_GE(client.read_answer().status, 400U);
}

TEST(BulkHttp, WhoWaitsForLeaveToSendGetsIt) {
  Pair pair;
  Client client(pair.proxy.port());
  client.send(chunked_head("Expect: 100-continue\r\n"));
  ASSERT_GT(client.receive_some(), 0U);
  client.send(chunk(kHeader + metrics_row("x")) + "0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200U);
  client.send(
      "POST /bulk/none HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Length: 1000\r\n\r\n");
  expect_refused(client.read_answer(), 403, "BLOCKED_BY_RULES");
}

TEST(BulkHttp, ThePathPrefixIsTakenOff) {
  ProxyOptions options;
  options.path_prefix = "/zoom";
  Pair pair({}, options);
  const std::string longer = kHeader + metrics_rows(2 << 20);
  EXPECT_EQ(post(pair.proxy, "/zoom/bulk/zoom-ai-metrics", longer.substr(0, 10'000)).status, 400U)
      << "cut inside a row";
  EXPECT_EQ(post(pair.proxy, "/zoom/bulk/zoom-ai-metrics", kHeader).status, 200U);
}

TEST(BulkHttp, TimeCountsBetweenTwoPiecesAlone) {
  Pair pair({}, with("timeouts: {total_seconds: 2}\n"));
  Client client(pair.proxy.port());
  client.send(chunked_head() + chunk(kHeader));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < end) {
    client.send(chunk(metrics_row("x")));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200U);
  client.send(chunked_head() + chunk(kHeader));  // and nothing more
  EXPECT_NE(client.read_answer().end, End::whole);
  expect_counted(pair.proxy, files("failed"), 1);
}

TEST(BulkHttp, ColumnsWithAddressesAreEmptiedAndTold) {
  TemporaryDirectory directory;
  put(directory.file("notes.yaml"), "columnsToPseudonymize: [email]\n");
  Pair pair({}, with("bulk: {rules: [zoom-ai-metrics, " + directory.file("notes.yaml") + "]}\n"));
  const Answer answer = post(pair.proxy, "/bulk/notes",
                             "email,note\ncanary@example.com,ask canary@example.com\n,fine\n");
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(canaries(answer), "");
  EXPECT_TRUE(answer.body.ends_with(",\n,fine\n")) << answer.body;
  const json::object event = wait_for_event(pair.proxy.process(), kind("egress_guard"));
  EXPECT_EQ(text(event.at("route")), "/bulk/notes");
  EXPECT_EQ(text(event.at("place")), "note");
  EXPECT_EQ(event.at("count"), 1);
  const json::object bulk = wait_for_event(pair.proxy.process(), kind("bulk"));
  EXPECT_EQ(text(bulk.at("result")), "done");
  EXPECT_EQ(bulk.at("rows"), 2);
  EXPECT_EQ(bulk.at("requestId"), event.at("requestId"));
  EXPECT_EQ(text(bulk.at("rules")), directory.file("notes.yaml"));
  EXPECT_EQ(bulk.at("changed").at("email"), 1);
  expect_counted(pair.proxy, R"(zoom_proxy_egress_guard_hits_total{route="/bulk/notes"})", 1);
  expect_counted(pair.proxy,
                 R"(zoom_proxy_requests_total{code="200",method="POST",route="/bulk/notes"})", 1);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

TEST(BulkHttp, RecordsOfJson) {
  TemporaryDirectory directory;
  put(directory.file("calls.yaml"), "format: NDJSON\ntransforms:\n  - pseudonymize: $.email\n");
  Pair pair({}, with("bulk: {rules: [" + directory.file("calls.yaml") + "]}\n"));
  const Answer answer =
      post(pair.proxy, "/bulk/calls", "{\"email\":\"canary@example.com\",\"n\":1}\n",
           {{"Content-Type", "application/x-ndjson"}});
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.field("Content-Type"), "application/x-ndjson; charset=utf-8");
  EXPECT_EQ(canaries(answer), "");
  EXPECT_TRUE(answer.body.ends_with(",\"n\":1}\n")) << answer.body;
}

TEST(BulkHttp, ChangedRulesCountAtOnce) {
  TemporaryDirectory directory;
  put(directory.file("hr.yaml"), "columnsToPseudonymize: [email]\n");
  Simulator simulator;
  MountedProxy::Options options;
  options.more = "bulk: {rules: [" + directory.file("hr.yaml") + "]}\n";
  MountedProxy proxy(simulator, options);
  const auto ask = [&] {
    return Client(proxy.port()).request("POST", "/bulk/hr", kCsv, "email,team\na@b.test,blue\n");
  };
  EXPECT_NE(ask().body.find("blue"), std::string::npos);
  put(directory.file("hr.yaml"), "columnsToPseudonymize: [email]\ncolumnsToRedact: [team]\n");
  proxy.wait_for_events("rules_loaded", 2);
  EXPECT_EQ(ask().body.find("team"), std::string::npos);
  put(directory.file("hr.yaml"), "columnsToPseudonymise: [email]\n");
  proxy.wait_for_events("reload_failed", 1);
  EXPECT_EQ(ask().body.find("team"), std::string::npos);
  EXPECT_EQ(proxy.stop(), 0);
}

TEST(BulkHttp, RulesThatCannotBeCalledByOneNameAreRefused) {
  TemporaryDirectory directory;
  const std::string rules = "columnsToRedact: [a]\n";
  std::filesystem::create_directory(directory.file("other"));
  for (const char* name : {"hr.yaml", "other/hr.yml", "h r.yaml", "zoom-ai-metrics.yaml"}) {
    put(directory.file(name), rules);
  }
  const auto errors_of = [&](const std::string& list) {
    const Outcome outcome = run("check", {{"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
                                          {"ACCOUNT_ID", "a"},
                                          {"CLIENT_ID", "b"},
                                          {"CLIENT_SECRET", "c"},
                                          {"PSOXY_SALT", std::string(32, 's')},
                                          {"PSOXY_ENCRYPTION_KEY", std::string(32, 'k')},
                                          {"ZOOM_PROXY_BULK_RULES", list}});
    EXPECT_EQ(outcome.exit_code, outcome.errors.empty() ? 0 : 1);
    return outcome.errors.empty() ? outcome.output : outcome.errors;
  };
  EXPECT_TRUE(holds(errors_of("zoom-ai-metrics," + directory.file("hr.yaml")), "POST /bulk/hr\n"));
  EXPECT_TRUE(holds(errors_of(directory.file("hr.yaml") + "," + directory.file("other/hr.yml")),
                    "two sets are called hr"));
  EXPECT_TRUE(holds(errors_of("zoom-ai-metrics," + directory.file("zoom-ai-metrics.yaml")),
                    "two sets are called zoom-ai-metrics"));
  EXPECT_TRUE(holds(errors_of(directory.file("h r.yaml")), "stands in URLs"));
  EXPECT_TRUE(holds(errors_of(directory.file("none.yaml")), directory.file("none.yaml")));
  EXPECT_TRUE(holds(errors_of("zoom"), "rules")) << "those of the API";
}

TEST(Memory, BulkTextsWhoseSendersDoNotRead) {
  Pair pair;
  std::string text = "User Name,Email,Department\n";
  while (text.size() < (std::size_t{16} << 20)) text += "1,1,\n";
  const std::string body = gzip(text);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<Client>(pair.proxy.port()));
    clients.back()->shrink_receive_buffer();
    clients.back()->send(chunked_head() + chunk(body) + "0\r\n\r\n");
  }
  for (const auto& client : clients) ASSERT_GT(client->receive_some(), 0U);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (measured()) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 64 * 1024);
  }
}

TEST(Memory, BulkTextOf64Megabytes) {
  Pair pair;
  const std::string rows = metrics_rows(1 << 20);
  const int times = measured() ? 64 : 4;
  Client client(pair.proxy.port());
  std::thread sender([&] {
    client.send(chunked_head() + chunk(kHeader));
    for (int i = 0; i < times; ++i) client.send(chunk(rows));
    client.send("0\r\n\r\n");
  });
  const Answer answer = client.read_answer();
  sender.join();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(std::ranges::count(answer.body, '\n'), std::ranges::count(rows, '\n') * times + 1);
  RecordProperty("peak_kib", static_cast<int>(pair.proxy.process().peak_memory_kib()));
  if (measured()) {
    EXPECT_LT(pair.proxy.process().peak_memory_kib(), 32 * 1024);
  }
}

}  // namespace
}  // namespace integration
