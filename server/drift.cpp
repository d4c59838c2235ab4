#include "server/drift.hpp"

#include <algorithm>

namespace zoom_proxy {

bool Drift::may_tell(Clock::time_point now) {
  const auto earned = (now - refilled_) / kInterval;
  if (earned > 0) {
    left_ = static_cast<int>(std::min<std::int64_t>(kBurst, left_ + earned));
    refilled_ = now;
  }
  return left_ > 0;
}

std::vector<UnlistedAt> Drift::news(std::string_view route, std::vector<UnlistedAt> fields,
                                    Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::vector<UnlistedAt> news;
  for (UnlistedAt& at : fields) {
    const auto key = [&](const std::string& name) {
      return std::tuple<std::string_view, std::string_view, std::string_view>(route, at.place,
                                                                              name);
    };
    const bool unnamed = at.names.empty();
    if (unnamed) at.names.emplace_back();
    std::erase_if(at.names, [&](const std::string& name) { return told_.contains(key(name)); });
    if (at.names.empty() || told_.size() + at.names.size() > kMostTold || !may_tell(now)) continue;
    --left_;
    for (const std::string& name : at.names) told_.emplace(key(name));
    if (unnamed) at.names.clear();
    news.push_back(std::move(at));
  }
  return news;
}

}  // namespace zoom_proxy
