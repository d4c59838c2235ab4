#include "server/recent_events.hpp"

#include <gtest/gtest.h>

#include "server/degraded.hpp"
#include "server/log.hpp"

namespace zoom_proxy {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

system_clock::time_point at(int second) { return system_clock::time_point(seconds(second)); }

TEST(RecentEvents, CountsByKindAndShowsTheLatestFirst) {
  RecentEvents events;
  events.add(LogLevel::error, "request", "UNKNOWN", at(1));
  events.add(LogLevel::warning, "request", "API_ERROR", at(2));
  events.add(LogLevel::error, "request", "UNKNOWN", at(3));
  const auto list = events.list();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].cause, "UNKNOWN");
  EXPECT_EQ(list[0].count, 2u);
  EXPECT_EQ(list[0].last, at(3));
  EXPECT_EQ(list[1].cause, "API_ERROR");
}

TEST(RecentEvents, TheOldestGivesWay) {
  RecentEvents events;
  for (int i = 0; i < 60; ++i) events.add(LogLevel::error, "e", std::to_string(i), at(i));
  const auto list = events.list();
  ASSERT_EQ(list.size(), 50u);
  EXPECT_EQ(list.front().cause, "59");
  EXPECT_EQ(list.back().cause, "10");
}

TEST(RecentEvents, TheLogFeedsThemWithNamesAlone) {
  log_event(LogLevel::info, "fine", "nothing to remember");
  log_event(LogLevel::warning, "trouble", "a message with details", {{"cause", "WHY"}, {"n", 1}});
  log_event(LogLevel::warning, "token_refresh", "another", {{"result", "failed"}});
  const auto list = recent_events();
  ASSERT_GE(list.size(), 2u);
  EXPECT_EQ(list[0].event, "token_refresh");
  EXPECT_EQ(list[0].cause, "failed");
  EXPECT_EQ(list[1].event, "trouble");
  EXPECT_EQ(list[1].cause, "WHY");
  for (const auto& kind : list) EXPECT_NE(kind.event, "fine");
}

TEST(Degraded, KeepsItsReasonsUntilTheyAreCleared) {
  Degraded degraded;
  degraded.set("rules", "first");
  const auto since = degraded.reasons().at(0).since;
  degraded.set("rules", "second");
  degraded.set("secrets", "other");
  ASSERT_EQ(degraded.reasons().size(), 2u);
  EXPECT_EQ(degraded.reasons()[0].message, "second");
  EXPECT_EQ(degraded.reasons()[0].since, since);
  degraded.clear("rules");
  degraded.clear("never there");
  ASSERT_EQ(degraded.reasons().size(), 1u);
  EXPECT_EQ(degraded.reasons()[0].what, "secrets");
}

}  // namespace
}  // namespace zoom_proxy
