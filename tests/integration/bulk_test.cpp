// `zoom-proxy bulk` with one file, as a shell sees it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/integration/command.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/terminal.hpp"

namespace integration {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

const Process::Environment kSalt = {{"PSOXY_SALT", "bulk-salt-0123456789abcdef0123456789"}};

/// As Zoom exports it: a byte order mark, carriage returns, a comma before each end of line.
const std::string kHeader = "\xEF\xBB\xBFUser Name,Email,Department,Date,Meetings,\r\n";
std::string rows(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += "Canary " + n + ",canary" + n + "@corp.test,Dept,2026-11-01," + n + ",\r\n";
  }
  return text;
}

class BulkTest : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return directory_.file(name); }
  std::string quoted(const std::string& name) const { return "'" + file(name) + "'"; }
  std::string content(const std::string& name) const {
    std::ifstream input(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
  }
  Names names() const {
    Names all;
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      all.push_back(entry.path().filename());
    std::sort(all.begin(), all.end());
    return all;
  }
  Outcome bulk(const std::string& arguments, const std::string& input = "/dev/null") const {
    return run("bulk --rules zoom-ai-metrics " + arguments, kSalt, input);
  }
  /// What other programs make of it.
  std::string shell(const std::string& command) const {
    Process process({"/bin/sh", "-c", command}, {{"PATH", "/usr/bin:/bin"}});
    EXPECT_EQ(process.wait(), 0) << process.errors();
    return process.output();
  }

  TemporaryDirectory directory_;
};

