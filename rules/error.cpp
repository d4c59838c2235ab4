#include "rules/error.hpp"

namespace zoom_proxy {

std::string Place::text() const {
  std::string out = file;
  if (line > 0) {
    if (!out.empty()) out += ':';
    out += std::to_string(line);
    if (column > 0) out += ':' + std::to_string(column);
  }
  return out;
}

namespace {
std::string with_place(const Place& place, const std::string& message) {
  const std::string where = place.text();
  return where.empty() ? message : where + ": " + message;
}
}  // namespace

ConfigError::ConfigError(Place place, const std::string& message)
    : std::runtime_error(with_place(place, message)), place_(std::move(place)) {}

std::string_view to_string(BodyFault fault) noexcept {
  switch (fault) {
    case BodyFault::none:
      return "none";
    case BodyFault::syntax:
      return "syntax";
    case BodyFault::encoding:
      return "encoding";
    case BodyFault::top_level:
      return "top-level";
    case BodyFault::limit:
      return "limit";
  }
  return "unknown";
}

}  // namespace zoom_proxy
