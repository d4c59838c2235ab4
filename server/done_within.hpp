#pragma once
// Work that may hang for ever, which the end of the process must not.

#include <chrono>
#include <functional>

namespace zoom_proxy {

/// Does the work on a thread of its own and waits for it, but not longer than that. False when it
/// takes longer; then it goes on, and what it uses must stay: the process should end by _Exit.
bool done_within(std::chrono::seconds limit, std::function<void()> work);

}  // namespace zoom_proxy
