#pragma once
// The names of Zoom's OAuth scopes, old and new, and which of those needed a token lacks.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

/// `meeting:read:summary:admin`: lower-case words joined by colons, at least two. Nothing else that
/// Zoom sends in a scope's place is shown.
[[nodiscard]] bool is_scope(std::string_view text) noexcept;

/// Those of `needed` that `granted` does not hold, in their order. A granular scope
/// (`user:read:list_users:admin`) is also met by the classic one that Zoom's older apps have in its
/// place (`user:read:admin`), and by the `:master` variant of either.
[[nodiscard]] std::vector<std::string> missing_scopes(std::span<const std::string> needed,
                                                      std::span<const std::string> granted);

/// The classic scope that meets this granular one; empty when none is known.
[[nodiscard]] std::string classic_scope(std::string_view granular);

/// Those of `granted` that meet none of `needed`, in their order.
[[nodiscard]] std::vector<std::string> unneeded_scopes(std::span<const std::string> needed,
                                                       std::span<const std::string> granted);

}  // namespace zoom_proxy
