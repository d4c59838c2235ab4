// Where the log goes: a terminal, a pipe, a pipe that nobody reads.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>

#include "tests/integration/fixture.hpp"
#include "tests/integration/terminal.hpp"

namespace integration {
namespace {

/// All that a proxy needs to start, ports of its own included.
Process::Environment environment() {
  return {{"PORT", "0"},
          {"ZOOM_PROXY_LISTEN_ADDRESS", "127.0.0.1"},
          {"ZOOM_PROXY_ADMIN_PORT", "0"},
          {"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
          {"PSOXY_ZOOM_ACCOUNT_ID", "a"},
          {"PSOXY_ZOOM_CLIENT_ID", "b"},
          {"PSOXY_ZOOM_CLIENT_SECRET", "c"},
          {"PSOXY_SALT", "integration-test-salt-0123456789abcdef"},
          {"PSOXY_ENCRYPTION_KEY", "integration-test-key-0123456789abcdef"}};
}

/// Its log goes into that file.
std::unique_ptr<Process> serve_into(const std::string& file,
                                    const Process::Environment& variables) {
  return std::make_unique<Process>(
      std::vector<std::string>{"/bin/sh", "-c", "exec " + proxy_program() + " serve > " + file},
      variables);
}

/// A proxy whose log goes into a pipe that is read only when the test does.
class UnreadLog {
 public:
  explicit UnreadLog(const std::string& directory) {
    const std::string pipe = directory + "/log";
    if (::mkfifo(pipe.c_str(), 0600) != 0) throw std::runtime_error("mkfifo failed");
    process_ = serve_into(pipe, environment());
    log_.open(pipe);
    for (std::string line; std::getline(log_, line);) {
      startup_ = json::parse(line).as_object();
      if (startup_.at("event") == "startup") return;
    }
    throw std::runtime_error("no startup event");
  }
  [[nodiscard]] std::uint16_t port(const char* which) const {
    return startup_.at(which).to_number<std::uint16_t>();
  }
  /// Nobody reads the rest.
  int stop_unread() {
    process_->signal(SIGTERM);
    return process_->wait(std::chrono::seconds(10));
  }
  /// Reads the rest while it ends; its exit code.
  int stop() {
    process_->signal(SIGTERM);
    for (std::string line; std::getline(log_, line);) ++lines_;
    return process_->wait();
  }
  [[nodiscard]] std::size_t lines() const { return lines_; }

 private:
  std::unique_ptr<Process> process_;
  std::ifstream log_;
  json::object startup_;
  std::size_t lines_ = 0;
};

TEST(LogTest, WhoDoesNotReadItHoldsUpNoRequestAndLosesLines) {
  const TemporaryDirectory directory;
  UnreadLog proxy(directory.path());
  // More than the pipe (64 KiB) and the queue (8192 lines) hold.
  constexpr int kRequests = 10'000;
  Client client(proxy.port("port"));
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.get("/v2/nothing").status, 403U);
  const std::string metrics = Client(proxy.port("adminPort")).get("/metrics").body;
  const std::string name = "\nzoom_proxy_log_events_dropped_total ";
  const std::size_t at = metrics.find(name);
  ASSERT_NE(at, std::string::npos);
  const double dropped = std::stod(metrics.substr(at + name.size()));
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_GT(proxy.lines(), 8000U);
  EXPECT_LT(static_cast<double>(proxy.lines()), kRequests + 10 - dropped);
}

TEST(LogTest, WhoDoesNotReadItDoesNotHoldUpTheEnd) {
  const TemporaryDirectory directory;
  UnreadLog proxy(directory.path());
  Client client(proxy.port("port"));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.get("/v2/nothing").status, 403U);
  EXPECT_EQ(proxy.stop_unread(), 0);
}

constexpr const char* kColour = "\033[32mINFO   \033[0m startup: listening";
constexpr const char* kPlain = " INFO    startup: listening";

/// A proxy's log up to its first event.
std::string on_a_terminal(Process::Environment variables) {
  const Terminal terminal;
  variables["ZOOM_PROXY_LOG_FORMAT"] = "console";
  const auto process = serve_into(terminal.name(), variables);
  return terminal.read_to("startup: listening");
}

TEST(LogTest, ForPeopleItIsColouredOnATerminal) {
  const std::string log = on_a_terminal(environment());
  EXPECT_NE(log.find(kColour), std::string::npos) << log;
}

TEST(LogTest, ForPeopleWithoutColoursItIsPlainOnATerminal) {
  Process::Environment variables = environment();
  variables["NO_COLOR"] = "1";
  const std::string log = on_a_terminal(variables);
  EXPECT_NE(log.find(kPlain), std::string::npos) << log;
  EXPECT_EQ(log.find('\033'), std::string::npos) << log;
}

TEST(LogTest, ForPeopleItIsPlainInAPipe) {
  Process::Environment variables = environment();
  variables["ZOOM_PROXY_LOG_FORMAT"] = "console";
  Process process({proxy_program(), "serve"}, variables);
  process.wait_for_line([](const std::string& line) { return line.find(kPlain) != line.npos; });
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(process.output().find('\033'), std::string::npos) << process.output();
}

}  // namespace
}  // namespace integration
