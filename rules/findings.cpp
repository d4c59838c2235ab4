#include "rules/findings.hpp"

#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Words as programmers write them, snake_case or camelCase. An object may have ids for keys, and
/// those hold more digits, or capitals side by side.
bool is_word(std::string_view name) {
  constexpr int kMostDigits = 3;  // h323_password
  int digits = 0;
  bool after_upper = true;  // none begins with a capital
  for (const char c : name) {
    if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '_') return false;
    if (is_upper(c) && after_upper) return false;
    after_upper = is_upper(c);
    digits += is_digit(c) ? 1 : 0;
  }
  return digits <= kMostDigits;
}

}  // namespace

std::string told(std::string_view field_name) {
  const bool harmless = field_name.size() <= limits::kUnlistedNameBytes && is_word(field_name);
  return harmless ? std::string(field_name) : std::string();
}

}  // namespace zoom_proxy
