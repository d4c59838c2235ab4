// `zoom-proxy bulk --in DIR --out DIR`: each file once, whole or not at all, whatever happens.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/integration/command.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/gzip.hpp"

namespace integration {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;  ///< name -> content
using Clock = std::chrono::steady_clock;

constexpr int kFiles = 30;
constexpr int kRows = 235;  ///< of all of them

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An export of the AI metrics, of some rows.
std::string metrics_csv(int number) {
  std::string text = "User Name,Email,Action,Department\r\n";
  for (int row = 0; row < 5 + number % 7; ++row) {
    const std::string who = std::to_string(number) + '_' + std::to_string(row);
    text += "Canary " + who + ",canary" + who + "@corp.test,Summary,Canary Department\r\n";
  }
  return text;
}

class BulkDirectoryTest : public testing::Test {
 protected:
  BulkDirectoryTest() { fs::create_directory(in()); }

  std::string in() const { return directory_.file("in"); }
  std::string out() const { return directory_.file("out"); }

  void put_input(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(in()) / name;
    fs::create_directories(path.parent_path());
    put(path, text);
  }
  /// kFiles small ones, in folders.
  void put_inputs() const {
    for (int i = 0; i < kFiles; ++i) put_input(name_of(i), metrics_csv(i));
  }
  /// The same, some of them gzip and two of many pieces.
  void put_inputs_of_all_kinds() const {
    put_inputs();
    for (int i = 1; i < kFiles; i += 5) put_input(name_of(i), gzip(metrics_csv(i)));
    std::string text = metrics_csv(2);
    const std::string rows = text.substr(text.find('\n') + 1);
    while (text.size() < (std::size_t{1} << 20)) text += rows;
    put_input(name_of(2), text);
    put_input(name_of(6), gzip(text));
  }
  static std::string name_of(int number) {
    const std::string file = std::to_string(number) + ".csv";
    const std::string folder = "2026/" + std::to_string(number % 3);
    return number % 4 == 0 ? file : folder + '/' + file;
  }

  std::string arguments(const std::string& more = "") const {
    return "bulk --rules zoom-ai-metrics --in '" + in() + "' --out '" + out() + "' " + more;
  }
  Outcome bulk(const std::string& more = "",
               const Process::Environment& more_variables = {}) const {
    return run(arguments(more), with(more_variables));
  }
  /// The same as a process of its own; what it tells is on standard output.
  std::unique_ptr<Process> start(const std::string& more = "",
                                 const Process::Environment& more_variables = {}) const {
    return std::make_unique<Process>(
        std::vector<std::string>{"/bin/sh", "-c",
                                 "exec " + proxy_program() + ' ' + arguments(more) + " 2>&1"},
        with(more_variables));
  }
  /// Until that many are done, or the run has ended.
  static void wait_until_done(Process& process, int files) {
    if (files == 0) return;
    process.wait_for_line([&](const std::string& line) {
      return holds(line, R"("event":"bulk_finished")") ||
             (holds(line, R"("result":"done")") && --files == 0);
    });
  }
  static Process::Environment with(const Process::Environment& more) {
    Process::Environment environment = more;
    environment["PSOXY_SALT"] = "bulk-salt-0123456789abcdef0123456789";
    return environment;
  }

  /// What is there for others to see.
  Files outputs() const { return files_of(out(), false); }
  /// Ours: markers, and what is unfinished.
  Files hidden() const { return files_of(out(), true); }

  /// Of each file of that state, by its name.
  static std::multiset<std::string> names_of(const std::string& log, std::string_view state) {
    std::multiset<std::string> names;
    for (const json::object& event : events_of(log, "bulk_file")) {
      if (text(event.at("result")) == state) names.insert(text(event.at("file")));
    }
    return names;
  }
  static json::object finished(const Outcome& outcome) {
    return events_of(outcome.errors, "bulk_finished").at(0);
  }

 private:
  static Files files_of(const fs::path& top, bool hidden) {
    Files files;
    if (!fs::exists(top)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      const std::string name = fs::relative(entry.path(), top).string();
      const bool is_hidden = name.starts_with('.') || name.find("/.") != name.npos;
      if (entry.is_regular_file() && is_hidden == hidden) files[name] = content_of(entry.path());
    }
    return files;
  }

