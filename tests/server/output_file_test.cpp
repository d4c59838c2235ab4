#include "server/output_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <system_error>

#include "rules/error.hpp"
#include "rules/format/gzip.hpp"

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;

/// A directory of its own and the threads that work in it.
class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    std::string name = (fs::temp_directory_path() / "output-file-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
  }
  ~OutputFileTest() override { fs::remove_all(directory_); }

  std::string path() const { return directory_ + "/20260131/00ff"; }
  OutputFile::Options options() { return {files_.get_executor(), Seconds(20)}; }

  /// Runs a coroutine to its end; rethrows what it throws. What it left behind may still be at
  /// work.
  void run(Task<> task) {
    bool ended = false;
    std::exception_ptr thrown;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e) {
      thrown = e;
      ended = true;
    });
    while (!ended) {
      io_.restart();
      io_.run_one();
    }
    if (thrown) std::rethrow_exception(thrown);
  }

  /// Below the directory, once all work is done.
  std::vector<std::string> names() {
    files_.join();
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
      if (entry.is_regular_file()) names.push_back(entry.path().string());
    }
    return names;
  }

  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return gunzip(bytes, std::size_t{64} << 20).value_or("no gzip");
  }

  std::string directory_;
  asio::io_context io_{1};
  asio::thread_pool files_{2};
};

TEST_F(OutputFileTest, IsThereWholeOnlyAfterCommit) {
  std::string expected;
  bool early = true;
  run([&]() -> Task<> {
    OutputFile file = co_await OutputFile::create(options(), path());
    for (int i = 0; i < 100; ++i) {
      std::string piece(10'000, static_cast<char>('a' + i % 26));
      expected += piece;
      co_await file.write(std::move(piece));
    }
    early = fs::exists(path());
    co_await file.commit();
  }());
  EXPECT_FALSE(early);
  EXPECT_EQ(names(), std::vector{path()});
  EXPECT_EQ(text_of(path()), expected);
  struct stat found {};
  ASSERT_EQ(::stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U & ~0640U, 0U);
}

TEST_F(OutputFileTest, AnEmptyOneIsGzipToo) {
  run([&]() -> Task<> {
    OutputFile file = co_await OutputFile::create(options(), path());
    co_await file.commit();
  }());
  EXPECT_EQ(names(), std::vector{path()});
  EXPECT_EQ(text_of(path()), "");
}

TEST_F(OutputFileTest, GoesWithoutCommit) {
  std::string temporary;
  run([&]() -> Task<> {
    OutputFile file = co_await OutputFile::create(options(), path());
    co_await file.write("something");
    OutputFile moved = std::move(file);
    for (const auto& entry : fs::directory_iterator(directory_ + "/20260131")) {
      temporary = entry.path().filename().string();
    }
  }());
  EXPECT_TRUE(temporary.starts_with(".00ff.")) << temporary;
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(OutputFileTest, TakesThePlaceOfAnOlderOne) {
  for (const char* text : {"first", "second"}) {
    run([&]() -> Task<> {
      OutputFile file = co_await OutputFile::create(options(), path());
      co_await file.write(text);
      co_await file.commit();
    }());
    EXPECT_EQ(text_of(path()), text);
  }
  EXPECT_EQ(names(), std::vector{path()});
}

TEST_F(OutputFileTest, TwoOfOneNameDoNotMeet) {
  run([&]() -> Task<> {
    OutputFile one = co_await OutputFile::create(options(), path());
    OutputFile two = co_await OutputFile::create(options(), path());
    co_await one.write("one");
    co_await two.write("two");
    co_await one.commit();
    co_await two.commit();
  }());
  EXPECT_EQ(names(), std::vector{path()});
  EXPECT_EQ(text_of(path()), "two");
}

TEST_F(OutputFileTest, SaysWhatIsInTheWayButNotWhere) {
  std::ofstream(directory_ + "/20260131") << "no directory";
  try {
    run([&]() -> Task<> { (void)co_await OutputFile::create(options(), path()); }());
    FAIL() << "created";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::not_a_directory);
    EXPECT_EQ(std::string(error.what()).find(directory_), std::string::npos) << error.what();
  }
}

TEST_F(OutputFileTest, ADirectoryInItsPlaceFailsTheCommitAndLeavesNothing) {
  fs::create_directories(path() + "/x");
  EXPECT_THROW(run([&]() -> Task<> {
                 OutputFile file = co_await OutputFile::create(options(), path());
                 co_await file.commit();
               }()),
               std::system_error);
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(OutputFileTest, CancellationIsNotTakenForAFaultOfTheDisk) {
  std::promise<void> release;
  auto released = release.get_future().share();
  for (int i = 0; i < 2; ++i) asio::post(files_, [released] { released.wait(); });
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  const auto create = [&]() -> Task<> { (void)co_await OutputFile::create(options(), path()); };
  asio::co_spawn(
      io_, create(),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) { thrown = e; }));
  while (io_.poll_one() > 0) {
  }
  stop.emit(asio::cancellation_type::terminal);
  while (!thrown) io_.run_one();
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
  release.set_value();
  EXPECT_EQ(names(), std::vector<std::string>());
}

// A mount that hangs: all threads are busy for as long as the caller is patient.
TEST_F(OutputFileTest, GivesUpWaitingAndCleansUpLater) {
  std::promise<void> release;
  auto released = release.get_future().share();
  for (int i = 0; i < 2; ++i) asio::post(files_, [released] { released.wait(); });
  try {
    run([&]() -> Task<> {
      (void)co_await OutputFile::create({files_.get_executor(), Seconds(0.05)}, path());
    }());
    ADD_FAILURE() << "created";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::timed_out);
  }
  release.set_value();
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(OutputFileTest, StartUpNamesTheDirectoryThatCannotBeWrittenTo) {
  Settings settings;
  EXPECT_NO_THROW(check_output_directories(settings));
  settings.output.async_directory = directory_;
  settings.output.side_directory = directory_ + "/missing";
  try {
    check_output_directories(settings);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("output.side_directory"), text.npos) << text;
    EXPECT_NE(text.find(directory_ + "/missing"), text.npos) << text;
    EXPECT_NE(text.find("mount"), text.npos) << text;
  }
  settings.output.side_directory.clear();
  EXPECT_NO_THROW(check_output_directories(settings));
  EXPECT_EQ(names(), std::vector<std::string>());
}

}  // namespace
}  // namespace zoom_proxy
