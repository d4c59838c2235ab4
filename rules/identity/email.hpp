#pragma once
// The e-mail grammar by which a value counts as a person's address: an RFC 2822-like mailbox as the
// peer proxy understands it (docs/compatibility.md). Linear time, no recursion, no allocation.

#include <cstddef>
#include <optional>
#include <string_view>

namespace zoom_proxy {

/// Both parts point into the parsed text.
struct Mailbox {
  std::string_view local;   ///< as written; quotes dropped where the unquoted form is valid
  std::string_view domain;  ///< as written, letter case kept
};

/// The whole of `text` as one mailbox: `a@b.io`, `<a@b.io>`, `Name <a@b.io>`, with comments and
/// blanks around the parts. Nothing when it is no mailbox.
[[nodiscard]] std::optional<Mailbox> parse_mailbox(std::string_view text) noexcept;

/// Where an address stands anywhere inside `text`; npos when there is none. In whatever holds a
/// text that parse_mailbox() takes, it finds one. It also finds what plainly is an address to
/// people: with letters beyond ASCII, a dot before the `@`, underscores in the domain, line breaks
/// beside the `@`, and `%40` or a full-width `@` in its place.
[[nodiscard]] std::size_t find_email(std::string_view text) noexcept;

}  // namespace zoom_proxy
