#pragma once
// JSONPath, the dialect of the peer's rules (docs/compatibility.md): text -> steps.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/error.hpp"
#include "rules/format/regex.hpp"

namespace zoom_proxy {

class YamlNode;

/// The condition of `[?(…)]`, about a value `@`.
struct JsonPathFilter {
  enum class Kind {
    all_of,     ///< `a && b`: every part
    any_of,     ///< `a || b`
    negation,   ///< `!(a)`: of its one part
    exists,     ///< `@.a`: there is such a member, whatever its value
    equal,      ///< `@.a == 'x'`
    not_equal,  ///< `@.a != 'x'`
    matches,    ///< `@.a =~ /x/i`: a text that matches as a whole
  };
  /// What a value is compared with; a number as its text in the rules.
  struct Number {
    std::string text;
  };
  using Literal = std::variant<std::nullptr_t, bool, Number, std::string>;

  Kind kind = Kind::exists;
  std::vector<JsonPathFilter> parts;
  std::vector<std::string> path;  ///< members from `@` on; empty: `@` itself
  Literal literal;
  std::shared_ptr<const Regex> regex;
};

struct JsonPathStep {
  enum class Kind {
    names,     ///< `.a`, `['a','b']`: the members so named
    wildcard,  ///< `[*]`, `.*`: every element or member
    indices,   ///< `[0]`, `[0,2]`, `[-1]`: these elements; negative ones count from the end
    slice,     ///< `[1:3]`, `[-2:]`: elements from `first` up to and without `last`
    filter,    ///< `[?(…)]`: elements (of an array), or the object itself, that meet a condition
  };
  Kind kind = Kind::names;
  bool descend = false;  ///< after `..`: at any depth below, and here
  std::vector<std::string> names;
  std::vector<std::int64_t> indices;
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  std::shared_ptr<const JsonPathFilter> filter;
};

/// Steps after the root `$`. Empty: the document itself.
struct JsonPath {
  std::string text;  ///< as written
  std::vector<JsonPathStep> steps;
};

/// Throws ConfigError at `place`, naming the path, when the text is no path of the dialect.
[[nodiscard]] JsonPath parse_json_path(std::string_view text, const Place& place);

/// The same of a path in a rules file, which must begin with `$`.
[[nodiscard]] JsonPath read_json_path(const YamlNode& node);

}  // namespace zoom_proxy
