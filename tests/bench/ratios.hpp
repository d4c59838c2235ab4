#pragma once
// The comparisons: each the engine's work and what it is measured against.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace zoom_proxy::bench {

using Work = std::function<void()>;

struct Rivals {
  Work ours;
  Work theirs;
};

struct Ratio {
  std::string name;
  std::optional<double> goal;  ///< none: for information
  int pairs;                   ///< how often to time both
  /// Makes the document for a seed. Throws std::runtime_error when the two do not do the job that
  /// the name promises.
  std::function<Rivals(std::uint64_t seed)> prepare;
};

[[nodiscard]] std::vector<Ratio> ratios();

}  // namespace zoom_proxy::bench
