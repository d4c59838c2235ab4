#pragma once
// IP addresses as texts.

#include <optional>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// The one spelling of an IP address that is hashed: IPv4 as dotted decimals, IPv6 as eight groups
/// of hex digits without padding and without `::`, IPv4-mapped IPv6 as IPv4. Nothing for other
/// texts.
[[nodiscard]] std::optional<std::string> canonical_ip_address(std::string_view text);

}  // namespace zoom_proxy
