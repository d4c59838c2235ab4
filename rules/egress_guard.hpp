#pragma once
// The last check on what the rules keep: a kept string that holds an e-mail address was not
// foreseen by whoever wrote the rules. Nor was such a name of a member that is kept without being
// named by a rule.

#include <string>
#include <string_view>

namespace zoom_proxy {

enum class EgressGuard {
  redact,  ///< null in its place, or a member that is left out, name and value; counted
  log,     ///< passes, counted
  off,
};

/// True when a JSON string (its inside, without quotes) holds an e-mail address, escaped or not.
/// `scratch` is overwritten. The escapes must be valid.
[[nodiscard]] bool holds_email(std::string_view inside, bool has_escapes, std::string& scratch);

}  // namespace zoom_proxy
