#include "server/recent_events.hpp"

#include <algorithm>

namespace zoom_proxy {

void RecentEvents::add(LogLevel level, std::string_view event, std::string_view cause,
                       std::chrono::system_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(kinds_, [&](const Kind& kind) {
    return kind.event == event && kind.cause == cause && kind.level == level;
  });
  if (found != kinds_.end()) {
    std::rotate(found, found + 1, kinds_.end());
  } else {
    if (kinds_.size() == kMost) kinds_.erase(kinds_.begin());
    kinds_.push_back({std::string(event), std::string(cause), level, 0, {}});
  }
  ++kinds_.back().count;
  kinds_.back().last = now;
}

std::vector<RecentEvents::Kind> RecentEvents::list() const {
  const std::lock_guard lock(mutex_);
  return {kinds_.rbegin(), kinds_.rend()};
}

}  // namespace zoom_proxy
