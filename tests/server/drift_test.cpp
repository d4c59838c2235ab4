#include "server/drift.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

using Names = std::vector<std::string>;

constexpr auto kNow = Clock::time_point(std::chrono::hours(1));

UnlistedAt at(const std::string& place, Names names) { return {place, std::move(names), 7}; }

TEST(Drift, TellsEachNameOnceForARouteAndPlace) {
  Drift drift;
  const auto first = drift.news("/v2/users", {at("$.users[].<unlisted>", {"a", "b"})}, kNow);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].names, (Names{"a", "b"}));
  EXPECT_EQ(first[0].count, 7U);
  const auto second = drift.news("/v2/users", {at("$.users[].<unlisted>", {"b", "c", "a"})}, kNow);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].names, (Names{"c"}));
  EXPECT_TRUE(drift.news("/v2/users", {at("$.users[].<unlisted>", {"a", "c"})}, kNow).empty());
  EXPECT_EQ(drift.news("/v2/users", {at("$.<unlisted>", {"a"})}, kNow).size(), 1U);
  EXPECT_EQ(drift.news("/v2/other", {at("$.<unlisted>", {"a"})}, kNow).size(), 1U);
}

TEST(Drift, TellsAPlaceWhoseNamesMayNotBeToldOnce) {
  Drift drift;
  const auto first = drift.news("/v2/users", {at("$.<unlisted>", {})}, kNow);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(first[0].names.empty());
  EXPECT_TRUE(drift.news("/v2/users", {at("$.<unlisted>", {})}, kNow).empty());
}

TEST(Drift, WhatIsTooMuchNowIsToldLater) {
  Drift drift;
  int told = 0;
  const auto ask = [&](int name, Clock::time_point now) {
    return !drift.news("/v2/users", {at("$.<unlisted>", {"n" + std::to_string(name)})}, now)
                .empty();
  };
  for (int name = 0; name < 100; ++name) told += ask(name, kNow) ? 1 : 0;
  EXPECT_EQ(told, 20);
  EXPECT_FALSE(ask(50, kNow + std::chrono::seconds(2)));
  EXPECT_TRUE(ask(50, kNow + std::chrono::seconds(3)));
  EXPECT_FALSE(ask(51, kNow + std::chrono::seconds(3)));
  for (int name = 51; name < 100; ++name) told += ask(name, kNow + std::chrono::hours(1)) ? 1 : 0;
  EXPECT_EQ(told, 40);
}

TEST(Drift, RemembersNoMoreThanItsLimit) {
  Drift drift;
  Names names;
  for (int name = 0; name < 10'000; ++name) names.push_back("n" + std::to_string(name));
  EXPECT_EQ(drift.news("/v2/users", {at("$.<unlisted>", names)}, kNow).size(), 1U);
  EXPECT_TRUE(drift.news("/v2/users", {at("$.<unlisted>", {"one more"})}, kNow).empty());
}

}  // namespace
}  // namespace zoom_proxy
