#pragma once
// Zoom's side: what `doctor` and `check --online` share.

#include "server/doctor/finding.hpp"
#include "server/snapshot.hpp"

namespace zoom_proxy {

/// One line: the verdict, the step, what was found and what to do. What is wrong goes to standard
/// error, all else to standard output, each at once, so that a terminal has both in order.
void print(const Finding& finding);

/// Reads the CA file and parses the URLs as the server would (throws ConfigError); with `online`
/// takes all steps of the examination and prints each. False when something is wrong.
[[nodiscard]] bool check_zoom(const Snapshot& snapshot, bool online);

}  // namespace zoom_proxy
