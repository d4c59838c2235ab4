#pragma once
// What works less well than it should while requests are still served: a rules file that could not
// be read anew, for example. Readiness names it without failing, the status page shows it.

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

/// Thread-safe.
class Degraded {
 public:
  struct Reason {
    std::string what;     ///< a name: settings, rules, certificate
    std::string message;  ///< what happened, where, what to do: for the admin port only
    std::chrono::system_clock::time_point since;
  };

  /// From now on, or still: a reason that is there keeps its time and gets the new message.
  void set(std::string_view what, std::string message) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(reasons_, what, &Reason::what);
    if (found != reasons_.end()) {
      found->message = std::move(message);
    } else {
      reasons_.push_back({std::string(what), std::move(message), std::chrono::system_clock::now()});
    }
  }
  /// All is well again with that.
  void clear(std::string_view what) {
    const std::lock_guard lock(mutex_);
    std::erase_if(reasons_, [&](const Reason& reason) { return reason.what == what; });
  }
  [[nodiscard]] std::vector<Reason> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Reason> reasons_;
};

}  // namespace zoom_proxy
