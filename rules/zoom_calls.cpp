#include "rules/zoom_calls.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace zoom_proxy {
namespace {

/// Zoom's calls that we know, all of them GET.
struct Call {
  std::string_view target;
  std::string_view scope;
  RateLabel label;
};

constexpr Call kCalls[] = {
    {"/v2/users", "user:read:list_users:admin", RateLabel::medium},
    {"/v2/users/u", "user:read:user:admin", RateLabel::light},
    {"/v2/users/u/settings", "user:read:settings:admin", RateLabel::medium},
    {"/v2/users/u/meetings", "meeting:read:list_meetings:admin", RateLabel::medium},
    {"/v2/users/u/recordings", "cloud_recording:read:list_user_recordings:admin",
     RateLabel::medium},
    {"/v2/meetings/1", "meeting:read:meeting:admin", RateLabel::light},
    {"/v2/meetings/1/meeting_summary", "meeting:read:summary:admin", RateLabel::light},
    {"/v2/past_meetings/1", "meeting:read:past_meeting:admin", RateLabel::light},
    {"/v2/past_meetings/1/instances", "meeting:read:list_past_instances:admin", RateLabel::medium},
    {"/v2/past_meetings/1/participants", "meeting:read:list_past_participants:admin",
     RateLabel::medium},
    {"/v2/report/users/u/meetings", "report:read:user:admin", RateLabel::heavy},
    {"/v2/report/meetings/1", "report:read:meeting:admin", RateLabel::heavy},
    {"/v2/report/meetings/1/participants", "report:read:list_meeting_participants:admin",
     RateLabel::heavy},
};

}  // namespace

std::map<std::size_t, std::string> zoom_scopes(const RouteTable& routes) {
  std::map<std::size_t, std::string> scopes;
  for (const Call& call : kCalls) {
    const auto result = routes.match("GET", call.target);
    if (const auto* match = std::get_if<RouteMatch>(&result)) {
      scopes.emplace(match->endpoint, call.scope);
    }
  }
  return scopes;
}

std::vector<std::string> needed_scopes(const RouteTable& routes) {
  std::set<std::string> scopes;
  for (const auto& [endpoint, scope] : zoom_scopes(routes)) scopes.insert(scope);
  return {scopes.begin(), scopes.end()};
}

std::vector<RateLabel> zoom_rate_labels(const RouteTable& routes, std::size_t endpoints) {
  std::vector<std::optional<RateLabel>> known(endpoints);
  for (const Call& call : kCalls) {
    const auto result = routes.match("GET", call.target);
    const auto* match = std::get_if<RouteMatch>(&result);
    if (match == nullptr) continue;
    std::optional<RateLabel>& label = known[match->endpoint];
    label = std::max(label.value_or(RateLabel::light), call.label);
  }
  std::vector<RateLabel> labels;
  for (const auto& label : known) labels.push_back(label.value_or(RateLabel::medium));
  return labels;
}

}  // namespace zoom_proxy
