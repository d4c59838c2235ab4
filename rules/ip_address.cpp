#include "rules/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace zoom_proxy {

namespace {

std::string dotted(const std::uint8_t* bytes) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += (i == 0 ? "" : ".") + std::to_string(bytes[i]);
  return out;
}

std::string hex(unsigned value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = value >> shift & 15;
    if (digit != 0 || !out.empty() || shift == 0) out += kDigits[digit];
  }
  return out;
}

}  // namespace

std::optional<std::string> canonical_ip_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return dotted(bytes.data());
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return dotted(bytes.data() + 12);
  std::string out;
  for (std::size_t i = 0; i < 16; i += 2) {
    out += (i == 0 ? "" : ":") + hex(static_cast<unsigned>(bytes[i] << 8 | bytes[i + 1]));
  }
  return out;
}

}  // namespace zoom_proxy
