#pragma once
// JSONPath, the dialect of the peer's rules (docs/compatibility.md): text -> steps.

#include <string>
#include <string_view>
#include <vector>

#include "rules/error.hpp"

namespace zoom_proxy {

struct JsonPathStep {
  enum class Kind {
    names,     ///< `.a`, `['a','b']`: the members so named
    wildcard,  ///< `[*]`, `.*`: every element or member
  };
  Kind kind = Kind::names;
  bool descend = false;  ///< after `..`: at any depth below, and here
  std::vector<std::string> names;
};

/// Steps after the root `$`. Empty: the document itself.
struct JsonPath {
  std::string text;  ///< as written
  std::vector<JsonPathStep> steps;
};

/// Throws ConfigError at `place`, naming the path, when the text is no path of the dialect.
[[nodiscard]] JsonPath parse_json_path(std::string_view text, const Place& place);

}  // namespace zoom_proxy
