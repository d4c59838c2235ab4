#pragma once
// What `const`, `anyOf` and `if` of a response schema hang on: which schemas a value can fail to
// fit, and which members tell.
//
// A value does not fit a schema when a constant of it meets another value: at the value itself, at
// a listed member, or at a member of that one, and so on. A member that is not there fits; behind
// an array or an anyOf nothing counts any more, as the value there is nulled by itself.

#include <set>
#include <string>
#include <vector>

#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// Of one endpoint's response schema, which must outlive it. Rules as read_rules gives them: no
/// schema leads back to itself without a step down.
class Constants {
 public:
  Constants(const RuleSet& rules, const Endpoint& endpoint);

  /// Follows `$ref` to the definition that stands there, and anyOf to a first alternative that
  /// every value fits. Throws ConfigError for a `$ref` without definition.
  [[nodiscard]] const Schema* resolve(const Schema* schema) const;

  /// Whether there are values that do not fit.
  [[nodiscard]] bool may_fail(const Schema* schema) const { return failing_.contains(schema); }

  /// Names of the members that tell whether a value fits, at any depth below.
  [[nodiscard]] std::set<std::string> telling_members(const Schema* schema) const;

 private:
  [[nodiscard]] const Schema* definition(const Schema* schema) const;
  [[nodiscard]] std::vector<const Schema*> decisive_parts(const Schema* schema) const;
  [[nodiscard]] std::vector<const Schema*> parts(const Schema* schema) const;

  const RuleSet& rules_;
  std::set<const Schema*> failing_;
};

}  // namespace zoom_proxy
