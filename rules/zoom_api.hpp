#pragma once
// Facts about Zoom's API: the scope that a call needs, and what Zoom's own answers may say to a
// client. Zoom puts user ids, meeting ids and e-mail addresses
// into its error messages, so none is passed on: each is recognised and said again without them.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/route_table.hpp"

namespace zoom_proxy {

/// The granular OAuth scope that each endpoint of the rules needs at Zoom, by the endpoint's index;
/// those that none of Zoom's calls known to us leads to are left out.
[[nodiscard]] std::map<std::size_t, std::string> zoom_scopes(const RouteTable& routes);

/// Zoom's classes of calls: each has a rate limit of its own.
enum class RateLabel { light, medium, heavy };

/// The label of each of so many endpoints of the rules: of the calls known to us that lead to it
/// the heaviest, and medium where there is none.
[[nodiscard]] std::vector<RateLabel> zoom_rate_labels(const RouteTable& routes,
                                                      std::size_t endpoints);

/// A message that is safe to send and to log. `raw` is Zoom's `message`, `code` its `code` (both
/// from outside, any bytes). A known message comes out as its template without the identifiers; an
/// unknown one as what its code or, failing that, its status is known to mean. The one piece of
/// `raw` that passes is the list of missing OAuth scopes, when it holds nothing but scope names.
[[nodiscard]] std::string zoom_error_message(unsigned status, std::string_view code,
                                             std::string_view raw);

/// `{"code":1001,"message":"User does not exist."}`. The code only when it is a number of one to
/// nine digits.
[[nodiscard]] std::string zoom_error_body(unsigned status, std::string_view code,
                                          std::string_view raw_message);

}  // namespace zoom_proxy
