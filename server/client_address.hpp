#pragma once
// Whose request it is, when proxies stand in front.

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <optional>

#include "server/http.hpp"

namespace zoom_proxy {

/// The client's address: `peer`, that of the socket, when no proxy is trusted; else the entry of
/// X-Forwarded-For that the outermost of the `trusted_proxies` proxies has written, counted from
/// the right, since whatever stands further left is the client's own claim. Nothing when there are
/// fewer entries or that one is no IP address: the request did not come by those proxies. A port
/// behind the address does not count; IPv4 in IPv6 becomes IPv4.
[[nodiscard]] std::optional<boost::asio::ip::address> client_address(
    const Fields& from_client, const boost::asio::ip::address& peer, std::size_t trusted_proxies);

}  // namespace zoom_proxy
