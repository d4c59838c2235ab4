// Sanitized answers as files: those wanted later, and copies.

#include <gtest/gtest.h>
#include <zlib.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

namespace fs = std::filesystem;

const Headers kLater = {{"Prefer", "respond-async"}};

/// Below a directory, temporary ones too.
std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files.push_back(entry.path().string());
  }
  return files;
}

/// The text of a gzip file that ends as it should.
std::string unzipped(const std::string& path) {
  const gzFile file = ::gzopen(path.c_str(), "rb");
  if (file == nullptr) return "missing";
  std::string text;
  std::string piece(1 << 16, '\0');
  int count = 0;
  while ((count = ::gzread(file, piece.data(), static_cast<unsigned>(piece.size()))) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  const bool zipped = ::gzdirect(file) == 0;
  const bool whole = ::gzclose(file) == Z_OK && count == 0;
  return zipped && whole ? text : "damaged";
}

void wait_for_file(const std::string& path) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!fs::exists(path)) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << path << " did not come";
    std::this_thread::yield();
  }
}

/// Plain files where the directory of a day should be; of tomorrow's too, as midnight may come.
void stand_in_the_way(const std::string& directory) {
  for (const std::time_t later : {0, 24 * 60 * 60}) {
    const std::time_t now = std::time(nullptr) + later;
    std::tm utc{};
    gmtime_r(&now, &utc);
    char name[16];
    std::strftime(name, sizeof name, "/%Y%m%d", &utc);
    std::ofstream(directory + name) << "in the way";
  }
}

class OutputTest : public testing::Test {
 protected:
  ProxyOptions options(const std::string& output, const std::string& more = {}) const {
    ProxyOptions options;
    options.more = "output: {" + output + "}\n" + more;
    return options;
  }
  ProxyOptions later() const { return options("async_directory: " + directory_.path()); }
  ProxyOptions side() const { return options("side_directory: " + directory_.path()); }

  TemporaryDirectory directory_;
  Simulator simulator_;
};

TEST_F(OutputTest, TheAnswerComesLaterWholeAndTheSame) {
  Proxy proxy(simulator_, later());
  const Answer now = proxy.get("/v2/users?page_size=20");
  ASSERT_EQ(now.status, 200U);
  const Answer accepted =
      proxy.get("/v2/users?page_size=20", {{"Prefer", "wait=5, Respond-Async"}});
  EXPECT_EQ(accepted.status, 202U) << accepted.body;
  EXPECT_EQ(accepted.end, End::whole);
  EXPECT_EQ(accepted.field("Preference-Applied"), "respond-async");
  EXPECT_EQ(accepted.field("Connection"), "close");
  EXPECT_EQ(accepted.field("Content-Type"), "application/json; charset=utf-8");
  const json::object body = object(accepted);
  EXPECT_EQ(body.at("async"), true);
  EXPECT_EQ(text(body.at("requestId")).size(), 16U);
  EXPECT_TRUE(text(body.at("requestReceivedAt")).ends_with("Z"));
  const std::string path = text(body.at("asyncOutputLocation"));
  EXPECT_EQ(accepted.field("Location"), path);
  EXPECT_EQ(path, directory_.path() + '/' + text(body.at("sanitizedOutputKey")));
  EXPECT_TRUE(path.ends_with('/' + text(body.at("requestId"))));

  wait_for_file(path);
  EXPECT_EQ(without_page_token(unzipped(path)), without_page_token(now.body));
  const json::object event = wait_for_event(proxy.process(), R"("async":true)");
  EXPECT_EQ(event.at("outcome"), "written");
  EXPECT_EQ(event.at("requestId"), body.at("requestId"));
  EXPECT_EQ(event.at("httpRequest").at("status"), 202);
  EXPECT_EQ(event.at("upstreamStatus"), 200);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector{path});
}

TEST_F(OutputTest, TheClientIsToldTheUrlOfTheBucket) {
  Proxy proxy(simulator_, options("async_directory: " + directory_.path() +
                                  ", async_url: \"gs://bucket/zoom/\""));
  const Answer accepted = proxy.get("/v2/users", kLater);
  const std::string key = text(object(accepted).at("sanitizedOutputKey"));
  EXPECT_EQ(accepted.field("Location"), "gs://bucket/zoom/" + key);
  EXPECT_EQ(accepted.head.find(directory_.path()), std::string::npos);
  wait_for_file(directory_.file(key));
}