  TemporaryDirectory directory_;
};

TEST_F(BulkDirectoryTest, SanitizesEachFileIntoItsFolder) {
  put_inputs();
  const Outcome outcome = bulk();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "");
  const Files files = outputs();
  EXPECT_EQ(files.size(), std::size_t{kFiles});
  for (int i = 0; i < kFiles; ++i) {
    const std::string& text = files.at(name_of(i));
    EXPECT_TRUE(text.starts_with("User Name,Email,Action\r\n")) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 6 + i % 7) << text;
    EXPECT_TRUE(holds(text, "@corp.test,Summary\r\n")) << text;
    EXPECT_FALSE(holds(text, "anary")) << text;
    EXPECT_TRUE(hidden().contains(".zoom-proxy/" + name_of(i) + ".json"));
  }
  EXPECT_EQ(names_of(outcome.errors, "done").size(), std::size_t{kFiles});
  const json::object end = finished(outcome);
  EXPECT_EQ(end.at("done").as_int64(), kFiles);
  EXPECT_EQ(end.at("rows").as_int64(), kRows);
}

TEST_F(BulkDirectoryTest, ARerunDoesWhatHasChangedAlone) {
  put_inputs();
  EXPECT_EQ(bulk().exit_code, 0);
  std::map<std::string, fs::file_time_type> times;
  for (const auto& [name, text] : outputs()) {
    times[name] = fs::last_write_time(fs::path(out()) / name);
  }
  Outcome outcome = bulk();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(finished(outcome).at("already").as_int64(), kFiles);
  EXPECT_EQ(finished(outcome).at("done").as_int64(), 0);

  const std::string changed = name_of(7);
  put_input(changed, metrics_csv(8));
  outcome = bulk();
  EXPECT_EQ(names_of(outcome.errors, "done"), std::multiset<std::string>{changed});
  for (const auto& [name, time] : times) {
    const bool same = fs::last_write_time(fs::path(out()) / name) == time;
    EXPECT_EQ(same, name != changed) << name;
  }
  EXPECT_EQ(outputs().at(changed), outputs().at(name_of(8)));
}

TEST_F(BulkDirectoryTest, KilledAnywhereItLeavesWholeFilesAloneAndARerunCompletesThem) {
  put_inputs_of_all_kinds();
  const std::string kAtOnce = "--at-once 8";  // they wait for the disk together
  const auto begin = Clock::now();
  const auto whole = start(kAtOnce);
  wait_until_done(*whole, 1);
  const auto first_file = Clock::now() - begin;
  ASSERT_EQ(whole->wait(), 0);
  const auto other_files = Clock::now() - begin - first_file;
  const Files right = outputs();
  const Files right_markers = hidden();
  ASSERT_EQ(right.size(), std::size_t{kFiles});
  ASSERT_EQ(right_markers.size(), std::size_t{kFiles});

  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto sleep_at_most = [&](Clock::duration time) {
    std::uniform_int_distribution<Clock::rep> some(0, time.count());
    std::this_thread::sleep_for(Clock::duration(some(random)));
  };
  // After some of the files that it has to do, which it tells itself: time says little of where it
  // is on a busy machine. Then a little later, and at times before the first one.
  const auto wait_anywhere = [&](Process& process, int to_do) {
    const int files = std::uniform_int_distribution(0, std::max(to_do - 1, 0))(random);
    wait_until_done(process, files);
    sleep_at_most(files == 0 ? first_file : 2 * other_files / kFiles);
  };
  const auto complete = [&] {
    const Outcome last = bulk(kAtOnce);
    EXPECT_EQ(last.exit_code, 0) << last.errors;
    EXPECT_TRUE(outputs() == right);
    EXPECT_EQ(hidden(), right_markers);  // and no temporary file
    fs::remove_all(out());
  };

  const int kills = sanitized() ? 40 : 200;
  constexpr int kBetweenReruns = 10;
  int in_the_middle = 0;
  fs::remove_all(out());
  // A kill that comes before the first file or after the last one tells little: at least half are
  // others, however long that takes.
  for (int i = 1; (i <= kills || in_the_middle < kills / 2) && !HasFailure(); ++i) {
    const Files before = hidden();
    const auto process = start(kAtOnce);
    wait_anywhere(*process, kFiles - static_cast<int>(outputs().size()));
    process->signal(SIGKILL);
    process->wait();
    for (const auto& [name, text] : outputs()) {
      ASSERT_TRUE(right.contains(name)) << name;
      ASSERT_TRUE(text == right.at(name)) << name;
    }
    const Files after = hidden();
    const bool all = after == right_markers;
    if (!all && after != before) ++in_the_middle;
    if (i % kBetweenReruns == 0) complete();
    if (all) fs::remove_all(out());
  }
  complete();
}

