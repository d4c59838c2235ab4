#include "rules/zoom_scopes.hpp"

#include <algorithm>
#include <iterator>

namespace zoom_proxy {
namespace {

constexpr std::size_t kScopeChars = 64;  // Zoom's longest has about 50

/// What granular scopes begin with, and the classic scope that covers them. The first row that fits
/// wins.
struct Classic {
  std::string_view granular;
  std::string_view classic;
};
constexpr Classic kClassic[] = {
    {"meeting:read:summary:", "meeting_summary:read"},
    {"meeting:read:", "meeting:read"},
    {"cloud_recording:read:", "recording:read"},
    {"report:read:", "report:read"},
    {"user:read:", "user:read"},
};

constexpr std::string_view kAdmin = ":admin";

/// Whatever meets the needed scope, the scope itself first.
std::vector<std::string> alternatives(const std::string& needed) {
  std::vector<std::string> names;
  for (const std::string& scope : {needed, classic_scope(needed)}) {
    if (!scope.empty()) names.push_back(scope);
    if (scope.ends_with(kAdmin))
      names.push_back(scope.substr(0, scope.size() - kAdmin.size()) + ":master");
  }
  return names;
}

}  // namespace

bool is_scope(std::string_view text) noexcept {
  const auto is_scope_char = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == ':'; };
  return text.size() <= kScopeChars && std::all_of(text.begin(), text.end(), is_scope_char) &&
         text.find(':') != std::string_view::npos && !text.starts_with(':') &&
         !text.ends_with(':') && text.find("::") == std::string_view::npos;
}

std::string classic_scope(std::string_view granular) {
  const auto row = std::ranges::find_if(
      kClassic, [granular](const Classic& c) { return granular.starts_with(c.granular); });
  if (row == std::end(kClassic) || !granular.ends_with(kAdmin)) return {};
  return std::string(row->classic) + std::string(kAdmin);
}

std::vector<std::string> missing_scopes(std::span<const std::string> needed,
                                        std::span<const std::string> granted) {
  std::vector<std::string> missing;
  for (const std::string& scope : needed) {
    const std::vector<std::string> names = alternatives(scope);
    if (std::ranges::find_first_of(granted, names) == granted.end()) missing.push_back(scope);
  }
  return missing;
}

std::vector<std::string> unneeded_scopes(std::span<const std::string> needed,
                                         std::span<const std::string> granted) {
  std::vector<std::string> useful;
  for (const std::string& scope : needed) {
    std::ranges::copy(alternatives(scope), std::back_inserter(useful));
  }
  std::vector<std::string> unneeded;
  std::ranges::copy_if(granted, std::back_inserter(unneeded), [&useful](const std::string& scope) {
    return std::ranges::count(useful, scope) == 0;
  });
  return unneeded;
}

}  // namespace zoom_proxy
