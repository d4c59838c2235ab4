#pragma once
// What the system says about this process: the numbers behind the usual `process_*` metrics.

#include <cstdint>

namespace zoom_proxy {

struct ProcessStats {
  double cpu_seconds = 0;  ///< user and system
  double start_time = 0;   ///< seconds since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;  ///< of RLIMIT_NOFILE, the soft limit
};

/// Reads /proc; some microseconds, more with thousands of open files. What cannot be read is 0.
[[nodiscard]] ProcessStats read_process_stats();

}  // namespace zoom_proxy
