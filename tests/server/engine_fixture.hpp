#pragma once
// The built-in rules with keys that everybody knows.

#include <memory>

#include "rules/engine.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {

/// Salt `salt`, encryption key `secret`, the peer's token format. Built once: deriving keys is
/// slow.
inline std::shared_ptr<const Engine> known_engine() {
  static const auto engine = std::make_shared<const Engine>("zoom", test::known_codec());
  return engine;
}

/// The reversible token of kKnownId under these keys.
inline constexpr std::string_view kKnownToken =
    "p~JzXCV2FA272NOeqHYQbR4PewwSZI9hznATn7Wse3j8GpsoD91NC0nDg1vNKrhPEc";
inline constexpr std::string_view kKnownId = "z8yAAAAA8bbbQ";

/// The reversible token of any value.
inline std::string token_of(std::string_view value) {
  std::string token;
  known_engine()->codec().append_token(value, true, true, token);
  return token;
}

}  // namespace zoom_proxy
