#pragma once
// The bodies that are timed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/engines.hpp"

namespace zoom_proxy::bench {

struct Subject {
  std::string name;
  Rules rules = Rules::hashing;
  std::string target;
  std::function<std::string(std::uint64_t seed)> document;
  /// What the rules leave of the document, as parse_walk_serialize takes it. Empty: there is no
  /// comparison with that.
  std::string kept = {};
  std::optional<std::uint64_t> tokens = {};  ///< how many it must be, where that is the point
  int pairs = 101;                           ///< how often to time it and its rival
  std::optional<double> parser_goal = {};    ///< against parse_only
  std::optional<double> tree_goal = {};      ///< against parse_walk_serialize
};

[[nodiscard]] std::vector<Subject> subjects();

}  // namespace zoom_proxy::bench
