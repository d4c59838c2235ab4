#pragma once
// Canaries: made-up personal data, planted in every place of an endpoint's answer, that must not
// come out of its sanitizer. Judged by the rules as they are written, not as they were compiled.

#include <cstddef>
#include <string>
#include <vector>

#include "rules/engine.hpp"

namespace zoom_proxy {

/// What becomes of a value.
enum class Fate {
  kept,           ///< leaves as it came
  pseudonymized,  ///< leaves as a token
  digested,       ///< its length and the like leave
  removed,        ///< nothing leaves
};

struct CanaryReport {
  struct Field {
    std::string place;  ///< `$.users[].email`
    Fate fate = Fate::removed;
    bool operator==(const Field&) const = default;
  };
  /// The scalars that the response schema lists (without one: those that the transforms name), in
  /// the order of the rules; twice where its fate depends on constants beside it.
  std::vector<Field> fields;
  /// Where a canary came out although the rules forbid it, a sentence each; empty: all is well.
  std::vector<std::string> leaks;
  /// False: fields that the rules do not name pass as they are.
  bool has_schema = false;

  [[nodiscard]] std::size_t count(Fate fate) const;
};

/// Runs answers full of canaries through the endpoint's sanitizer: values of the right type, of
/// wrong types, and fields that nobody listed. `rules` say what may come out, and `guard` whether
/// an e-mail address may; they are what the engine was built from.
[[nodiscard]] CanaryReport fly_canaries(const Engine& engine, std::size_t endpoint,
                                        const RuleSet& rules, EgressGuard guard);

}  // namespace zoom_proxy
