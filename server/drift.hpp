#pragma once
// Fields of Zoom's answers that the rules do not list: told to the operator once, so that new ones
// are noticed before the data team misses them.

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy {

/// Unlisted fields of one answer at one place.
struct UnlistedAt {
  std::string place;               ///< in the rules: `$.users[].<unlisted>`
  std::vector<std::string> names;  ///< none where no name may be told
  std::uint64_t count = 0;         ///< of fields, by whatever name
};

/// Remembers what was told, for as long as the process runs. Thread-safe.
class Drift {
 public:
  /// Of an answer's unlisted fields what was not told yet and may be told now; it counts as told
  /// then. The rest comes with a later answer.
  [[nodiscard]] std::vector<UnlistedAt> news(std::string_view route, std::vector<UnlistedAt> fields,
                                             Clock::time_point now);

 private:
  /// Reports for a start, and how long each further one takes: a log that a client can fill with
  /// chosen requests would hide the rest.
  static constexpr int kBurst = 20;
  static constexpr Clock::duration kInterval = std::chrono::seconds(3);
  /// Route, place, name. Zoom's answers have some hundred; more come from a body that makes them
  /// up.
  static constexpr std::size_t kMostTold = 10'000;

  [[nodiscard]] bool may_tell(Clock::time_point now);

  std::mutex mutex_;
  /// Compares with views, too: every answer asks, hardly any adds.
  std::set<std::tuple<std::string, std::string, std::string>, std::less<>> told_;
  int left_ = kBurst;
  Clock::time_point refilled_{};
};

}  // namespace zoom_proxy
