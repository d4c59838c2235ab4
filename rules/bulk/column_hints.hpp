#pragma once
// What to tell of a name that no column of a header has.

#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

/// `; did you mean "Email Address"?` for the column of the header that is nearest to `name`: with
/// few letters other, or one the beginning, the end or a word of the other. Empty when none is; the
/// other columns are never named, as a text without a header begins with a person's data.
[[nodiscard]] std::string did_you_mean_column(std::string_view name,
                                              const std::vector<std::string>& header);

/// As YAML has it (`";"`, `"\t"`), the delimiter with which the one column of the header would be
/// several, one of them `name`. Empty: there is none.
[[nodiscard]] std::string other_delimiter(std::string_view name,
                                          const std::vector<std::string>& header);

}  // namespace zoom_proxy
