#include "server/trace.hpp"

#include <algorithm>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

constexpr std::size_t kIdDigits = 32;

bool all_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// All zeros mean that there is none.
bool is_id(std::string_view text) {
  return text.size() == kIdDigits && all_lower_hex(text) &&
         text.find_first_not_of('0') != text.npos;
}

/// VERSION-TRACE-PARENT-FLAGS. Later versions may add parts behind those of version 00.
std::string_view id_of_traceparent(std::string_view text) {
  constexpr std::size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  const std::string_view version = text.substr(0, 2);
  const bool whole = text.size() == kLength || (version != "00" && text[kLength] == '-');
  const bool sound = whole && all_lower_hex(version) && version != "ff" &&
                     all_lower_hex(text.substr(36, 16)) && all_lower_hex(text.substr(53, 2));
  const std::string_view id = text.substr(3, kIdDigits);
  return sound && is_id(id) ? id : std::string_view();
}

}  // namespace

std::string trace_id(const Fields& from_client) {
  if (const auto field = from_client.find("traceparent")) {
    const std::string_view id = id_of_traceparent(*field);
    if (!id.empty()) return std::string(id);
  }
  const auto field = from_client.find("x-cloud-trace-context");
  if (!field) return {};
  std::string id = ascii_lower(field->substr(0, field->find('/')));
  return is_id(id) ? id : std::string();
}

}  // namespace zoom_proxy
