#include "server/bulk_directory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/server/bulk_run_fixture.hpp"

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;
using Told = std::map<std::string, std::string>;

class BulkDirectoryTest : public testing::Test, protected BulkRuns {
 protected:
  /// Waits until so many files are being written.
  void wait_for_temporaries(std::size_t count) const {
    const auto is_temporary = [](const std::string& name) { return name.ends_with(".part"); };
    for (;;) {
      const std::vector<std::string> names = outputs();
      if (static_cast<std::size_t>(std::ranges::count_if(names, is_temporary)) >= count) return;
      std::this_thread::yield();
    }
  }
};

TEST_F(BulkDirectoryTest, EachFileGoesIntoTheSameFolder) {
  put("a.csv", csv("ann"));
  put("sub/deep/b.csv", csv("bob"));
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}, {"sub/deep/b.csv", "done"}}));
  EXPECT_EQ(output("a.csv"), sanitized("ann"));
  EXPECT_EQ(output("sub/deep/b.csv"), sanitized("bob"));
  EXPECT_EQ(outputs(),
            (std::vector<std::string>{".zoom-proxy/a.csv.json", ".zoom-proxy/sub/deep/b.csv.json",
                                      "a.csv", "sub/deep/b.csv"}));
}

TEST_F(BulkDirectoryTest, WhatIsFinishedIsNotTouchedAgain) {
  put("a.csv", csv("ann"));
  run(job());
  const auto written = fs::last_write_time(places.out / "a.csv");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "already"}}));
  EXPECT_EQ(fs::last_write_time(places.out / "a.csv"), written);
  fs::remove(places.out / "a.csv");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}})) << "the output is gone";
  EXPECT_EQ(output("a.csv"), sanitized("ann"));
}

TEST_F(BulkDirectoryTest, AllThatAResultDependsOnMakesItDoneAgain) {
  put("a.csv", csv("ann"));
  run(job());
  touch("a.csv");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}})) << "another time";
  put("a.csv", csv("anna"));
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}})) << "another size";
  EXPECT_EQ(output("a.csv"), sanitized("anna"));
  BulkDirectoryJob other = job();
  other.salt_fingerprint = "other";
  EXPECT_EQ(run(other), (Told{{"a.csv", "done"}}));
  other.settings = "psoxy";
  EXPECT_EQ(run(other), (Told{{"a.csv", "done"}}));
  other.options.allow_missing = true;
  EXPECT_EQ(run(other), (Told{{"a.csv", "done"}}));
  other.options.shuffle = true;
  EXPECT_EQ(run(other), (Told{{"a.csv", "done"}}));
  engine_ = engine_of("columnsToRedact: [n]\n");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}})) << "other rules";
  put("../out/.zoom-proxy/a.csv.json", "{");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}})) << "damaged marker";
  EXPECT_EQ(run(job()), (Told{{"a.csv", "already"}}));
}

TEST_F(BulkDirectoryTest, GzipIsCalledGzip) {
  put("came.csv", gzip(csv("ann")));
  put("named.csv.gz", gzip(csv("bob")));
  put("misnamed.csv.gz", csv("cid"));
  put("tiny", "n");
  run(job());
  for (const auto& [name, who] :
       Told{{"came.csv.gz", "ann"}, {"named.csv.gz", "bob"}, {"misnamed.csv.gz", "cid"}}) {
    EXPECT_EQ(gunzip(output(name), 1000), sanitized(who)) << name;
  }
  EXPECT_FALSE(fs::exists(places.out / "came.csv"));
  put("plain.csv", csv("dan"));
  BulkDirectoryJob wanted = job();
  wanted.gzip = BulkGzip::yes;
  run(wanted);
  EXPECT_EQ(gunzip(output("plain.csv.gz"), 1000), sanitized("dan"));
}

TEST_F(BulkDirectoryTest, TwoInputsDoNotShareAnOutput) {
  put("a.csv", gzip(csv("ann")));
  put("a.csv.gz", gzip(csv("bob")));
  const Told told = run(job());
  EXPECT_TRUE(told.at("a.csv").starts_with("refused: its output would be called"))
      << told.at("a.csv");
  EXPECT_EQ(told.at("a.csv.gz"), "done");
  EXPECT_EQ(gunzip(output("a.csv.gz"), 1000), sanitized("bob"));
}

TEST_F(BulkDirectoryTest, ARefusedFileLeavesNothingAndOthersGoOn) {
  put("a.csv", kRefused);
  put("b.csv", csv("bob"));
  put("../outside", csv("eve"));
  fs::create_symlink("../outside", places.in / "c.csv");
  const Told told = run(job());
  EXPECT_TRUE(told.at("a.csv").starts_with("refused: ")) << told.at("a.csv");
  EXPECT_EQ(told.at("b.csv"), "done");
  EXPECT_EQ(told.at("c.csv"), "refused: the file is a link that leads out of the input directory");
  EXPECT_EQ(outputs(), (std::vector<std::string>{".zoom-proxy/b.csv.json", "b.csv"}));
}

