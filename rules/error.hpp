#pragma once
// Errors of the rules floor: a kind and a place, never a value from a body.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// Where a person should look. Line and column count from 1; 0 means unknown. `file` may be empty.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  /// "FILE:LINE:COLUMN", leaving out what is unknown.
  [[nodiscard]] std::string text() const;
};

/// A rules or settings text, a secret or an option that cannot be used. what() is "PLACE: message";
/// the message names the key at fault and what to do next, never a secret.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(Place place, const std::string& message);
  [[nodiscard]] const Place& place() const noexcept { return place_; }

 private:
  Place place_;
};

/// Why a JSON body was refused.
enum class BodyFault {
  none,
  syntax,     ///< not JSON (RFC 8259), or it ends too early
  encoding,   ///< not UTF-8
  top_level,  ///< a value whose type does not fit the endpoint's response schema
  limit,      ///< deeper or longer than rules/limits.hpp allows
};

/// "syntax", "encoding", "top-level", "limit"; "none".
[[nodiscard]] std::string_view to_string(BodyFault fault) noexcept;

}  // namespace zoom_proxy
