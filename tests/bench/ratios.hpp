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
  std::size_t bytes = 0;  ///< of our input, where a person may want to know its speed
  std::size_t rows = 0;
};

enum class Timing {
  short_own,  ///< repeated until it takes long enough; of the calling thread's processor time
  long_wall,  ///< once; by the clock on the wall, since other processes and threads work
};

struct Ratio {
  std::string name;
  std::optional<double> goal;  ///< none: for information
  int pairs;                   ///< how often to time both
  /// Makes the document for a seed. Throws std::runtime_error when the two do not do the job that
  /// the name promises.
  std::function<Rivals(std::uint64_t seed)> prepare;
  Timing timing = Timing::short_own;
};

[[nodiscard]] std::vector<Ratio> ratios();

}  // namespace zoom_proxy::bench
