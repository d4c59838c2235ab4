#include "server/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace zoom_proxy {
namespace {

using std::chrono::sys_seconds;  // nanoseconds would overflow in 2262

constexpr std::int64_t kMostSeconds = 999'999;
constexpr std::size_t kLongest = 40;  ///< bytes of a field

/// The forms of an HTTP-date, the first being the one in use, and ISO 8601 up to its seconds.
constexpr std::array kForms{"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                            "%a %b %d %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%S"};
constexpr std::string_view kIsoForm = kForms.back();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<sys_seconds> to_time(const std::tm& utc) {
  const std::chrono::year_month_day day(std::chrono::year(utc.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(utc.tm_mon + 1)),
                                        std::chrono::day(static_cast<unsigned>(utc.tm_mday)));
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(utc.tm_hour) +
         std::chrono::minutes(utc.tm_min) + std::chrono::seconds(utc.tm_sec);
}

/// The time by one form, and how much of the text it took.
std::optional<sys_seconds> read_form(const std::string& text, const char* form, std::size_t& used) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  std::tm utc{};
  stream >> std::get_time(&utc, form);
  if (stream.fail()) return std::nullopt;
  used = stream.eof() ? text.size() : static_cast<std::size_t>(stream.tellg());
  return to_time(utc);
}

/// What may follow an ISO time: a fraction, which is dropped, then `Z` or `+HH:MM`. Returns how far
/// the zone's clocks are ahead of UTC.
std::optional<std::chrono::minutes> read_zone(std::string_view rest) {
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (rest == "Z") return std::chrono::minutes(0);
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    if (!is_digit(rest[i])) return std::nullopt;
  }
  const int hours = (rest[1] - '0') * 10 + (rest[2] - '0');
  const int minutes = (rest[4] - '0') * 10 + (rest[5] - '0');
  if (hours > 14 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return rest[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<sys_seconds> read_date(std::string_view value) {
  if (value.empty() || value.size() > kLongest) return std::nullopt;
  const std::string text(value);
  for (const char* form : kForms) {
    std::size_t used = 0;
    const auto time = read_form(text, form, used);
    if (!time) continue;
    if (form != kIsoForm) return used == text.size() ? time : std::nullopt;
    const auto ahead = read_zone(std::string_view(text).substr(used));
    if (ahead) return *time - *ahead;
  }
  return std::nullopt;
}

std::optional<std::int64_t> retry_after_seconds(std::string_view value,
                                                std::chrono::system_clock::time_point now) {
  if (value.empty() || value.size() > kLongest) return std::nullopt;
  std::int64_t seconds = 0;
  if (std::all_of(value.begin(), value.end(), is_digit)) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc()) return std::nullopt;
  } else {
    const auto date = read_date(value);
    if (!date) return std::nullopt;
    // Rounded up: who comes back too early is refused again.
    const auto wait = *date - std::chrono::floor<std::chrono::seconds>(now);
    seconds = std::max<std::int64_t>(wait.count(), 0);
  }
  return seconds <= kMostSeconds ? std::optional(seconds) : std::nullopt;
}

}  // namespace zoom_proxy
