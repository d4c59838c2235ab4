#include "server/client_address.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "rules/format/encoding.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

using boost::asio::ip::address;

address plain(const address& any) {
  if (!any.is_v6() || !any.to_v6().is_v4_mapped()) return any;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, any.to_v6());
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
std::optional<address> read_entry(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    if (end + 1 < text.size() && text[end + 1] != ':') return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  boost::system::error_code error;
  const address read = boost::asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return plain(read);
}

}  // namespace

std::optional<address> client_address(const Fields& from_client, const address& peer,
                                      std::size_t trusted_proxies) {
  if (trusted_proxies == 0) return plain(peer);
  std::string entries;  // several fields are one list, in their order (RFC 9110 section 5.3)
  for (const auto& [name, value] : from_client) {
    if (!ascii_iequals(name, "x-forwarded-for")) continue;
    if (!entries.empty()) entries += ',';
    entries += value;
  }
  std::string_view rest = entries;
  while (--trusted_proxies > 0) {
    const std::size_t comma = rest.rfind(',');
    if (comma == rest.npos) return std::nullopt;
    rest = rest.substr(0, comma);
  }
  return read_entry(trimmed(rest.substr(rest.rfind(',') + 1)));
}

}  // namespace zoom_proxy
