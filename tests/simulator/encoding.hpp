#pragma once
// Base64, percent-encoding, HMAC: the look-alike's own, on purpose.

#include <map>
#include <string>
#include <string_view>

namespace zoom_simulator {

[[nodiscard]] std::string base64(std::string_view bytes);
/// Empty when the text is not base64.
[[nodiscard]] std::string base64_decode(std::string_view text);
[[nodiscard]] std::string base64url(std::string_view bytes);
[[nodiscard]] std::string base64url_decode(std::string_view text);

/// Invalid escapes stay as they are.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space = false);
/// Of a query string or a form.
[[nodiscard]] std::map<std::string, std::string> parse_form(std::string_view text);

[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace zoom_simulator