TEST_F(OutputTest, BigAnswersComeLaterToo) {
  Proxy proxy(simulator_, later());
  simulator_.control({{"fault", "big"}, {"megabytes", 20}});
  const Answer now = proxy.get("/v2/users");
  const Answer accepted = proxy.get("/v2/users", kLater);
  wait_for_file(accepted.field("Location"));
  const std::string later = unzipped(accepted.field("Location"));
  EXPECT_GT(later.size(), std::size_t{1} << 20U);
  EXPECT_TRUE(later == now.body);
  EXPECT_EQ(canaries(later), "");
}

TEST_F(OutputTest, WhatGoesWrongLaterLeavesNoFile) {
  Proxy proxy(simulator_, later());
  for (const auto& [fault, cause] : std::vector<std::pair<json::object, std::string>>{
           {{{"fault", "status"}, {"status", 500}}, "API_ERROR"},
           {{{"fault", "broken_json"}, {"bytes", 500}}, "BAD_SOURCE_RESPONSE"},
           {{{"fault", "truncate_body"}, {"bytes", 500}}, "BAD_SOURCE_RESPONSE"},
           {{{"fault", "html"}}, "BAD_SOURCE_RESPONSE"}}) {
    simulator_.reset();
    simulator_.control(fault);
    const Answer accepted = proxy.get("/v2/users?page_size=20", kLater);
    EXPECT_EQ(accepted.status, 202U);
    const json::object event = wait_for_event(
        proxy.process(), R"("requestId":")" + text(object(accepted).at("requestId")));
    EXPECT_EQ(text(event.at("cause")), cause);
    EXPECT_EQ(event.at("outcome"), "failed");
    EXPECT_EQ(event.at("severity"), "ERROR");
    EXPECT_EQ(event.at("httpRequest").at("status"), 202);
  }
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector<std::string>());
  EXPECT_EQ(canaries(proxy.log()), "");
}

TEST_F(OutputTest, ABigAnswerThatBreaksOffLeavesNoFile) {
  Proxy proxy(simulator_, options("async_directory: " + directory_.path() +
                                  ", side_directory: " + directory_.path()));
  simulator_.control({{"fault", "big"}, {"megabytes", 8}});
  simulator_.control({{"fault", "truncate_body"}, {"bytes", 6000000}});
  EXPECT_NE(proxy.get("/v2/users").end, End::whole);
  EXPECT_EQ(proxy.get("/v2/users", kLater).status, 202U);
  EXPECT_EQ(wait_for_event(proxy.process(), R"("async":true)").at("outcome"), "failed");
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector<std::string>());
}

TEST_F(OutputTest, WhatIsNotAllowedIsRefusedAtOnce) {
  Proxy proxy(simulator_, later());
  const auto expect = [&](const std::string& target, Headers headers, unsigned status) {
    headers.push_back(kLater.front());
    EXPECT_EQ(proxy.get(target, headers).status, status) << target;
  };
  expect("/v2/rooms", {}, 403);
  expect("/v2/users?unheard_of=1", {}, 403);
  expect("/v2/users/p~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/meetings", {}, 409);
  expect("/v2/users", {{"X-Forwarded-Proto", "http"}}, 400);
  EXPECT_EQ(simulator_.stat("api_requests"), 0);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector<std::string>());
}

TEST_F(OutputTest, BadCredentialsAreToldAtOnce) {
  ProxyOptions wrong = later();
  wrong.client_secret = "wrong";
  Proxy proxy(simulator_, wrong);
  const Answer answer = proxy.get("/v2/users", kLater);
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), "CONNECTION_SETUP");
}

TEST_F(OutputTest, APlaceThatCannotBeWrittenToIsToldAtOnce) {
  Proxy proxy(simulator_, later());
  stand_in_the_way(directory_.path());
  const Answer answer = proxy.get("/v2/users", kLater);
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), "ASYNC_HANDLER_DISPATCH");
  EXPECT_EQ(answer.body.find(directory_.path()), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("output.async_directory"), std::string::npos) << answer.body;
  EXPECT_EQ(simulator_.stat("api_requests"), 0);
}

TEST_F(OutputTest, TheEndWaitsForWhatWasPromised) {
  Proxy proxy(simulator_, later());
  simulator_.control({{"fault", "latency"}, {"milliseconds", 1000}});
  const Answer accepted = proxy.get("/v2/users", kLater);
  ASSERT_EQ(accepted.status, 202U);
  simulator_.wait_until("in_flight", [](auto running) { return running == 1; });
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector{accepted.field("Location")});
  EXPECT_NE(unzipped(accepted.field("Location")).find(R"("users":[)"), std::string::npos);
}

