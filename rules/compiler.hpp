#pragma once
// RuleSet -> Program: response schema and JSONPaths of one endpoint merged into one automaton.

#include "rules/identity/token.hpp"
#include "rules/program.hpp"
#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// The rules must outlive the program, which points at their operations. Throws ConfigError for a
/// `$ref` without definition or an automaton beyond limits::kProgramStates.
[[nodiscard]] Program compile(const RuleSet& rules, const Endpoint& endpoint);

/// Throws ConfigError at a transform that makes reversible tokens when the codec has no key for
/// them: each request would fail.
void check_key(const Endpoint& endpoint, const TokenCodec& codec);

}  // namespace zoom_proxy
