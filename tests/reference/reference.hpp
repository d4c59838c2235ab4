#pragma once
// A second opinion on the rule engine: the whole document as a tree, first the response schema,
// then every transform at every place that its paths find. Slow and obvious, and written from
// docs/compatibility.md alone; it shares with the engine how rules are read and how tokens are
// made.
//
// Outside its domain, because Boost.JSON cannot hold it: repeated keys, lone surrogates, integers
// beyond 64 bits, numbers whose spelling counts. Outside because other tests have it: the
// transforms that work on texts by regular expressions or addresses.

#include <optional>
#include <string>
#include <string_view>

#include "rules/egress_guard.hpp"
#include "rules/identity/token.hpp"
#include "rules/rule_set.hpp"

namespace zoom_proxy::reference {

/// One JSON document under an endpoint's rules; nothing when it is refused. The guard redacts or is
/// off; what holds an `@` is an address to it. Throws for bodies that are no JSON, and for
/// transforms outside the domain.
[[nodiscard]] std::optional<std::string> sanitize(const RuleSet& rules, const Endpoint& endpoint,
                                                  const TokenCodec& codec, EgressGuard guard,
                                                  std::string_view body);

}  // namespace zoom_proxy::reference
