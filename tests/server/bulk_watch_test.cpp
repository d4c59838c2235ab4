#include "server/bulk_watch.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/server/bulk_run_fixture.hpp"

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;
using Told = std::map<std::string, std::string>;

class BulkWatchTest : public testing::Test, protected BulkRuns {
 protected:
  Told look() {
    told_.clear();
    watch_.look(into_told());
    return std::move(told_);
  }

  const BulkDirectoryJob job_ = job();
  BulkWatch watch_{job_, {}, 2, workers_};
};

TEST_F(BulkWatchTest, TakesAFileThatTwoLooksSawTheSame) {
  put("a.csv", csv("ann"));
  EXPECT_EQ(look(), Told());
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}}));
  EXPECT_EQ(look(), Told());
  put("b.csv", csv("bob"));
  EXPECT_EQ(look(), Told());
  EXPECT_EQ(look(), (Told{{"b.csv", "done"}}));
  EXPECT_EQ(output("a.csv") + output("b.csv"), sanitized("ann") + sanitized("bob"));
}

TEST_F(BulkWatchTest, OneThatGrowsIsNotTakenEarly) {
  std::string text;
  for (const char c : csv("ann")) {
    text += c;
    put("a.csv", text);
    EXPECT_EQ(look(), Told());
  }
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}}));
  EXPECT_EQ(output("a.csv"), sanitized("ann"));
  touch("a.csv");
  EXPECT_EQ(look(), Told());
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}}));
}

TEST_F(BulkWatchTest, ARefusedFileIsTriedAgainWhenItChanges) {
  put("a.csv", kRefused);
  look();
  EXPECT_TRUE(look().at("a.csv").starts_with("refused: "));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(look(), Told());
  put("a.csv", csv("ann"));
  look();
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}}));
}

TEST_F(BulkWatchTest, OneThatFailsIsTriedAgainEverLessOften) {
  put("a.csv", csv("ann"));
  put("../out/a.csv/in/the/way", "x");
  std::string tries;
  for (int i = 0; i < 90; ++i) tries += look().empty() ? '.' : 'x';
  EXPECT_EQ(tries.substr(0, 37), ".x.x..x....x........x................");
  EXPECT_EQ(tries.find("x................................x"), 37U);
  fs::remove_all(places.out / "a.csv");
  touch("a.csv");
  look();
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}})) << "a change counts at once";
}

TEST_F(BulkWatchTest, WhatVanishesIsForgotten) {
  put("a.csv", csv("ann"));
  look();
  fs::remove(places.in / "a.csv");
  EXPECT_EQ(look(), Told());
  put("a.csv", csv("ann"));
  EXPECT_EQ(look(), Told());
  EXPECT_EQ(look(), (Told{{"a.csv", "done"}}));
}

TEST_F(BulkWatchTest, AShardSeesItsOwn) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), csv("x"));
  BulkWatch second(job_, {1, 2}, 1, workers_);
  second.look(into_told());
  second.look(into_told());
  EXPECT_GT(told_.size(), 0U);
  for (const auto& [name, state] : told_) EXPECT_TRUE((Shard{1, 2}).owns(name));
}

TEST_F(BulkWatchTest, RefusesDirectoriesInsideOneAnother) {
  BulkDirectoryJob inside = job();
  inside.places.out = places.in / "out";
  EXPECT_THROW(BulkWatch(inside, {}, 1, workers_), std::invalid_argument);
}

}  // namespace
}  // namespace zoom_proxy
