#pragma once
// What `zoom-proxy doctor` says of one step.

#include <functional>
#include <string>

namespace zoom_proxy {

enum class Verdict {
  ok,
  warning,  ///< works, and yet should be changed
  wrong,
  skipped,
};

/// Safe to show: no id, no address, no secret, nothing of Zoom's bodies but what rules/zoom_api
/// lets through.
struct Finding {
  std::string step;  ///< what was looked at
  Verdict verdict = Verdict::ok;
  std::string text;         ///< what was found, or why nothing was looked for
  std::string advice = {};  ///< what to do next, where there is something
};

/// Told of each step as soon as it is done. Must outlive the steps.
using Report = std::function<void(const Finding&)>;

}  // namespace zoom_proxy
