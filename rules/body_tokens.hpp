#pragma once
// The reversible tokens in a client's request body: each gives way to its value before the body
// goes to Zoom. Everything else stays byte for byte: spelling of numbers, order, repeated keys.
// Pure and thread-safe; what Content-Type the body has is the caller's affair.

#include <optional>
#include <string_view>
#include <variant>

#include "rules/identity/token.hpp"

namespace zoom_proxy {

enum class BodyTokensFault {
  not_json,   ///< not one JSON value in UTF-8, or beyond limits.hpp (depth, length of a string)
  bad_token,  ///< a token that was not made with our keys
};

/// JSON (RFC 8259): tokens in string values at any depth, escapes undone first; keys stay. A string
/// that held a token is written anew (half a surrogate pair in it becomes `?`).
[[nodiscard]] std::variant<DecodedText, BodyTokensFault> decode_json_body(std::string_view body,
                                                                          const TokenCodec& codec);

/// application/x-www-form-urlencoded: tokens in values; names stay. A value that held a token is
/// percent-encoded anew. Nothing when a token does not decode.
[[nodiscard]] std::optional<DecodedText> decode_form_body(std::string_view body,
                                                          const TokenCodec& codec);

}  // namespace zoom_proxy
