// Where secrets must not be seen while the real process runs.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr const char* kSalt = "environment-salt-canary-0123456789abcdef";
constexpr const char* kKey = "environment-key-canary-0123456789abcdef";

bool is_startup(const std::string& line) {
  return line.find(R"("event":"startup")") != std::string::npos;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A proxy whose secrets all come from the environment.
class SecretsTest : public testing::Test {
 protected:
  SecretsTest() { start({proxy_program()}); }
  /// The derived class starts it.
  enum class Later { yes };
  explicit SecretsTest(Later /*yes*/) {}
  void start(std::vector<std::string> command) {
    command.emplace_back("serve");
    proxy = std::make_unique<Process>(command, environment());
    proxy->wait_for_line(is_startup);
  }
  ~SecretsTest() override {
    proxy->signal(SIGTERM);
    EXPECT_EQ(proxy->wait(), 0) << proxy->errors();
  }

  static Process::Environment environment() {
    return {{"PORT", "0"},
            {"ZOOM_PROXY_LISTEN_ADDRESS", "127.0.0.1"},
            {"ZOOM_PROXY_ADMIN_PORT", "0"},
            {"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
            {"PSOXY_ZOOM_ACCOUNT_ID", "account"},
            {"PSOXY_ZOOM_CLIENT_ID", "client"},
            {"CLIENT_SECRET", "client-secret-canary"},
            {"PSOXY_SALT", kSalt},
            {"PSOXY_ENCRYPTION_KEY", kKey},
            {"UNRELATED", "stays"}};
  }
  std::string proc(const std::string& name) const {
    return "/proc/" + std::to_string(proxy->id()) + '/' + name;
  }

  std::unique_ptr<Process> proxy;
};

TEST_F(SecretsTest, NoCoreDumps) {
  EXPECT_TRUE(std::regex_search(read(proc("limits")), std::regex("Max core file size +0 +0 ")))
      << read(proc("limits"));
}

TEST_F(SecretsTest, TheEnvironmentShowsNone) {
  if (!std::ifstream(proc("environ"))) {  // as it is for all but root
    EXPECT_NE(::geteuid(), 0U);
    EXPECT_FALSE(sanitized());
    GTEST_SKIP() << "only root can look into it";
  }
  const std::string shown = read(proc("environ"));
  EXPECT_NE(shown.find("UNRELATED=stays"), std::string::npos) << "looked at the right place";
  EXPECT_NE(shown.find("PSOXY_SALT="), std::string::npos);
  EXPECT_EQ(shown.find("canary"), std::string::npos);
}

/// A copy of the program that a user without rights can start.
class AsNobody : public SecretsTest {
 protected:
  AsNobody() : SecretsTest(Later::yes) { start(command()); }

 private:
  std::vector<std::string> command() {
    if (::geteuid() != 0) return {proxy_program()};
    const std::string program = directory_.file("zoom-proxy");
    std::filesystem::copy_file(proxy_program(), program);
    ::chmod(directory_.path().c_str(), 0711);
    ::chmod(program.c_str(), 0755);
    return {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program};
  }

  TemporaryDirectory directory_;
};

/// What a process has in /proc belongs to root once it can be neither dumped nor traced.
TEST_F(AsNobody, CannotBeLookedInto) {
  struct stat status {};
  ASSERT_EQ(::stat(proc("environ").c_str(), &status), 0);
  // The leak check of the sanitizers has to look into it.
  EXPECT_EQ(status.st_uid == 0, !sanitized());
}

TEST(SecretsOfOtherCommands, AreHiddenWhileTheyRun) {
  const TemporaryDirectory directory;
  const std::string in = directory.file("in");
  std::filesystem::create_directory(in);
  put(in + "/a.csv", "User Name,Email,Department\nAda,ada@corp.test,Sums\n");
  const std::string bulk = proxy_program() + " bulk --rules zoom-ai-metrics --watch --in '" + in +
                           "' --out '" + directory.file("out") + '\'';
  Process process({"/bin/sh", "-c", "exec " + bulk + " 2>&1"},
                  {{"PSOXY_SALT", kSalt}, {"UNRELATED", "stays"}});
  process.wait_for_line(
      [](const std::string& line) { return line.find(R"("result":"done")") != std::string::npos; });
  const std::string proc = "/proc/" + std::to_string(process.id());
  EXPECT_TRUE(std::regex_search(read(proc + "/limits"), std::regex("Max core file size +0 +0 ")))
      << read(proc + "/limits");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can look into the environment";
  const std::string shown = read(proc + "/environ");
  EXPECT_NE(shown.find("UNRELATED=stays"), std::string::npos) << "looked at the right place";
  EXPECT_NE(shown.find("PSOXY_SALT="), std::string::npos);
  EXPECT_EQ(shown.find("canary"), std::string::npos);
}

TEST_F(SecretsTest, AReloadStillHasThem) {
  proxy->signal(SIGHUP);
  std::size_t loads = 0;
  proxy->wait_for_line([&](const std::string& line) {
    return line.find("rules_loaded") != std::string::npos && ++loads == 2;
  });
  EXPECT_EQ(proxy->output().find("reload_failed"), std::string::npos);
  EXPECT_EQ(proxy->output().find("canary"), std::string::npos);
}

TEST(SecretsOnTheCommandLine, NoCommandTakesAny) {
  for (const char* command : {"serve", "check", "explain", "sanitize", "bulk"}) {
    Process help({proxy_program(), command, "--help"});
    ASSERT_EQ(help.wait(), 0);
    EXPECT_NE(help.output().find("--help"), std::string::npos);
    EXPECT_FALSE(std::regex_search(help.output(), std::regex("--[a-z-]*(salt|secret|key|token)")))
        << help.output();
  }
}

}  // namespace
}  // namespace integration
