#pragma once
// What rules make of a body, for tests that care for nothing else.

#include <gtest/gtest.h>

#include <string>

#include "rules/compiler.hpp"
#include "rules/identity/token.hpp"
#include "rules/rule_reader.hpp"
#include "rules/sanitizer.hpp"

namespace zoom_proxy::test {

/// What the first endpoint of the rules makes of a body, which must be the same wherever it is cut
/// in two; "refused: " and why, where it is refused.
inline std::string sanitized(const std::string& yaml, const TokenCodec& codec,
                             const std::string& body) {
  const RuleSet rules = read_rules(yaml, "test.yaml");
  const Program program = compile(rules, rules.endpoints.front());
  std::string whole;
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    Sanitizer sanitizer(program, codec);
    std::string out;
    const bool fine = sanitizer.feed(std::string(body, 0, cut), out) &&
                      sanitizer.feed(std::string(body, cut), out) && sanitizer.finish(out);
    if (!fine) return "refused: " + std::string(to_string(sanitizer.fault()));
    if (cut == 0) whole = out;
    EXPECT_EQ(out, whole) << "cut at " << cut;
  }
  return whole;
}

}  // namespace zoom_proxy::test
