#pragma once
// How names of columns compare: without regard to case, to blanks around them, and to what nobody
// sees. docs/compatibility.md, "By column", has the scripts.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// Equal for names that compare as equal; empty for one that shows nothing. Trimmed, letters in
/// lower case, characters that do not show left out, blanks of other kinds as spaces. Bytes that
/// are not UTF-8 stay as they are.
[[nodiscard]] std::string column_key(std::string_view name);

/// The first character that does not show, or a blank that is no space, as `U+00A0`; else empty.
[[nodiscard]] std::string odd_character(std::string_view name);

}  // namespace zoom_proxy
