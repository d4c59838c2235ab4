#include "server/admin_port.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "tests/server/engine_fixture.hpp"
#include "tests/server/loopback.hpp"

namespace zoom_proxy {
namespace {

/// With one worker, which never comes to its turn unless it is run.
class AdminPortTest : public testing::Test {
 protected:
  AdminPortTest() { lifecycle_.ready = true; }

  /// The answer to one request.
  std::string get(const std::string& target) {
    Loopback net;
    net.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::string answer;
    std::thread client([&] { answer = net.read_all(); });
    net.run(admin_.serve(std::move(net.server)));
    client.join();
    return answer;
  }

  static std::shared_ptr<const Settings> some_settings() {
    auto settings = std::make_shared<Settings>();
    settings->zoom.token_url = "https://127.0.0.1:1/oauth/token";
    return settings;
  }

  std::shared_ptr<const Snapshot> snapshot_ =
      std::make_shared<const Snapshot>(Snapshot{some_settings(), known_engine()});
  Lifecycle lifecycle_;
  Metrics metrics_;
  TokenCache tokens_{*snapshot_->settings, make_client_tls("", TlsVersion::v1_3), {}};
  asio::io_context worker_{1};
  WorkerWatch watch_{{{worker_.get_executor(), [] { return WorkerWatch::Connections{1, 2, 3}; }}}};
  AdminPort admin_{{[this] { return snapshot_; }, lifecycle_, tokens_, {}, 1}, metrics_, watch_};
};

TEST_F(AdminPortTest, IsNotLiveWhenAWorkerIsStuck) {
  const auto began = std::chrono::steady_clock::now();
  const std::string answer = get("/health/live");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find(R"("reason":"a worker is stuck")"), answer.npos) << answer;
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(AdminPortTest, ShowsMetricsAndStatusAlsoWhenAWorkerIsStuck) {
  const std::string metrics = get("/metrics");
  EXPECT_TRUE(metrics.starts_with("HTTP/1.1 200")) << metrics;
  EXPECT_NE(metrics.find("zoom_proxy_upstream_connections{state=\"idle\"} 0"), metrics.npos);
  const std::string status = get("/status.json");
  EXPECT_TRUE(status.starts_with("HTTP/1.1 200")) << status;
  EXPECT_NE(status.find(R"("workersAnswer":false)"), status.npos) << status;
}

TEST_F(AdminPortTest, DegradedIsToldWithoutFailing) {
  lifecycle_.degraded.set("rules", "rules.yaml:3:1: unknown key");
  const std::string answer = get("/health/ready");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  const auto body = boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).as_object();
  EXPECT_EQ(body.at("status").as_string(), "ready");
  EXPECT_EQ(body.at("degraded").at(0).at("what").as_string(), "rules");
  EXPECT_EQ(body.at("degraded").at(0).at("message").as_string(), "rules.yaml:3:1: unknown key");
}

TEST_F(AdminPortTest, ThePublicPortNamesWhatIsDegradedAndNoMore) {
  lifecycle_.degraded.set("rules", "rules.yaml:3:1: unknown key");
  Loopback net;
  ResponseWriter writer(*net.server, {});
  answer_health({.method = "GET", .target = "/health/ready", .fields = {}}, lifecycle_, writer);
  EXPECT_EQ(writer.status(), 200u);
  net.run(writer.finish());
  const std::string answer = net.read_until("}");
  EXPECT_NE(answer.find(R"({"status":"ready","degraded":["rules"]})"), answer.npos) << answer;
}

TEST_F(AdminPortTest, ReadinessFailsWhenNoRequestsAreWanted) {
  lifecycle_.ready = false;
  EXPECT_TRUE(get("/health/ready").starts_with("HTTP/1.1 503"));
}

TEST_F(AdminPortTest, KeepsTheConnectionForTheNextScrape) {
  Loopback net;
  const std::string request = "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n";
  net.send(request + request + "GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string answers;
  std::thread client([&] { answers = net.read_all(); });
  net.run(admin_.serve(std::move(net.server)));
  client.join();
  const std::size_t second = answers.find("HTTP/1.1 200", 1);
  ASSERT_NE(second, answers.npos) << answers;
  EXPECT_NE(answers.find("HTTP/1.1 404", second), answers.npos) << answers;
}

}  // namespace
}  // namespace zoom_proxy
