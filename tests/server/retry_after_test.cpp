#include "server/retry_after.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

using namespace std::chrono_literals;

/// Tue, 24 Nov 2026 12:00:00 GMT.
constexpr std::chrono::system_clock::time_point kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h;

struct Case {
  const char* value;
  std::optional<std::int64_t> seconds;
};

TEST(RetryAfter, EveryFormBecomesSeconds) {
  const Case cases[] = {
      {"0", 0},
      {"17", 17},
      {"999999", 999'999},
      {"2026-11-25T00:00:00Z", 43'200},
      {"2026-11-24T12:00:01Z", 1},
      {"2026-11-24T12:00:01.999Z", 1},
      {"2026-11-24T13:00:30+01:00", 30},
      {"2026-11-24T04:00:30-08:00", 30},
      {"2026-11-24T11:59:59Z", 0},
      {"2020-05-31T00:00:00Z", 0},
      {"Tue, 24 Nov 2026 12:01:00 GMT", 60},
      {"Tuesday, 24-Nov-26 12:01:00 GMT", 60},
      {"Tue Nov 24 12:01:00 2026", 60},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
      {"Sun Nov  6 08:49:37 1994", 0},
  };
  for (const Case& c : cases) EXPECT_EQ(retry_after_seconds(c.value, kNow), c.seconds) << c.value;
}

TEST(RetryAfter, OtherTextsSayNothing) {
  for (const char* value : {"",
                            " ",
                            "soon",
                            "-1",
                            "+5",
                            "1e9",
                            "5, 10",
                            "5 ",
                            "1000000",
                            "99999999999999999999",
                            "2999-01-01T00:00:00Z",
                            "Sat, 01 Jan 2999 00:00:00 GMT",
                            "2026-02-30T00:00:00Z",
                            "2026-13-01T00:00:00Z",
                            "2026-11-25T25:00:00Z",
                            "2026-11-25T00:00:00",
                            "2026-11-25",
                            "2026-11-25T00:00:00ZZ",
                            "2026-11-25T00:00:00.Z",
                            "2026-11-25T00:00:00+1:00",
                            "2026-11-25T00:00:00+15:00",
                            "Tue, 24 Nov 2026 12:01:00 CET",
                            "Tue, 24 Nov 2026 12:01:00 GMT ann@corp.test",
                            "Tue Nov 24 12:01:00 2026 x"}) {
    EXPECT_EQ(retry_after_seconds(value, kNow), std::nullopt) << value;
  }
}

TEST(RetryAfter, AFractionOfASecondIsRoundedUp) {
  EXPECT_EQ(retry_after_seconds("2026-11-24T12:00:10Z", kNow + 500ms), 10);
}

}  // namespace
}  // namespace zoom_proxy
