#include "rules/schema.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace zoom_proxy {

bool is_plain_integer(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos && number != "-0";
}

std::optional<std::int64_t> truncated_integer(std::string_view number) {
  if (number == "-0") return 0;
  if (is_plain_integer(number)) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
  }
  // strtod and not from_chars: out of range it says on which side. The process stays in locale "C".
  const double value = std::strtod(std::string(number).c_str(), nullptr);
  constexpr double kBound = 9223372036854775808.0;  // 2^63, the double next to both int64 limits
  if (!(std::abs(value) <= kBound)) return std::nullopt;
  if (value == kBound) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(value);
}

}  // namespace zoom_proxy
