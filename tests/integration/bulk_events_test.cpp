// POST /events/storage: objects of a bucket, by the events that Google Cloud Storage sends.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <tuple>

#include "tests/integration/bulk_texts.hpp"
#include "tests/integration/callers.hpp"
#include "tests/integration/command.hpp"

namespace integration {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEvents = "/events/storage";
constexpr const char* kFinalized = "google.cloud.storage.object.v1.finalized";

json::object data_of(const std::string& name, const std::string& bucket = "exports") {
  return {{"kind", "storage#object"}, {"bucket", bucket}, {"name", name}, {"size", "80"}};
}

class BulkEvents : public testing::Test {
 protected:
  BulkEvents() {
    fs::create_directory(in());
    fs::create_directory(out());
    proxy_ = std::make_unique<Proxy>(simulator_, options());
  }

  std::string in() const { return directory_.file("in"); }
  std::string out() const { return directory_.file("out"); }
  ProxyOptions options() const {
    ProxyOptions options;
    options.more =
        "bulk: {bucket: exports, input_directory: " + in() + ", output_directory: " + out() + "}\n";
    return options;
  }

  void put_object(const std::string& name, const std::string& content) const {
    fs::create_directories(fs::path(in() + '/' + name).parent_path());
    put(in() + '/' + name, content);
  }
  std::string output(const std::string& name) const {
    std::ifstream file(out() + '/' + name, std::ios::binary);
    return file ? std::string(std::istreambuf_iterator<char>(file), {}) : "(none)";
  }

  Answer post(const Headers& headers, const std::string& body) const {
    return Client(proxy_->port()).request("POST", kEvents, headers, body);
  }
  /// Binary mode.
  Answer send(const json::object& data, const std::string& type = kFinalized) const {
    return post({{"ce-id", "1"},
                 {"ce-source", "//storage.googleapis.com/projects/_/buckets/exports"},
                 {"ce-specversion", "1.0"},
                 {"ce-type", type},
                 {"ce-subject", "objects/x"},
                 {"Content-Type", "application/json"}},
                json::serialize(data));
  }
  /// Structured mode: `data` or `data_base64`.
  Answer send_structured(const char* member, const json::value& value) const {
    const json::object event = {{"specversion", "1.0"},
                                {"id", "1"},
                                {"source", "//storage.googleapis.com/projects/_/buckets/exports"},
                                {"type", kFinalized},
                                {member, value}};
    return post({{"Content-Type", "application/cloudevents+json; charset=utf-8"}},
                json::serialize(event));
  }