// What other rules have made of it may be less strict.
TEST_F(BulkDirectoryTest, OfARefusedFileNoEarlierOutputIsLeftEither) {
  put("a.csv", csv("ann"));
  put("zipped", gzip(csv("bob")));
  put("kept.csv.gz", gzip(csv("cid")));
  run(job());
  EXPECT_TRUE(fs::exists(places.out / "zipped.gz"));
  put("kept.csv", kRefused);  // what is called as its output would be is another's
  engine_ = std::make_shared<const BulkEngine>(
      RulesText{"columnsToPseudonymize: [email, m]\n", "stricter"}, test::known_codec());
  EXPECT_TRUE(run(job()).at("kept.csv.gz").starts_with("refused: "));
  EXPECT_EQ(outputs(), std::vector<std::string>());
  engine_ = engine_of();
  run(job());
  const std::vector<std::string> others{".zoom-proxy/a.csv.json",
                                        ".zoom-proxy/kept.csv.gz.json",
                                        ".zoom-proxy/zipped.json",
                                        "a.csv",
                                        "kept.csv.gz",
                                        "zipped.gz"};
  EXPECT_EQ(outputs(), others) << "kept.csv leaves kept.csv.gz alone";
}

TEST_F(BulkDirectoryTest, ARefusedFileTakesWhatALinkLeadsToAlong) {
  put("a.csv", kRefused);
  put("../elsewhere.csv", "of earlier rules");
  fs::create_directories(places.out);
  fs::create_symlink("../elsewhere.csv", places.out / "a.csv");
  EXPECT_TRUE(run(job()).at("a.csv").starts_with("refused: "));
  EXPECT_FALSE(fs::exists(places.in / "../elsewhere.csv"));
}

TEST_F(BulkDirectoryTest, OneThatFailsLeavesTheEarlierOutput) {
  put("a.csv", csv("ann"));
  run(job());
  const std::vector<std::string> before = outputs();
  fs::remove(places.in / "a.csv");
  EXPECT_TRUE(in_words(run_bulk_file(job(), "a.csv", workers_)).starts_with("failed: "));
  fs::create_directories(places.in / "a.csv");
  EXPECT_EQ(in_words(run_bulk_file(job(), "a.csv", workers_)), "failed: is no regular file");
  EXPECT_EQ(outputs(), before);
}

TEST_F(BulkDirectoryTest, ANameThatLeadsOutsideTouchesNothing) {
  put("../out/c.csv", "of earlier rules");
  put("../outside", csv("eve"));
  fs::create_symlink("../outside", places.in / "c.csv");
  EXPECT_TRUE(run(job()).at("c.csv").starts_with("refused: "));
  EXPECT_EQ(output("c.csv"), "of earlier rules");
}

TEST_F(BulkDirectoryTest, OnlyTheLatestOutputOfAFileIsThere) {
  put("a.csv", gzip(csv("ann")));
  run(job());
  put("a.csv", csv("ann"));
  run(job());
  EXPECT_EQ(outputs(), (std::vector<std::string>{".zoom-proxy/a.csv.json", "a.csv"}));
}

TEST_F(BulkDirectoryTest, ANameWithAnAddressIsRefusedUnlessTheGuardLetsItPass) {
  const std::string name = "2026/ada@corp.test.csv";
  put(name, csv("ann"));
  put("2026/at@noon.csv/b.csv", csv("bob"));
  BulkDirectoryJob other = job();
  other.guard = EgressGuard::log;
  EXPECT_EQ(run(other).at(name), "done");
  other.guard = EgressGuard::off;
  EXPECT_EQ(run(other).at(name), "already");
  const Told told = run(job());
  EXPECT_EQ(told.at(name), "refused: its name holds an e-mail address: rename it");
  EXPECT_EQ(told.at("2026/at@noon.csv/b.csv"), told.at(name));
  EXPECT_EQ(outputs(), std::vector<std::string>());
}

TEST_F(BulkDirectoryTest, NamesAreAsLongAsThoseOfMarkersAllow) {
  const std::string fits(233, 'a');
  put("sub/" + fits, gzip(csv("ann")));
  put("sub/" + fits + 'b', csv("bob"));
  const Told told = run(job());
  EXPECT_EQ(told.at("sub/" + fits), "done");
  EXPECT_EQ(told.at("sub/" + fits + 'b'), "refused: its name is too long: shorten it to 233 bytes");
}

TEST_F(BulkDirectoryTest, OneThatCannotBeWrittenFailsAndOthersGoOn) {
  put("a.csv", csv("ann"));
  put("b.csv", csv("bob"));
  put("../out/a.csv/in/the/way", "x");
  const Told told = run(job());
  EXPECT_TRUE(told.at("a.csv").starts_with("failed: cannot be read or written: "));
  EXPECT_EQ(told.at("a.csv").find(places.out.string()), std::string::npos) << told.at("a.csv");
  EXPECT_EQ(told.at("b.csv"), "done");
  EXPECT_EQ(outputs(),
            (std::vector<std::string>{".zoom-proxy/b.csv.json", "a.csv/in/the/way", "b.csv"}));
}

