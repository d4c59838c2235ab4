#pragma once
// All steps of `zoom-proxy doctor` that need Zoom, one after another.

#include "server/doctor/finding.hpp"
#include "server/snapshot.hpp"

namespace zoom_proxy {

/// Asks Zoom step by step, on this thread, and reports each; a step that cannot be taken for lack
/// of another is reported as skipped. Throws ConfigError when the CA file or a URL cannot be used.
void examine_zoom(const Snapshot& snapshot, const Report& report);

}  // namespace zoom_proxy
