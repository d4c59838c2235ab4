#include "rules/schema.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace zoom_proxy {
namespace {

TEST(TruncatedInteger, IsWhatThePeerMakesOfANumber) {
  const auto lowest = std::numeric_limits<std::int64_t>::min();
  const auto highest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(truncated_integer("0"), 0);
  EXPECT_EQ(truncated_integer("-0"), 0);
  EXPECT_EQ(truncated_integer("-0.0"), 0);
  EXPECT_EQ(truncated_integer("12.7"), 12);
  EXPECT_EQ(truncated_integer("-12.7"), -12);
  EXPECT_EQ(truncated_integer("-0.5"), 0);
  EXPECT_EQ(truncated_integer("1e3"), 1000);
  EXPECT_EQ(truncated_integer("1e-400"), 0);
  EXPECT_EQ(truncated_integer("9223372036854775807"), highest);
  EXPECT_EQ(truncated_integer("9223372036854775807.0"), highest);
  EXPECT_EQ(truncated_integer("-9223372036854775808"), lowest);
  EXPECT_EQ(truncated_integer("-9223372036854775808.0"), lowest);
  EXPECT_EQ(truncated_integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(truncated_integer("-9223372036854775809"), std::nullopt);
  EXPECT_EQ(truncated_integer("1e20"), std::nullopt);
  EXPECT_EQ(truncated_integer("1e400"), std::nullopt);
  EXPECT_EQ(truncated_integer("-1e400"), std::nullopt);
  EXPECT_EQ(truncated_integer(std::string(1000, '9')), std::nullopt);
}

TEST(PlainInteger, NeedsNoNewSpelling) {
  EXPECT_TRUE(is_plain_integer("0"));
  EXPECT_TRUE(is_plain_integer("-12"));
  EXPECT_FALSE(is_plain_integer("-0"));
  EXPECT_FALSE(is_plain_integer("1.0"));
  EXPECT_FALSE(is_plain_integer("1e3"));
  EXPECT_FALSE(is_plain_integer("1E3"));
}

}  // namespace
}  // namespace zoom_proxy
