// When what is loaded counts; that it comes from files is for the integration tests.
#include "server/reload.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "zoom-proxy-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  ~ReloaderTest() override {
    work.join();
    std::filesystem::remove_all(folder);
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder / name) << content;
  }
  std::string read(const std::string& name, LoadReport& report) const {
    const std::string path = folder / name;
    report.files[path] = digest_of(path);
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }

  /// A source that reads two files; `between` is called after the first.
  SnapshotSource source(std::function<void()> between) {
    return {.settings =
                [this, between = std::move(between)](LoadReport& report) {
                  ++loads;
                  Settings settings;
                  settings.zoom.account_id = read("a", report);
                  between();
                  settings.zoom.client_id = read("b", report);
                  if (settings.zoom.client_id == "bad") throw ConfigError({"b", 1, 1}, "is bad");
                  return settings;
                },
            .engines = [](const Settings&) { return Engines{known_engine(), {}}; }};
  }
  Reloader reloader(SnapshotSource from) {
    return Reloader(io.get_executor(), work.get_executor(), std::move(from),
                    {.adopt = [this](const auto& snapshot) { adopted.push_back(snapshot); },
                     .ended =
                         [this](std::string_view what, bool ok, const std::string& message) {
                           ended.push_back(std::string(what) + (ok ? " ok" : " " + message));
                         }});
  }

  std::filesystem::path folder;
  asio::io_context io;
  asio::thread_pool work{1};
  int loads = 0;
  std::vector<std::shared_ptr<const Snapshot>> adopted;
  std::vector<std::string> ended;
};

TEST_F(ReloaderTest, AChangeWhileFilesAreReadIsTakenWhole) {
  write("a", "old");
  write("b", "old");
  Reloader subject = reloader(source([&] {
    if (loads > 1) return;
    write("a", "new");
    write("b", "new");
  }));
  const auto snapshot = subject.load_first();
  EXPECT_EQ(snapshot->settings->zoom.account_id, "new");
  EXPECT_EQ(snapshot->settings->zoom.client_id, "new");
  EXPECT_EQ(loads, 2);
}

TEST_F(ReloaderTest, FilesThatNeverRestDoNotHoldUsUp) {
  write("a", "0");
  Reloader subject = reloader(source([&] { write("a", std::to_string(loads)); }));
  (void)subject.load_first();
  EXPECT_GT(loads, 1);
  EXPECT_LT(loads, 100);
}

TEST_F(ReloaderTest, TellsHowEachAttemptHasEnded) {
  write("a", "1");
  write("b", "1");
  Reloader subject = reloader(source([] {}));
  const auto first = subject.load_first();
  asio::co_spawn(io, subject.watch(), [](const std::exception_ptr&) {});
  subject.reload();
  while (ended.size() < 2) io.run_one();
  EXPECT_EQ(ended, (std::vector<std::string>{"settings ok", "rules ok"}));
  ASSERT_EQ(adopted.size(), 1U);
  EXPECT_NE(adopted[0], first);

  write("b", "bad");
  subject.reload();
  while (ended.size() < 3) io.run_one();
  EXPECT_EQ(ended[2], "settings b:1:1: is bad");
  EXPECT_EQ(adopted.size(), 1U);
  subject.stop();
  io.run();
}

TEST_F(ReloaderTest, ASourceThatFailsAtFirstThrows) {
  write("b", "bad");
  Reloader subject = reloader(source([] {}));
  EXPECT_THROW((void)subject.load_first(), ConfigError);
}

}  // namespace
}  // namespace zoom_proxy
