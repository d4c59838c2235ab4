#pragma once
// Path templates of the rules: `/v2/users/{userId}`. `{name}` is one segment, `{name?}` may be
// empty, all else is literal.

#include <string>
#include <string_view>
#include <vector>

#include "rules/error.hpp"

namespace zoom_proxy {

struct PathTemplate {
  std::string regex;               ///< for a path as a whole
  std::vector<std::string> names;  ///< of the parameters: group 1, 2, …
};

/// Throws ConfigError at `place`, which calls the template `what`.
[[nodiscard]] PathTemplate parse_path_template(std::string_view text, std::string_view what,
                                               const Place& place);

}  // namespace zoom_proxy
