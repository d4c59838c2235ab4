#pragma once
// Keeps what is in memory, secrets among it, from files and from other processes.

namespace zoom_proxy {

/// Whether this build looks for leaks at its end: that check has to attach to the process.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLeaksAreLookedFor = true;
#else
constexpr bool kLeaksAreLookedFor = false;
#endif

/// For the whole process: no core dumps, and other processes of the same user cannot look into its
/// memory. Call before secrets are read.
void forbid_memory_images() noexcept;

}  // namespace zoom_proxy
