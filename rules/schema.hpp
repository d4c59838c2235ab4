#pragma once
// What a response schema's type does to a number: the part of the schema that computes.

#include <cstdint>
#include <optional>
#include <string_view>

namespace zoom_proxy {

/// A JSON number under `type: integer`, as the peer has it: within int64, decimals truncated toward
/// zero; nothing when it does not fit. Exact for plain integers, through double for the others.
[[nodiscard]] std::optional<std::int64_t> truncated_integer(std::string_view number);

/// True when the number's text is already what truncated_integer would print.
[[nodiscard]] bool is_plain_integer(std::string_view number);

}  // namespace zoom_proxy