  const TemporaryDirectory directory_;
  Simulator simulator_;
  std::unique_ptr<Proxy> proxy_;
};

TEST_F(BulkEvents, TheFirstFailureIsAChange) {
  const std::string metrics = proxy_->admin("/metrics").body;
  const char* failed =
      R"(zoom_proxy_requests_total{code="500",method="POST",route="/events/storage"} 0)";
  EXPECT_NE(metrics.find(failed), metrics.npos);
}

TEST_F(BulkEvents, AnObjectIsSanitizedOnce) {
  put_object("2026/11/canary-metrics.csv", kHeader + metrics_row("ann") + metrics_row("bob"));
  const Answer first = send(data_of("2026/11/canary-metrics.csv"));
  EXPECT_EQ(first.status, 204U) << first.body;
  const std::string sanitized = output("2026/11/canary-metrics.csv");
  EXPECT_TRUE(sanitized.starts_with(kHeaderLeft + "t~")) << sanitized;
  EXPECT_EQ(canaries(sanitized), "");
  const auto written = fs::last_write_time(out() + "/2026/11/canary-metrics.csv");
  EXPECT_EQ(send(data_of("2026/11/canary-metrics.csv")).status, 204U) << "delivered twice";
  EXPECT_EQ(fs::last_write_time(out() + "/2026/11/canary-metrics.csv"), written);
  expect_counted(*proxy_, files("done"), 1);
  expect_counted(*proxy_, files("already"), 1);
  expect_counted(*proxy_, kRows, 2);
  expect_counted(
      *proxy_, R"(zoom_proxy_requests_total{code="204",method="POST",route="/events/storage"})", 2);
  const json::object event = wait_for_event(proxy_->process(), kind("bulk"));
  EXPECT_EQ(text(event.at("route")), kEvents);
  EXPECT_EQ(text(event.at("rules")), "zoom-ai-metrics");
  EXPECT_EQ(text(event.at("result")), "done");
  EXPECT_EQ(event.at("rows"), 2);
  EXPECT_EQ(proxy_->stop(), 0);
  EXPECT_EQ(canaries(proxy_->log()), "") << "an object's name may be personal";
}

TEST_F(BulkEvents, StructuredModeToo) {
  put_object("a.csv", kHeader + metrics_row("a"));
  EXPECT_EQ(send_structured("data", data_of("a.csv")).status, 204U);
  EXPECT_NE(output("a.csv"), "(none)");
  put_object("b.csv", kHeader + metrics_row("b"));
  // {"bucket":"exports","name":"b.csv"}
  EXPECT_EQ(
      send_structured("data_base64", "eyJidWNrZXQiOiJleHBvcnRzIiwibmFtZSI6ImIuY3N2In0=").status,
      204U);
  EXPECT_NE(output("b.csv"), "(none)");
}

TEST_F(BulkEvents, TwoAtTheSameTimeMakeOneRightFile) {
  put_object("m.csv", kHeader + metrics_rows(3'000'000));
  unsigned status = 0;
  std::thread other([&] { status = send(data_of("m.csv")).status; });
  EXPECT_EQ(send(data_of("m.csv")).status, 204U);
  other.join();
  EXPECT_EQ(status, 204U);
  const std::string sanitized = output("m.csv");
  put_object("again.csv", kHeader + metrics_rows(3'000'000));
  EXPECT_EQ(send(data_of("again.csv")).status, 204U);
  EXPECT_TRUE(output("again.csv") == sanitized);
}

TEST_F(BulkEvents, WhatCannotBeSanitizedIsNotSentAgain) {
  put_object("m.csv", "Name,E-mail\nCanary,canary@example.com\n");
  EXPECT_EQ(send(data_of("m.csv")).status, 204U);
  EXPECT_EQ(output("m.csv"), "(none)");
  expect_counted(*proxy_, files("refused"), 1);
  const json::object event = wait_for_event(proxy_->process(), kind("bulk"));
  EXPECT_EQ(text(event.at("severity")), "ERROR");
  EXPECT_EQ(text(event.at("result")), "refused");
  EXPECT_EQ(canaries(json::serialize(event)), "");
}

TEST_F(BulkEvents, WhatCannotBeReadOrWrittenIsSentAgain) {
  expect_refused(send(data_of("none.csv")), 500, "UNKNOWN");
  put_object("m.csv", kHeader + metrics_row("m"));
  fs::create_directories(out() + "/m.csv/in the way");
  expect_refused(send(data_of("m.csv")), 500, "UNKNOWN");
  expect_counted(*proxy_, files("failed"), 2);
  fs::remove_all(out() + "/m.csv");
  EXPECT_EQ(send(data_of("m.csv")).status, 204U);
  EXPECT_TRUE(output("m.csv").starts_with(kHeaderLeft)) << output("m.csv");
}

TEST_F(BulkEvents, ANameWithAnAddressIsRefused) {
  put_object("canary@example.com.csv", kHeader + metrics_row("m"));
  EXPECT_EQ(send(data_of("canary@example.com.csv")).status, 204U);
  expect_counted(*proxy_, files("refused"), 1);
  EXPECT_TRUE(!fs::exists(out()) || fs::is_empty(out()));
  const json::object event = wait_for_event(proxy_->process(), kind("bulk"));
  EXPECT_TRUE(holds(text(event.at("message")), "its name holds an e-mail address"));
  EXPECT_EQ(proxy_->stop(), 0);
  EXPECT_EQ(canaries(proxy_->log()), "");
}

TEST_F(BulkEvents, OtherEventsAreRefused) {
  put_object("m.csv", kHeader + metrics_row("m"));
  expect_refused(send(data_of("m.csv"), "google.cloud.storage.object.v1.deleted"), 400,
                 "INVALID_REQUEST");
  expect_refused(send(data_of("m.csv", "others")), 403, "BLOCKED_BY_RULES");
  for (const char* name : {"../in/m.csv", "/m.csv", ".hidden.csv", "a/../m.csv", "a//m.csv"}) {
    expect_refused(send(data_of(name)), 400, "INVALID_REQUEST");
  }
  expect_refused(post({{"Content-Type", "application/json"}}, "{}"), 400, "INVALID_REQUEST");
  json::object longer = data_of("m.csv");
  longer["metadata"] = std::string(64 << 10, 'x');
  expect_refused(send(longer), 413, "INVALID_REQUEST");
  expect_refused(proxy_->get(kEvents), 400, "INVALID_REQUEST");
  EXPECT_EQ(send(data_of("a folder/")).status, 204U) << "tools make them: nothing to do";
  EXPECT_TRUE(fs::is_empty(out()));
}

TEST_F(BulkEvents, DirectoriesAreLookedAtAtTheStart) {
  fs::create_directory_symlink(in(), directory_.file("link"));
  const auto check = [&](const std::string& input, const std::string& output) {
    return run("check", {{"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
                         {"ACCOUNT_ID", "a"},
                         {"CLIENT_ID", "b"},
                         {"CLIENT_SECRET", "c"},
                         {"PSOXY_SALT", std::string(32, 's')},
                         {"PSOXY_ENCRYPTION_KEY", std::string(32, 'k')},
                         {"ZOOM_PROXY_BULK_INPUT_DIRECTORY", input},
                         {"ZOOM_PROXY_BULK_OUTPUT_DIRECTORY", output}});
  };
  EXPECT_EQ(check(in(), out()).exit_code, 0);
  for (const auto& [input, output, error] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {in(), directory_.file("link"), "lie one inside the other"},
           {directory_.path(), out(), "lie one inside the other"},
           {directory_.file("none"), out(), "bulk.input_directory: cannot read"},
           {in(), directory_.file("none"), "bulk.output_directory: cannot write"}}) {
    const Outcome outcome = check(input, output);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(holds(outcome.errors, error)) << outcome.errors;
  }
}

TEST_F(BulkEvents, OnlyWhereDirectoriesAreSet) {
  proxy_ = std::make_unique<Proxy>(simulator_, ProxyOptions{});
  const Answer answer = send(data_of("m.csv"));
  expect_refused(answer, 400, "INVALID_REQUEST");
  EXPECT_NE(answer.body.find("bulk.input_directory"), answer.body.npos) << answer.body;
}

}  // namespace
}  // namespace integration
