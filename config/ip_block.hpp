#pragma once
// Blocks of IP addresses, such as 192.0.2.0/24 (RFC 4632, RFC 4291 section 2.3).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// An IPv6 address in network order; IPv4 stands in its mapped form, ::ffff:192.0.2.1 (RFC 4291
/// section 2.5.5.2), so that one kind of comparison does for both.
using IpBytes = std::array<std::uint8_t, 16>;

class IpBlock {
 public:
  /// `ADDRESS/BITS`, or a lone address; nothing when it is neither. Bits of the address behind the
  /// prefix do not count.
  [[nodiscard]] static std::optional<IpBlock> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpBytes& address) const noexcept;
  /// As it was given.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  bool operator==(const IpBlock&) const = default;

 private:
  IpBytes network_{};
  unsigned bits_ = 0;  ///< of the 128
  std::string text_;
};

}  // namespace zoom_proxy
