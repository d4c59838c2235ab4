#pragma once
// What the fuzz targets have in common.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rules/identity/token.hpp"
#include "rules/sanitizer.hpp"

namespace zoom_proxy::fuzz {

/// Ends the run, with the sentence that does not hold; libFuzzer keeps the input.
inline void must(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "This does not hold: %s.\n", sentence);
  std::abort();
}

inline std::shared_ptr<const TokenCodec> codec(PseudonymAlgorithm algorithm,
                                               EmailDomain domain = EmailDomain::preserve) {
  PseudonymOptions options;
  options.algorithm = algorithm;
  options.email_domain = domain;
  options.salt = "salt";
  options.encryption_key = "secret";
  return std::make_shared<const TokenCodec>(options);
}

struct Sanitized {
  bool ok = false;
  std::string out;
};

/// Pieces of 1 to `longest` bytes (0: the whole as one), each in memory of its own, so that
/// AddressSanitizer sees a look beyond one or back to the last.
inline Sanitized sanitize(Sanitizer sanitizer, std::string_view body, std::size_t longest = 0,
                          unsigned seed = 0) {
  std::minstd_rand random(seed + 1);
  Sanitized result;
  while (!body.empty()) {
    const std::string_view part = longest == 0 ? body : body.substr(0, 1 + random() % longest);
    const std::vector<char> piece(part.begin(), part.end());
    if (!sanitizer.feed({piece.data(), piece.size()}, result.out)) return result;
    body.remove_prefix(part.size());
  }
  result.ok = sanitizer.finish(result.out);
  return result;
}

}  // namespace zoom_proxy::fuzz
