#pragma once
// Small text encodings: base64 (RFC 4648), percent-encoding (RFC 3986), UTF-8 (RFC 3629).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// Appends base64url without padding (RFC 4648 section 5).
void append_base64url(std::span<const std::uint8_t> bytes, std::string& out);

/// Strict: no padding, no white space, no stray bits in the last character.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

/// Standard alphabet with `=` padding (RFC 4648 section 4), strict.
[[nodiscard]] std::string encode_base64(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Decodes %XX once; a `%` that starts no escape is left as it is. `plus_is_space` for query parts.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space = false);

/// Encodes all but the unreserved characters of RFC 3986 section 2.3: safe in any part of a target.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// A streaming UTF-8 check (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF).
/// Feed a body in pieces of any size, ask `complete()` at its end. Dead after an error.
class Utf8Check {
 public:
  /// False once the text cannot be UTF-8.
  [[nodiscard]] bool feed(std::string_view piece) noexcept;
  /// True when no character is left unfinished.
  [[nodiscard]] bool complete() const noexcept { return state_ == 0; }

 private:
  std::uint8_t state_ = 0;
};

/// Only Unicode white space as Java's Character.isWhitespace has it (not U+00A0, U+2007, U+202F,
/// U+0085, U+200B, U+FEFF). True for the empty string. The text is UTF-8.
[[nodiscard]] bool is_blank(std::string_view utf8) noexcept;

/// Length in UTF-16 code units, as Java counts it.
[[nodiscard]] std::size_t utf16_length(std::string_view utf8) noexcept;

/// ASCII only; other bytes stay as they are. Independent of the locale.
[[nodiscard]] char ascii_lower(char c) noexcept;
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool ascii_iequals(std::string_view a, std::string_view b) noexcept;

}  // namespace zoom_proxy
