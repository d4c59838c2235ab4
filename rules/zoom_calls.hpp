#pragma once
// Zoom's calls that we know: the OAuth scope that each needs, and the rate limit it counts for.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "rules/route_table.hpp"

namespace zoom_proxy {

/// The granular OAuth scope that each endpoint of the rules needs at Zoom, by the endpoint's index;
/// those that none of Zoom's calls known to us leads to are left out.
[[nodiscard]] std::map<std::size_t, std::string> zoom_scopes(const RouteTable& routes);

/// The same without the endpoints: each scope once, in alphabetical order.
[[nodiscard]] std::vector<std::string> needed_scopes(const RouteTable& routes);

/// Zoom's classes of calls: each has a rate limit of its own.
enum class RateLabel { light, medium, heavy };

/// The label of each of so many endpoints of the rules: of the calls known to us that lead to it
/// the heaviest, and medium where there is none.
[[nodiscard]] std::vector<RateLabel> zoom_rate_labels(const RouteTable& routes,
                                                      std::size_t endpoints);

}  // namespace zoom_proxy