TEST_F(BulkDirectoryTest, TwoShardsSideBySideDoEachFileOnce) {
  put_inputs();
  for (const std::string platform : {"kubernetes", "cloud run"}) {
    std::vector<std::unique_ptr<Process>> tasks;
    for (const char* index : {"0", "1"}) {
      if (platform == "kubernetes") {
        tasks.push_back(start("--shards 2", {{"JOB_COMPLETION_INDEX", index}}));
      } else {
        tasks.push_back(
            start("", {{"CLOUD_RUN_TASK_INDEX", index}, {"CLOUD_RUN_TASK_COUNT", "2"}}));
      }
    }
    std::multiset<std::string> done;
    for (const auto& task : tasks) {
      EXPECT_EQ(task->wait(), 0) << task->output();
      const auto own = names_of(task->output(), "done");
      EXPECT_GT(own.size(), 0U);
      done.insert(own.begin(), own.end());
    }
    EXPECT_EQ(done.size(), std::size_t{kFiles});
    EXPECT_EQ((std::set<std::string>(done.begin(), done.end())).size(), std::size_t{kFiles});
    EXPECT_EQ(outputs().size(), std::size_t{kFiles});
    fs::remove_all(out());
  }
}

TEST_F(BulkDirectoryTest, AnIndexThatCannotBeIsAUsageError) {
  put_inputs();
  struct Case {
    const char* arguments;
    Process::Environment environment;
    const char* says;
  };
  for (const Case& one :
       std::vector<Case>{{"--shards 2", {}, "JOB_COMPLETION_INDEX"},
                         {"", {{"JOB_COMPLETION_INDEX", "0"}}, "--shards"},
                         {"--shards 2", {{"JOB_COMPLETION_INDEX", "2"}}, "JOB_COMPLETION_INDEX"},
                         {"--shards 2", {{"JOB_COMPLETION_INDEX", "-1"}}, "JOB_COMPLETION_INDEX"},
                         {"--shards 2", {{"JOB_COMPLETION_INDEX", "1x"}}, "JOB_COMPLETION_INDEX"},
                         {"--shards 0", {{"JOB_COMPLETION_INDEX", "0"}}, "--shards"},
                         {"--shards x", {{"JOB_COMPLETION_INDEX", "0"}}, "--shards"},
                         {"", {{"CLOUD_RUN_TASK_INDEX", "0"}}, "CLOUD_RUN_TASK_COUNT"},
                         {"", {{"CLOUD_RUN_TASK_COUNT", "2"}}, "CLOUD_RUN_TASK_INDEX"},
                         {"",
                          {{"CLOUD_RUN_TASK_INDEX", "2"}, {"CLOUD_RUN_TASK_COUNT", "2"}},
                          "CLOUD_RUN_TASK_INDEX"},
                         {"",
                          {{"CLOUD_RUN_TASK_INDEX", "0"}, {"CLOUD_RUN_TASK_COUNT", "two"}},
                          "CLOUD_RUN_TASK_COUNT"},
                         {"--shards 3",
                          {{"CLOUD_RUN_TASK_INDEX", "0"}, {"CLOUD_RUN_TASK_COUNT", "2"}},
                          "CLOUD_RUN_TASK_COUNT"}}) {
    const Outcome outcome = bulk(one.arguments, one.environment);
    EXPECT_EQ(outcome.exit_code, 2) << one.arguments << ' ' << one.says;
    EXPECT_TRUE(holds(outcome.errors, one.says)) << outcome.errors;
    EXPECT_FALSE(fs::exists(out()));
  }
  EXPECT_EQ(
      bulk("--shards 2", {{"CLOUD_RUN_TASK_INDEX", "0"}, {"CLOUD_RUN_TASK_COUNT", "2"}}).exit_code,
      0);
}

