#include "server/shard.hpp"

#include <cstdint>

namespace zoom_proxy {
namespace {

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

/// MurmurHash3's last step (Appleby): names that differ in their last letters alone, as those of
/// days do, spread over all values.
std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDU;
  x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53U;
  return x ^ (x >> 33);
}

}  // namespace

bool Shard::owns(std::string_view name) const noexcept {
  return mixed(fnv1a(name)) % count == index;
}

}  // namespace zoom_proxy
