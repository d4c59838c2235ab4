#pragma once
// SHA-1 as a name for a text of rules: what X-Psoxy-Rules-SHA and bulk metadata carry. No secret.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// Lower-case hex.
[[nodiscard]] std::string sha1_hex(std::string_view text);

}  // namespace zoom_proxy
