#include "rules/zoom_calls.hpp"

#include <gtest/gtest.h>

#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

RateLabel label_of(const std::string& yaml) {
  const RuleSet rules = read_rules(yaml, "rules.yaml");
  return zoom_rate_labels(RouteTable(rules), rules.endpoints.size()).at(0);
}

TEST(ZoomRateLabels, AreZoomsAndTheHeaviestOfSeveral) {
  constexpr std::pair<const char*, RateLabel> kLabels[] = {
      {"pathTemplate: /v2/users", RateLabel::medium},
      {"pathTemplate: /v2/users/{id}", RateLabel::light},
      {"pathTemplate: /v2/users/{id}/settings", RateLabel::medium},
      {"pathTemplate: /v2/users/{id}/meetings", RateLabel::medium},
      {"pathTemplate: /v2/users/{id}/recordings", RateLabel::medium},
      {"pathTemplate: /v2/meetings/{id}", RateLabel::light},
      {"pathTemplate: /v2/meetings/{id}/meeting_summary", RateLabel::light},
      {"pathTemplate: /v2/past_meetings/{id}", RateLabel::light},
      {"pathTemplate: /v2/past_meetings/{id}/instances", RateLabel::medium},
      {"pathTemplate: /v2/past_meetings/{id}/participants", RateLabel::medium},
      {"pathTemplate: /v2/report/users/{id}/meetings", RateLabel::heavy},
      {"pathTemplate: /v2/report/meetings/{id}", RateLabel::heavy},
      {"pathTemplate: /v2/report/meetings/{id}/participants", RateLabel::heavy},
      {"pathTemplate: /v2/groups", RateLabel::medium},
      {"pathRegex: ^/v2/(users|meetings)/[^/]+$", RateLabel::light},
      {"pathRegex: ^/v2/users.*$", RateLabel::medium},
      {"pathRegex: ^/v2/.*$", RateLabel::heavy},
  };
  for (const auto& [path, label] : kLabels) {
    EXPECT_EQ(label_of("endpoints:\n  - " + std::string(path) + "\n"), label) << path;
  }
}

TEST(ZoomCalls, AreThoseThatTheRulesLetThroughOnceTokensAreDecoded) {
  const RuleSet rules = read_rules(R"(endpoints:
  - pathTemplate: /v2/users/{userId}/meetings
    pathParameterSchemas: {userId: {type: string, format: reversible-pseudonym}}
  - pathTemplate: /v2/meetings/{meetingId}
    allowedMethods: [PATCH]
  - pathRegex: ^/v2/users(/[^/]+)?$
)",
                                   "rules.yaml");
  std::vector<std::pair<std::string_view, std::size_t>> found;
  for (const auto& [call, endpoint] : routed_calls(RouteTable(rules)))
    found.emplace_back(call->path, endpoint);
  const std::vector<std::pair<std::string_view, std::size_t>> expected = {
      {"/v2/users", 2}, {"/v2/users/{userId}", 2}, {"/v2/users/{userId}/meetings", 0}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(needed_scopes(RouteTable(rules)),
            (std::vector<std::string>{"meeting:read:list_meetings:admin",
                                      "user:read:list_users:admin", "user:read:user:admin"}));
}

}  // namespace
}  // namespace zoom_proxy