TEST_F(OutputTest, AJobCountsAsAConnection) {
  Proxy proxy(simulator_, options("async_directory: " + directory_.path(),
                                  "limits: {client_connections_count: 1}\n"));
  simulator_.control({{"fault", "latency"}, {"milliseconds", 500}, {"times", 1}});
  const Answer accepted = proxy.get("/v2/users", kLater);
  ASSERT_EQ(accepted.status, 202U);
  EXPECT_EQ(proxy.get("/health/live").status, 200U);
  EXPECT_TRUE(fs::exists(accepted.field("Location"))) << "answered before the job had ended";
}

TEST_F(OutputTest, ACopyIsTheAnswer) {
  Proxy proxy(simulator_, side());
  for (const Headers& headers : {Headers{}, Headers{{"Accept-Encoding", "gzip"}}}) {
    EXPECT_EQ(proxy.get("/v2/users?page_size=300", headers).status, 200U);
  }
  const Answer answer = proxy.get("/v2/users?page_size=300");
  EXPECT_EQ(answer.field("X-Psoxy-Warning"), "");
  EXPECT_EQ(proxy.get("/v2/rooms").status, 403U);
  EXPECT_EQ(proxy.get("/v2/past_meetings/99999999999").status, 404U);
  Client client(proxy.port());
  client.send("HEAD /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_answer(true).status, 200U);
  EXPECT_EQ(proxy.stop(), 0);
  const auto files = files_in(directory_.path());
  EXPECT_EQ(files.size(), 3U);
  for (const std::string& file : files) {
    EXPECT_EQ(without_page_token(unzipped(file)), without_page_token(answer.body));
    EXPECT_EQ(canaries(unzipped(file)), "");
    EXPECT_NE(proxy.log().find(fs::path(file).filename().string()), std::string::npos)
        << "its name is the request's id in the log";
  }
  EXPECT_EQ(canaries(proxy.log()), "");
}

TEST_F(OutputTest, ACopyThatFailsIsAWarning) {
  Proxy proxy(simulator_, side());
  const Answer before = proxy.get("/v2/users?page_size=20");
  EXPECT_EQ(before.field("X-Psoxy-Warning"), "");
  fs::remove_all(directory_.path());
  fs::create_directory(directory_.path());
  stand_in_the_way(directory_.path());
  const Answer answer = proxy.get("/v2/users?page_size=20");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(answer.field("X-Psoxy-Warning"), "SIDE_OUTPUT_FAILURE_SANITIZED");
  EXPECT_EQ(without_page_token(answer.body), without_page_token(before.body));
  const json::object event = wait_for_event(proxy.process(), kind("side_output"));
  EXPECT_EQ(event.at("severity"), "WARNING");
  EXPECT_NE(text(event.at("message")).find("output.side_directory"), std::string::npos);
  EXPECT_EQ(text(event.at("message")).find(directory_.path()), std::string::npos);
}

TEST_F(OutputTest, ADirectoryThatGoesAwayIsAWarning) {
  Proxy proxy(simulator_, side());
  fs::remove_all(directory_.path());
  const Answer answer = proxy.get("/v2/users?page_size=20");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("X-Psoxy-Warning"), "SIDE_OUTPUT_FAILURE_SANITIZED");
  EXPECT_FALSE(fs::exists(directory_.path())) << "nobody may make it: a mount belongs there";
}

TEST_F(OutputTest, AClientThatLeavesHasNoCopy) {
  Proxy proxy(simulator_, side());
  simulator_.control({{"fault", "big"}, {"megabytes", 50}});
  {
    Client client(proxy.port());
    client.send("GET /v2/users HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_GT(client.receive_some(), 0U);
  }
  simulator_.wait_until("in_flight", [](auto running) { return running == 0; });
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(files_in(directory_.path()), std::vector<std::string>());
}

TEST_F(OutputTest, StartUpAndCheckRefuseADirectoryThatIsNotThere) {
  const std::string missing = directory_.file("missing");
  const std::string settings = directory_.file("settings.yaml");
  for (const std::string key : {"async_directory", "side_directory"}) {
    std::ofstream(settings) << "listen: {address: 127.0.0.1, port: 0}\n"
                               "inbound_auth: {mode: platform}\n"
                               "zoom: {account_id: a, client_id: b, client_secret: c}\n"
                               "pseudonyms: {salt: integration-test-salt-0123456789abcdef,\n"
                               "  encryption_key: integration-test-key-0123456789abcdef}\n"
                               "output: {" +
                                   key + ": " + missing + "}\n";
    for (const char* command : {"serve", "check"}) {
      Process process({proxy_program(), command, "--config", settings});
      EXPECT_EQ(process.wait(), 1);
      for (const std::string& part : {"output." + key, missing, std::string("mount")}) {
        EXPECT_NE(process.errors().find(part), std::string::npos) << process.errors();
      }
    }
  }
}

}  // namespace
}  // namespace integration