TEST_F(BulkDirectoryTest, DirectoriesInsideOneAnotherAreAUsageError) {
  put_inputs();
  for (const std::string& there : {in(), in() + "/out", in() + "/.."}) {
    const Outcome outcome =
        run("bulk --rules zoom-ai-metrics --in '" + in() + "' --out '" + there + "'", with({}));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(holds(outcome.errors, "inside one another")) << outcome.errors;
  }
  for (const std::string& half : {"--in '" + in() + "'", "--out '" + out() + "'",
                                  "--in '" + in() + "' --out '" + out() + "' a.csv",
                                  std::string("--watch"), std::string("--shards 2")}) {
    EXPECT_EQ(run("bulk --rules zoom-ai-metrics " + half, with({})).exit_code, 2) << half;
  }
  EXPECT_EQ(
      run("bulk --rules zoom-ai-metrics --in /nowhere --out '" + out() + "'", with({})).exit_code,
      1);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(BulkDirectoryTest, RefusedFilesLeaveNothingAndOthersGoOn) {
  put_inputs();
  put_input("a.csv", "No,Such,Columns\n1,2,3\n");
  put_input("../outside.csv", metrics_csv(1));
  fs::create_symlink("../outside.csv", fs::path(in()) / "link.csv");
  Outcome outcome = bulk();
  EXPECT_EQ(outcome.exit_code, 4) << outcome.errors;
  EXPECT_EQ(names_of(outcome.errors, "refused"), (std::multiset<std::string>{"a.csv", "link.csv"}));
  EXPECT_EQ(finished(outcome).at("refused").as_int64(), 2);
  EXPECT_EQ(outputs().size(), std::size_t{kFiles});
  EXPECT_EQ(hidden().size(), std::size_t{kFiles});

  // A file that failed counts for more: it may be there next time.
  fs::create_directories(fs::path(out()) / "b.csv/in/the/way");
  put_input("b.csv", metrics_csv(1));
  outcome = bulk();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.errors;
  EXPECT_EQ(names_of(outcome.errors, "failed"), std::multiset<std::string>{"b.csv"});
}

TEST_F(BulkDirectoryTest, WatchesForNewFilesUntilItIsTold) {
  put_input("before.csv", metrics_csv(1));
  const auto process = start("--watch --interval-seconds 0.02");
  const auto wait_for = [&](const std::string& name) {
    const std::string file = "\"file\":\"" + name + '"';
    return text(wait_for_event(*process, file).at("result"));
  };
  EXPECT_EQ(wait_for("before.csv"), "done");
  put_input("sub/later.csv", metrics_csv(2));
  EXPECT_EQ(wait_for("sub/later.csv"), "done");
  put_input("bad.csv", "x\n1\n");
  EXPECT_EQ(wait_for("bad.csv"), "refused");
  put_input("last.csv", metrics_csv(3));
  EXPECT_EQ(wait_for("last.csv"), "done");
  process->signal(SIGTERM);
  EXPECT_EQ(process->wait(), 0);
  EXPECT_EQ(outputs().size(), 3U);
  EXPECT_EQ(events_of(process->output(), "bulk_file").size(), 4U) << "each is told once";
}

TEST_F(BulkDirectoryTest, FilesTogetherTakeNoMoreMemoryThanOne) {
  if (!measured()) GTEST_SKIP() << "a build in which memory means nothing";
  std::string text = metrics_csv(1);
  const std::string rows = text.substr(text.find('\n') + 1);
  while (text.size() < (std::size_t{12} << 20)) text += rows;
  for (const char* name : {"a", "b", "c", "d"}) put_input(name, text);
  const auto process = start("--threads 12 --watch --interval-seconds 0.02");
  (void)wait_for_event(*process, "\"done\"", 4);
  EXPECT_LT(process->peak_memory_kib(), 64 << 10);
}

TEST_F(BulkDirectoryTest, NorDoFilesOfShortCells) {
  if (!measured()) GTEST_SKIP() << "a build in which memory means nothing";
  std::string text = "User Name,Email,Department\n";
  while (text.size() < (std::size_t{3} << 20)) text += "1,1,\n";
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) put_input(name, text);
  const auto process = start("--threads 12 --watch --interval-seconds 0.02");
  (void)wait_for_event(*process, "\"done\"", 6);
  EXPECT_LT(process->peak_memory_kib(), 64 << 10);
}

TEST_F(BulkDirectoryTest, AddressesInNamesAreNotTold) {
  put_input("2026/canary@corp.test.csv", metrics_csv(1));
  const Outcome outcome = bulk();
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_FALSE(holds(outcome.errors, "anary")) << outcome.errors;
  EXPECT_EQ(names_of(outcome.errors, "refused"),
            std::multiset<std::string>{"2026/(e-mail address)"});
  EXPECT_EQ(bulk("", {{"ZOOM_PROXY_EGRESS_GUARD", "off"}}).exit_code, 0);
}

TEST_F(BulkDirectoryTest, StoppedInTheMiddleItLeavesNoHalfFileAndARerunCompletes) {
  constexpr int kMany = 200;
  for (int i = 0; i < kMany; ++i) put_input(std::to_string(i) + ".csv", metrics_csv(i));
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto process = start();
    (void)wait_for_event(*process, kind("bulk_file"));
    process->signal(signal);
    EXPECT_EQ(process->wait(), 128 + signal) << process->output();
    EXPECT_LT(outputs().size(), std::size_t{kMany});
    for (const auto& [name, text] : hidden()) EXPECT_FALSE(name.ends_with(".part")) << name;
  }
  EXPECT_EQ(bulk().exit_code, 0);
  EXPECT_EQ(outputs().size(), std::size_t{kMany});
}

}  // namespace
}  // namespace integration
