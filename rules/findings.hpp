#pragma once
// What a run over a body has found: numbers and places in the rules, never a value.

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/program.hpp"

namespace zoom_proxy {

/// Values so far, by what became of them.
struct ValueCounts {
  std::uint64_t pseudonymized = 0;
  std::uint64_t digested = 0;
  std::uint64_t dropped = 0;  ///< not listed, or redacted
  std::uint64_t nulled = 0;   ///< of a type that the schema or a transform does not take
};

/// A field that a response schema does not list: Zoom may have made it only now.
struct UnlistedField {
  StateId object = kDropped;  ///< the object that it stood in
  /// A word in snake_case or camelCase, at most 64 characters; empty for any other, which might be
  /// an id.
  std::string name;
  std::uint64_t count = 0;
};

/// The name as UnlistedField tells it: itself, or empty.
[[nodiscard]] std::string told(std::string_view field_name);

}  // namespace zoom_proxy
