#pragma once
// What a transform does to one scalar. The table in transform.cpp is the one list of operations:
// name and function; the sanitizer walks it.

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/identity/token.hpp"

namespace zoom_proxy {

/// What is done to a scalar. A deleted value has no operation: its state is kDropped.
enum class Operation : std::uint8_t { pseudonymize, pseudonymize_reversible, text_digest };

/// A value on its way through a list of operations. Containers come as `container`: an operation
/// can only replace them as a whole.
struct Scalar {
  enum class Kind : std::uint8_t { null, boolean, number, string, container, removed };
  Kind kind = Kind::null;
  std::string text;     ///< string: unescaped UTF-8; number: its JSON text; else unused
  std::string scratch;  ///< for the operations: buffers that live on need no allocation
};

/// The name of an operation in dumps.
[[nodiscard]] std::string_view name(Operation operation);

/// Replaces the scalar by what the operation makes of it; a type that the operation does not
/// understand becomes null or removed, never passes.
void apply(Operation operation, const TokenCodec& codec, Scalar& scalar);

/// `{"length":UTF-16 units,"word_count":words}`: all that stays of a text.
[[nodiscard]] std::string text_digest(std::string_view text);

}  // namespace zoom_proxy