TEST_F(BulkTest, SanitizesAnExportFromStandardInputToStandardOutput) {
  put(file("in"), kHeader + rows(3));
  const Outcome outcome = bulk("", file("in"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_TRUE(outcome.output.starts_with("User Name,Email,Date,Meetings")) << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 4);
  EXPECT_TRUE(holds(outcome.output, "@corp.test,2026-11-01,2")) << outcome.output;
  EXPECT_FALSE(holds(outcome.output, "anary")) << outcome.output;
  EXPECT_FALSE(holds(outcome.output, "Dept")) << outcome.output;
  EXPECT_EQ(bulk("- -", file("in")).output, outcome.output);
}

TEST_F(BulkTest, WritesAFileWhole) {
  put(file("in.csv"), kHeader + rows(3));
  const std::string expected = bulk("", file("in.csv")).output;
  const Outcome outcome = bulk(quoted("in.csv") + " " + quoted("new/out.csv"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(content("new/out.csv"), expected);
  EXPECT_EQ(names(), (Names{"in.csv", "new"}));
}

TEST_F(BulkTest, ReadsGzipByItsContentAndWritesItByNameOrWish) {
  put(file("in"), kHeader + rows(20'000));
  const std::string expected = bulk("", file("in")).output;
  shell("gzip -c < " + quoted("in") + " > " + quoted("zipped"));
  shell("cat " + quoted("in") + " | head -c 1000 | gzip -c > " + quoted("members") +
        " && tail -c +1001 " + quoted("in") + " | gzip -c >> " + quoted("members"));
  for (const std::string in : {"in", "zipped", "members"}) {
    EXPECT_EQ(bulk(quoted(in) + " " + quoted("out.csv")).exit_code, 0);
    EXPECT_TRUE(content("out.csv") == expected) << in;
    EXPECT_EQ(bulk(quoted(in) + " " + quoted("out.csv.GZ")).exit_code, 0);
    EXPECT_TRUE(shell("gzip -dc < " + quoted("out.csv.GZ")) == expected) << in;
    EXPECT_LT(content("out.csv.GZ").size(), expected.size());
    EXPECT_TRUE(bulk("", file(in)).output == expected) << in;
    put(file("piped"), bulk("--gzip", file(in)).output);
    EXPECT_TRUE(content("piped") == content("out.csv.GZ")) << in;
  }
}

TEST_F(BulkTest, TheNumberOfThreadsChangesNothing) {
  put(file("in"), kHeader + rows(20'000));
  const std::string expected = bulk("--threads 0", file("in")).output;
  const std::string shuffled = bulk("--threads 0 --shuffle --seed 7", file("in")).output;
  EXPECT_FALSE(shuffled == expected);
  EXPECT_EQ(shuffled.size(), expected.size());
  for (const std::string threads : {"1", "4"}) {
    EXPECT_TRUE(bulk("--threads " + threads, file("in")).output == expected);
    EXPECT_TRUE(bulk("--threads " + threads + " --shuffle --seed 7", file("in")).output ==
                shuffled);
  }
  EXPECT_FALSE(bulk("--shuffle --seed 8", file("in")).output == shuffled);
  // Whoever knows the program must not know the order.
  EXPECT_FALSE(bulk("--shuffle", file("in")).output == bulk("--shuffle", file("in")).output);
}

TEST_F(BulkTest, UsageErrorsEndWithTwo) {
  put(file("in.csv"), kHeader);
  fs::create_symlink(file("in.csv"), file("link.csv"));
  EXPECT_EQ(run("bulk", kSalt).exit_code, 2);
  for (const std::string& arguments :
       {std::string("--algorithm md5"), std::string("--threads 13"), std::string("--threads x"),
        std::string("--seed 7"), std::string("--shuffle --seed -3"), std::string("a b c"),
        quoted("in.csv") + " " + quoted("in.csv"), quoted("in.csv") + " " + quoted("link.csv")}) {
    const Outcome outcome = bulk(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_NE(outcome.errors, "");
    EXPECT_EQ(outcome.output, "");
  }
  EXPECT_EQ(content("in.csv"), kHeader);
}

TEST_F(BulkTest, WhatCannotBeReadOrWrittenOrRulesThatCannotBeUsedEndWithOne) {
  put(file("in.csv"), kHeader);
  put(file("plain"), "");
  for (const auto& [arguments, at_fault] : std::vector<std::pair<std::string, std::string>>{
           {quoted("nowhere.csv"), file("nowhere.csv") + ": cannot be read"},
           {quoted(""), ": cannot be read"},
           {quoted("in.csv") + " " + quoted("plain/out"), "plain/out: cannot be written"},
           {quoted("in.csv") + " " + quoted(""),
            ": cannot be written: only a file may be replaced"},
           {quoted("in.csv") + " > /dev/full", "standard output: cannot be written"}}) {
    const Outcome outcome = bulk(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_TRUE(holds(outcome.errors, at_fault)) << outcome.errors;
  }
  EXPECT_EQ(run("bulk --rules zoom", kSalt).exit_code, 1);
  EXPECT_EQ(run("bulk --rules no-such-set", kSalt).exit_code, 1);
  EXPECT_TRUE(holds(run("bulk --rules zoom-ai-metrics").errors, "salt"));
  EXPECT_EQ(names(), (Names{"in.csv", "plain"}));
}

TEST_F(BulkTest, AnInputThatIsRefusedEndsWithFourAndLeavesNothing) {
  put(file("missing.csv"), "User Name,E-Mail\r\ncanary,canary@corp.test\r\n");
  put(file("ragged.csv"), kHeader + rows(50'000) + "canary,canary@corp.test\r\n");
  put(file("whole"), kHeader + rows(50'000));
  shell("gzip -c < " + quoted("whole") + " > " + quoted("whole.gz"));
  const std::string zipped = content("whole.gz");
  put(file("cut.gz"), zipped.substr(0, zipped.size() - 100));
  put(file("tail.gz"), zipped + "something else behind it");
  fs::remove(file("whole"));
  fs::remove(file("whole.gz"));
  put(file("old.csv"), "an older result");
  const Names before = names();
  for (const auto& [name, says] : std::vector<std::pair<std::string, std::string>>{
           {"missing.csv", "line 1: columnsToPseudonymize names a column \"Email\""},
           {"ragged.csv", "line 50002"},
           {"cut.gz", "the gzip is cut off"},
           {"tail.gz", "the gzip is damaged"}}) {
    for (const std::string out : {"out.csv", "out.gz", "old.csv"}) {
      const Outcome outcome = bulk(quoted(name) + " " + quoted(out));
      EXPECT_EQ(outcome.exit_code, 4) << name << outcome.errors;
      EXPECT_TRUE(holds(outcome.errors, file(name) + ": " + says)) << outcome.errors;
      EXPECT_FALSE(holds(outcome.errors, "anary")) << outcome.errors;
      EXPECT_EQ(names(), before);
    }
  }
  EXPECT_EQ(content("old.csv"), "an older result");
  const Outcome piped = bulk("", file("missing.csv"));
  EXPECT_EQ(piped.exit_code, 4);
  EXPECT_EQ(piped.output, "");
  EXPECT_TRUE(holds(piped.errors, "standard input: line 1")) << piped.errors;
}

TEST_F(BulkTest, TellsInEventsWhatItHasDone) {
  put(file("in"),
      "User Name,Email,Notes\na,canary1@corp.test,ok\nb,canary2@corp.test,to canary3@corp.test\n");
  const Outcome outcome = bulk(quoted("in") + " " + quoted("out"));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(holds(outcome.errors, "anary")) << outcome.errors;
  EXPECT_FALSE(holds(content("out"), "anary")) << "the egress guard has emptied it";
  const json::object end = events_of(outcome.errors, "bulk_finished").at(0);
  EXPECT_EQ(text(end.at("severity")), "INFO");
  EXPECT_NE(text(end.at("time")), "");
  EXPECT_NE(text(end.at("message")), "");
  EXPECT_EQ(end.at("rows").as_int64(), 2);
  EXPECT_EQ(end.at("bytesIn").as_int64(), static_cast<std::int64_t>(content("in").size()));
  EXPECT_EQ(end.at("bytesOut").as_int64(), static_cast<std::int64_t>(content("out").size()));
  EXPECT_GT(end.at("seconds").as_double(), 0);
  EXPECT_EQ(end.at("changed").at("Email").as_int64(), 2);
  EXPECT_EQ(end.at("addresses").at("Notes").as_int64(), 1);
  const json::object warning = events_of(outcome.errors, "bulk_warning").at(0);  // no Department
  EXPECT_EQ(text(warning.at("severity")), "WARNING");
  const json::object guard = events_of(outcome.errors, "bulk_warning").at(1);
  EXPECT_EQ(text(guard.at("column")), "Notes");
  EXPECT_EQ(guard.at("count").as_int64(), 1);
  EXPECT_EQ(events(outcome.errors).size(), 3U);
}

TEST_F(BulkTest, LongNamesOfColumnsAreCutBetweenCharacters) {
  std::string name(63, 'n');
  name += "\u00fc\u00fc";
  put(file("in"), "User Name,Email,Department," + name + "\n,,,canary@corp.test\n");
  const Outcome outcome = bulk(quoted("in") + " " + quoted("out"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  const json::object end = events_of(outcome.errors, "bulk_finished").at(0);
  EXPECT_EQ(end.at("addresses").at(std::string(63, 'n') + "...").as_int64(), 1);
}

struct ShortCells {
  std::string rules;
  std::string arguments;
  std::string header;
  std::string row;
};

/// Cells of one letter, of which each becomes a pseudonym.
std::vector<ShortCells> short_cells() {
  std::string thrice = "pseudonymFormat: URL_SAFE_TOKEN\nfieldsToTransform:\n";
  for (const std::string name : {"x", "y", "z"}) {
    thrice += "  " + name + ": {sourceColumn: a, newName: " + name +
              ", transforms: [pseudonymize: true]}\n";
  }
  return {{"", "--gzip", "User Name,Email,Department\n", "1,1,\n"},
          {"", "", "User Name,Email,Department\n", "1,1,\n"},
          {"columnsToPseudonymize: [a]\npseudonymFormat: JSON\n", "", "a\n", "1\n"},
          {"columnsToPseudonymize: [a]\npseudonymFormat: JSON\n", "--gzip", "a\n", "1\n"},
          {thrice, "--gzip", "a\n", "1\n"}};
}

TEST(Memory, ShortCellsThatBecomePseudonyms) {
  if (!measured()) GTEST_SKIP() << "a build in which memory means nothing";
  for (const ShortCells& one : short_cells()) {
    TemporaryDirectory directory;
    ASSERT_EQ(::mkfifo(directory.file("in").c_str(), 0600), 0);
    put(directory.file("rules.yaml"), one.rules);
    const std::string rules = one.rules.empty() ? "zoom-ai-metrics" : directory.file("rules.yaml");
    Process process({"/bin/sh", "-c",
                     "exec " + proxy_program() + " bulk --rules '" + rules + "' --threads 12 " +
                         one.arguments + " '" + directory.file("in") + "' > /dev/null"},
                    kSalt);
    std::ofstream input(directory.file("in"), std::ios::binary);
    input << one.header;
    std::string some;
    while (some.size() < (std::size_t{1} << 20)) some += one.row;
    for (int i = 0; i < 8; ++i) input << some;
    input.flush();  // a pipe holds 64 KiB: the rest has been read
    EXPECT_LT(process.peak_memory_kib(), 64 << 10) << one.header << one.arguments;
    input.close();
    EXPECT_EQ(process.wait(), 0) << process.errors();
  }
}

TEST_F(BulkTest, AMissingColumnMayBeAllowed) {
  put(file("in"), "User Name,Department\ncanary,x\n");
  EXPECT_EQ(bulk("", file("in")).exit_code, 4);
  const Outcome outcome = bulk("--allow-missing", file("in"));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.output.starts_with("User Name,Email\n")) << outcome.output;
  EXPECT_EQ(events_of(outcome.errors, "bulk_warning").size(), 1U);
}

TEST_F(BulkTest, RulesMayGoByThePathOfTheInput) {
  put(file("rules.yaml"),
      "fileRules:\n  '/{dir}/metrics.csv':\n    columnsToPseudonymize: [User Name]\n"
      "    columnsToRedact: []\n");
  fs::create_directory(file("a"));
  put(file("a/metrics.csv"), "User Name\ncanary\n");
  put(file("a/other.csv"), "User Name\ncanary\n");
  const auto in_directory = [&](const std::string& name) {
    Process process({"/bin/sh", "-c",
                     "cd '" + directory_.path() + "' && exec " + proxy_program() +
                         " bulk --rules rules.yaml " + name},
                    kSalt);
    return process.wait();
  };
  EXPECT_EQ(in_directory("a/metrics.csv"), 0);
  EXPECT_EQ(in_directory("./a/metrics.csv"), 0);
  EXPECT_EQ(in_directory("a/other.csv"), 4);
}

/// A `bulk` that waits for its input, which has not come.
class WaitingBulk {
 public:
  WaitingBulk(const TemporaryDirectory& directory, const std::string& before)
      : directory_(directory),
        process_({"/bin/sh", "-c",
                  before + "exec " + proxy_program() + " bulk --rules zoom-ai-metrics - '" +
                      directory.file("out.csv") + "'"},
                 kSalt) {
    while (fs::is_empty(directory.path())) std::this_thread::yield();
  }
  int end_by(std::initializer_list<int> signals) {
    for (const int number : signals) process_.signal(number);
    return process_.wait();
  }
  bool nothing_left() const { return fs::is_empty(directory_.path()); }

 private:
  const TemporaryDirectory& directory_;
  Process process_;
};

TEST_F(BulkTest, SignalsEndItAndLeaveNothing) {
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    WaitingBulk bulk(directory_, "");
    EXPECT_EQ(bulk.end_by({number}), 128 + number);
    EXPECT_TRUE(bulk.nothing_left()) << number;
  }
}

TEST_F(BulkTest, SignalsThatItWasToldToIgnoreStayIgnored) {
  WaitingBulk bulk(directory_, "trap '' HUP INT; ");
  EXPECT_EQ(bulk.end_by({SIGHUP, SIGINT, SIGTERM}), 128 + SIGTERM);
}

TEST_F(BulkTest, TellsItsProgressEveryTenSeconds) {
  ASSERT_EQ(::mkfifo(file("in").c_str(), 0600), 0);
  Process process({"/bin/sh", "-c",
                   "exec " + proxy_program() + " bulk --rules zoom-ai-metrics '" + file("in") +
                       "' '" + file("out") + "' 2>&1"},
                  kSalt);
  std::ofstream input(file("in"), std::ios::binary);
  input << kHeader;
  const std::string some = rows(10'000);
  std::vector<json::object> told;
  while (told.empty()) {
    input << some << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // not to fill the disk
    told = events_of(process.output(), "bulk_progress");
  }
  EXPECT_GE(told[0].at("seconds").as_double(), 10);
  EXPECT_GT(told[0].at("rows").as_int64(), 0);
  EXPECT_GT(told[0].at("bytesIn").as_int64(), 0);
  input.close();
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(events_of(process.output(), "bulk_finished").size(), 1U);
}

/// What people see of `command` at a terminal, which must succeed.
std::string at_terminal(const std::string& command) {
  const Terminal terminal;
  const std::string kEnd = "the end";
  Process process({"/bin/sh", "-c",
                   "exec 2> " + terminal.name() + "; " + command + "; code=$?; echo '" + kEnd +
                       "' >&2; exit $code"},
                  kSalt);
  const std::string shown = terminal.read_to(kEnd);
  EXPECT_EQ(process.wait(), 0) << shown;
  return shown;
}

TEST_F(BulkTest, ShowsPeopleALineAndASummary) {
  put(
      file("in"), "User Name,Email,No\x1b[1mtes,Department\n" + [] {
        std::string text;
        for (int i = 0; i < 1'000'000; ++i) text += "canary,canary@corp.test,x,\n";
        return text + "a,b@corp.test,canary@corp.test,\n";
      }());
  const std::string shown =
      at_terminal(proxy_program() + " bulk --rules zoom-ai-metrics --threads 0 '" + file("in") +
                  "' '" + file("out") + "'");
  EXPECT_TRUE(holds(shown, " rows  ")) << "while it works: " << shown;
  EXPECT_TRUE(holds(shown, " % ")) << shown;
  EXPECT_TRUE(holds(shown, " left")) << shown;
  EXPECT_TRUE(holds(shown, "\r\033[K1000001 rows in ")) << shown;
  EXPECT_TRUE(holds(shown, "  Email: 1000001 values changed")) << shown;
  EXPECT_TRUE(holds(shown, "warning: 1 values of No?[1mtes hold e-mail addresses")) << shown;
  EXPECT_FALSE(holds(shown, "{\"")) << shown;
  EXPECT_FALSE(holds(shown, "anary")) << shown;
}

}  // namespace
}  // namespace integration
