#pragma once
// A call to each endpoint of the rules, with ids from earlier answers, and what the calls tell of
// the account's plan.

#include <span>
#include <string>

#include "server/doctor/finding.hpp"
#include "server/zoom_probe.hpp"

namespace zoom_proxy {

/// `missing`: scopes without which there is no need to ask. Asks for nothing that the rules do not
/// let through. All must live until it ends.
[[nodiscard]] Task<> check_endpoints(const ZoomAccess& access, std::span<const std::string> missing,
                                     const Report& report);

}  // namespace zoom_proxy
