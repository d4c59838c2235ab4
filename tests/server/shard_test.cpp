#include "server/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace zoom_proxy {
namespace {

/// Names as they come: days of some years, numbers, letters.
std::vector<std::string> names() {
  std::vector<std::string> names;
  for (int day = 0; day < 1200; ++day) {
    names.push_back("2026/" + std::to_string(day / 31 + 1) + "/" + std::to_string(day % 31 + 1) +
                    ".csv");
  }
  for (int i = 0; i < 1000; ++i) names.push_back(std::to_string(i));
  for (char c = 'a'; c <= 'z'; ++c) names.emplace_back(1, c);
  return names;
}

TEST(Shard, EachFileIsOwnedByExactlyOneOfThem) {
  for (std::size_t count = 1; count <= 32; ++count) {
    for (const std::string& name : names()) {
      std::size_t owners = 0;
      for (std::size_t index = 0; index < count; ++index) owners += Shard{index, count}.owns(name);
      EXPECT_EQ(owners, 1U) << name << " of " << count;
    }
  }
}

TEST(Shard, AllHaveAboutTheSameToDo) {
  const std::vector<std::string> all = names();
  for (std::size_t count = 1; count <= 32; ++count) {
    for (std::size_t index = 0; index < count; ++index) {
      const Shard shard{index, count};
      const auto own =
          std::ranges::count_if(all, [&](const std::string& name) { return shard.owns(name); });
      const double even = static_cast<double>(all.size()) / static_cast<double>(count);
      EXPECT_NEAR(static_cast<double>(own), even, even / 2) << index << " of " << count;
    }
  }
}

// The same file with the same count goes to the same index in every version of the program.
TEST(Shard, StaysAsItIs) {
  std::string owners;
  for (const char* name : {"a", "b", "2026/11/30.csv", "metrics.csv.gz", "é.csv"}) {
    for (std::size_t index = 0; index < 10; ++index) {
      if (Shard{index, 10}.owns(name)) owners += std::to_string(index);
    }
  }
  EXPECT_EQ(owners, "54625");
}

}  // namespace
}  // namespace zoom_proxy
