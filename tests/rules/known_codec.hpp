#pragma once
// Keys that everybody knows, in the peer's token format: salt `salt`, encryption key `secret`.

#include <memory>

#include "rules/identity/token.hpp"

namespace zoom_proxy::test {

/// Built once: deriving keys is slow.
inline std::shared_ptr<const TokenCodec> known_codec() {
  static const auto codec = [] {
    PseudonymOptions options;
    options.algorithm = PseudonymAlgorithm::psoxy;
    options.salt = "salt";
    options.encryption_key = "secret";
    return std::make_shared<const TokenCodec>(options);
  }();
  return codec;
}

}  // namespace zoom_proxy::test
