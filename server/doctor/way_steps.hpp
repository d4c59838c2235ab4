#pragma once
// The way to Zoom: names, connections, certificates, and the time at both ends.

#include <string_view>

#include "server/doctor/finding.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// Looks the host up, connects and shakes hands, sending nothing. `setting` names where the host
/// comes from. False when one of it fails. All must live until it ends.
[[nodiscard]] Task<bool> check_way(std::string_view setting, const Origin& origin,
                                   asio::ssl::context& tls, Seconds timeout, const Report& report);

/// Compares our clock with the date of an answer that needs no token. The way must be open.
[[nodiscard]] Task<> check_clock(const HttpsUrl& api, asio::ssl::context& tls,
                                 const Settings& settings, const Report& report);

}  // namespace zoom_proxy
