#pragma once
// What is measured: the engine under three rule sets, and its pseudonyms.

#include <memory>
#include <string>
#include <string_view>

#include "rules/engine.hpp"

namespace zoom_proxy::bench {

/// Bodies arrive in pieces of this size, in bytes.
inline constexpr std::size_t kChunkBytes = 65'536;

enum class Rules {
  zoom,       ///< the built-in rules: some tokens are reversible
  hashing,    ///< the same with one-way tokens alone
  redacting,  ///< the same with values removed where the others put tokens
};

/// Compiled at the first call.
[[nodiscard]] const Engine& engine(Rules rules);

[[nodiscard]] std::shared_ptr<const TokenCodec> codec();

/// The endpoint that a GET of this target finds. Throws std::runtime_error when there is none.
[[nodiscard]] std::size_t endpoint(const Engine& engine, std::string_view target);

/// Replaces `out` by the sanitized body and returns what was counted. Throws std::runtime_error
/// when the body is refused.
ValueCounts sanitize(const Engine& engine, std::size_t endpoint, std::string_view body,
                           std::string& out);

}  // namespace zoom_proxy::bench
