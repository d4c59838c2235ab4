#include "rules/findings.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace zoom_proxy {

std::string told(std::string_view field_name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool harmless = field_name.size() <= limits::kUnlistedNameBytes &&
                        std::all_of(field_name.begin(), field_name.end(), plain);
  return harmless ? std::string(field_name) : std::string();
}

}  // namespace zoom_proxy
