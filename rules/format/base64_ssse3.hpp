#pragma once
// base64url (RFC 4648 section 5) of twelve bytes at a time, for processors that have SSSE3.

#include <cstddef>
#include <cstdint>
#include <span>

namespace zoom_proxy {

constexpr std::size_t kBase64MinBytes = 16;    ///< what one load takes
constexpr std::size_t kBase64SlackBytes = 16;  ///< what one store may write behind the text

/// Writes the text of at least kBase64MinBytes bytes, without padding, to `to`.
using Base64UrlEncode = void (*)(std::span<const std::uint8_t> bytes, char* to) noexcept;

/// Null where the processor has no SSSE3.
[[nodiscard]] Base64UrlEncode base64url_ssse3() noexcept;

}  // namespace zoom_proxy
