#include "server/process_stats.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace zoom_proxy {
namespace {

TEST(ProcessStats, SaysWhatTheSystemSays) {
  const ProcessStats stats = read_process_stats();
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(stats.start_time, now - 3600);
  EXPECT_LT(stats.start_time, now + 2);  // the boot time it counts from is rounded
  EXPECT_GT(stats.resident_bytes, 1'000'000u);
  EXPECT_GT(stats.virtual_bytes, stats.resident_bytes);
  EXPECT_GT(stats.max_fds, stats.open_fds);
}

TEST(ProcessStats, CountsOpenFiles) {
  const std::uint64_t before = read_process_stats().open_fds;
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read_process_stats().open_fds, before + 1);
  ::close(file);
  EXPECT_EQ(read_process_stats().open_fds, before);
}

TEST(ProcessStats, ProcessorTimeGrowsWithWork) {
  const double before = read_process_stats().cpu_seconds;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (read_process_stats().cpu_seconds <= before) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
  }
}

}  // namespace
}  // namespace zoom_proxy
