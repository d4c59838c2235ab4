#include "rules/zoom_calls.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace zoom_proxy {
namespace {

constexpr ZoomCall kCalls[] = {
    {"/v2/users", "user:read:list_users:admin", RateLabel::medium},
    {"/v2/users/{userId}", "user:read:user:admin", RateLabel::light},
    {"/v2/users/{userId}/settings", "user:read:settings:admin", RateLabel::medium},
    {"/v2/users/{userId}/meetings", "meeting:read:list_meetings:admin", RateLabel::medium},
    {"/v2/users/{userId}/recordings", "cloud_recording:read:list_user_recordings:admin",
     RateLabel::medium},
    {"/v2/meetings/{meetingId}", "meeting:read:meeting:admin", RateLabel::light},
    {"/v2/meetings/{meetingId}/meeting_summary", "meeting:read:summary:admin", RateLabel::light},
    {"/v2/past_meetings/{meetingId}", "meeting:read:past_meeting:admin", RateLabel::light},
    {"/v2/past_meetings/{meetingId}/instances", "meeting:read:list_past_instances:admin",
     RateLabel::medium},
    {"/v2/past_meetings/{meetingId}/participants", "meeting:read:list_past_participants:admin",
     RateLabel::medium},
    {"/v2/report/users/{userId}/meetings", "report:read:user:admin", RateLabel::heavy},
    {"/v2/report/meetings/{meetingId}", "report:read:meeting:admin", RateLabel::heavy},
    {"/v2/report/meetings/{meetingId}/participants", "report:read:list_meeting_participants:admin",
     RateLabel::heavy},
};

/// A target of that call. Any id will do: rules look at its form only, and that of a number is also
/// the form of a name.
std::string sample_target(const ZoomCall& call) {
  std::string target(call.path);
  const std::size_t open = target.find('{');
  if (open != std::string::npos) target.replace(open, target.find('}') + 1 - open, "1");
  return target;
}

}  // namespace

std::vector<RoutedCall> routed_calls(const RouteTable& routes) {
  std::vector<RoutedCall> routed;
  for (const ZoomCall& call : kCalls) {
    const auto result = routes.match("GET", sample_target(call), true);
    if (const auto* match = std::get_if<RouteMatch>(&result)) {
      routed.push_back({&call, match->endpoint});
    }
  }
  return routed;
}

std::map<std::size_t, std::string> zoom_scopes(const RouteTable& routes) {
  std::map<std::size_t, std::string> scopes;
  for (const auto& [call, endpoint] : routed_calls(routes)) scopes.emplace(endpoint, call->scope);
  return scopes;
}

std::vector<std::string> needed_scopes(const RouteTable& routes) {
  std::set<std::string> scopes;
  for (const auto& [call, endpoint] : routed_calls(routes)) scopes.emplace(call->scope);
  return {scopes.begin(), scopes.end()};
}

std::vector<RateLabel> zoom_rate_labels(const RouteTable& routes, std::size_t endpoints) {
  std::vector<std::optional<RateLabel>> known(endpoints);
  for (const auto& [call, endpoint] : routed_calls(routes)) {
    known[endpoint] = std::max(known[endpoint].value_or(RateLabel::light), call->label);
  }
  std::vector<RateLabel> labels;
  for (const auto& label : known) labels.push_back(label.value_or(RateLabel::medium));
  return labels;
}

}  // namespace zoom_proxy