TEST_F(BulkDirectoryTest, OneThatChangesWhileItIsReadFails) {
  for (const std::string& text : {csv("ann"), std::string("email,n\nann\n")}) {  // one is refused
    put("a.csv", text);
    HeldWorker worker;
    std::thread changes([&] {
      wait_for_temporaries(1);
      std::ofstream(places.in / "a.csv", std::ios::app) << "more";
      worker.release();
    });
    const BulkFileResult result = run_bulk_file(job(), "a.csv", worker);
    changes.join();
    EXPECT_EQ(in_words(result),
              "failed: changed while it was read; nothing was written: run again once it is whole");
    EXPECT_EQ(outputs(), std::vector<std::string>());
  }
}

// Back to earlier rules after a crash between the output of later ones and its marker.
TEST_F(BulkDirectoryTest, AMarkerNeverStandsBesideAnotherOutput) {
  put("a.csv", csv("ann"));
  run(job());
  const auto earlier = std::exchange(engine_, engine_of("columnsToRename: {n: m}\n"));
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{150, 150};  // for the output, not for the marker
    ::setrlimit(RLIMIT_FSIZE, &room);
    BulkWorkers none(0);
    ::_exit(run_bulk_file(job(), "a.csv", none).state == BulkFileState::failed ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(output("a.csv").substr(0, 8), "email,m\n");
  engine_ = earlier;
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}}));
  EXPECT_EQ(output("a.csv"), sanitized("ann"));
}

TEST_F(BulkDirectoryTest, OneFileByItsName) {
  put("sub/a.csv", csv("ann"));
  put("../outside", csv("eve"));
  EXPECT_EQ(in_words(run_bulk_file(job(), "sub/a.csv", workers_)), "done");
  EXPECT_EQ(in_words(run_bulk_file(job(), "sub/a.csv", workers_)), "already");
  EXPECT_EQ(in_words(run_bulk_file(job(), "sub", workers_)), "failed: is no regular file");
  EXPECT_TRUE(in_words(run_bulk_file(job(), "gone", workers_)).starts_with("failed: "));
  for (const char* name : {"../outside", "", ".zoom-proxy/x"}) {
    EXPECT_THROW((void)run_bulk_file(job(), name, workers_), std::invalid_argument) << name;
  }
}

TEST_F(BulkDirectoryTest, FilesAreUnderWayAtTheSameTime) {
  for (const char* name : {"a", "b", "c", "d"}) put(name, csv(name));
  HeldWorker worker;
  std::thread release([&] {
    wait_for_temporaries(3);
    worker.release();
  });
  run_bulk_directory(job(), {}, 3, worker, into_told());
  release.join();
  EXPECT_EQ(told_, (Told{{"a", "done"}, {"b", "done"}, {"c", "done"}, {"d", "done"}}));
}

TEST_F(BulkDirectoryTest, ShardsTogetherDoEachFileOnce) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), csv("x"));
  Told all = run(job(), {0, 2});
  EXPECT_GT(all.size(), 0U);
  EXPECT_LT(all.size(), 20U);
  for (auto& [name, state] : run(job(), {1, 2})) {
    EXPECT_TRUE(all.emplace(name, state).second) << name;
  }
  EXPECT_EQ(all.size(), 20U);
  EXPECT_TRUE(std::ranges::all_of(all, [](const auto& one) { return one.second == "done"; }));
}

TEST_F(BulkDirectoryTest, WhoCannotTellEndsTheRunAndNothingUnfinishedIsLeft) {
  constexpr std::size_t kMany = 200;
  for (std::size_t i = 0; i < kMany; ++i) put(std::to_string(i), csv("x"));
  const auto fails = [](const BulkFileResult&) { throw std::runtime_error("closed"); };
  EXPECT_THROW(run_bulk_directory(job(), {}, 2, workers_, fails), std::runtime_error);
  const std::vector<std::string> names = outputs();
  EXPECT_LT(names.size(), kMany);
  for (const std::string& name : names) EXPECT_FALSE(name.ends_with(".part")) << name;
}

TEST_F(BulkDirectoryTest, RemovesWhatACrashHasLeft) {
  put("a.csv", csv("ann"));
  put("../out/.a.csv.1.part", "half");
  put("../out/.zoom-proxy/.a.csv.json.1.part", "half");
  EXPECT_EQ(run(job()), (Told{{"a.csv", "done"}}));
  EXPECT_EQ(outputs(), (std::vector<std::string>{".zoom-proxy/a.csv.json", "a.csv"}));
}

TEST_F(BulkDirectoryTest, RefusesDirectoriesInsideOneAnother) {
  BulkDirectoryJob inside = job();
  inside.places.out = places.in / "out";
  EXPECT_THROW(run(inside), std::invalid_argument);
  inside.places = {places.in / "missing", places.out};
  EXPECT_THROW(run(inside), std::system_error);
}

}  // namespace
}  // namespace zoom_proxy
