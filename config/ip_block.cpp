#include "config/ip_block.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace zoom_proxy {

namespace {

constexpr unsigned kAllBits = 128;
constexpr unsigned kMappedBits = 96;  ///< in front of an IPv4 address

/// The address's bytes that count under a prefix of that length.
IpBytes masked(const IpBytes& address, unsigned bits) {
  IpBytes out{};
  for (unsigned i = 0; i < out.size() && i * 8 < bits; ++i) {
    const unsigned here = std::min(bits - i * 8, 8U);
    out[i] = static_cast<std::uint8_t>(address[i] & (0xff00U >> here));
  }
  return out;
}

}  // namespace

std::optional<IpBlock> IpBlock::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string name(text.substr(0, slash));
  IpBytes address{};
  const bool v4 = inet_pton(AF_INET, name.c_str(), address.data() + kMappedBits / 8) == 1;
  if (v4) {
    address[10] = address[11] = 0xff;
  } else if (inet_pton(AF_INET6, name.c_str(), address.data()) != 1) {
    return std::nullopt;
  }
  unsigned bits = v4 ? kAllBits - kMappedBits : kAllBits;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const unsigned most = bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > most)
      return std::nullopt;
  }
  IpBlock block;
  block.bits_ = v4 ? kMappedBits + bits : bits;
  block.network_ = masked(address, block.bits_);
  block.text_ = text;
  return block;
}

bool IpBlock::contains(const IpBytes& address) const noexcept {
  return masked(address, bits_) == network_;
}

}  // namespace zoom_proxy
