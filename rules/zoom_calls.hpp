#pragma once
// Zoom's calls that we know: the OAuth scope that each needs, and the rate limit it counts for.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/route_table.hpp"

namespace zoom_proxy {

/// Zoom's classes of calls: each has a rate limit of its own.
enum class RateLabel { light, medium, heavy };

/// One of Zoom's calls that we know, all of them GET.
struct ZoomCall {
  std::string_view path;   ///< with `{userId}` or `{meetingId}` where Zoom has an id
  std::string_view scope;  ///< the granular one
  RateLabel label;
};

/// A call and the endpoint of the rules that lets it through.
struct RoutedCall {
  const ZoomCall* call;
  std::size_t endpoint;  ///< index into RuleSet::endpoints
};

/// Those of Zoom's calls that some endpoint lets through once the tokens of a target are decoded.
[[nodiscard]] std::vector<RoutedCall> routed_calls(const RouteTable& routes);

/// The granular OAuth scope that each endpoint of the rules needs at Zoom, by the endpoint's index;
/// those that none of Zoom's calls known to us leads to are left out.
[[nodiscard]] std::map<std::size_t, std::string> zoom_scopes(const RouteTable& routes);

/// The same without the endpoints: each scope once, in alphabetical order.
[[nodiscard]] std::vector<std::string> needed_scopes(const RouteTable& routes);

/// The label of each of so many endpoints of the rules: of the calls known to us that lead to it
/// the heaviest, and medium where there is none.
[[nodiscard]] std::vector<RateLabel> zoom_rate_labels(const RouteTable& routes,
                                                      std::size_t endpoints);

}  // namespace zoom_proxy
