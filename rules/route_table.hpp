#pragma once
// Method + path + query -> endpoint. The first endpoint in file order that fits wins.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// Why no endpoint fits: the nearest miss, for the 403's text.
struct RouteRefusal {
  enum class Reason {
    path,
    method,
    query,
    target,  ///< no rule was asked: dot segments, too long, no `/`, `#`, control bytes, not UTF-8
  };
  Reason reason = Reason::path;
  std::string query_name;  ///< Reason::query: the (decoded) name at fault, or ";"
};

struct RouteMatch {
  std::size_t endpoint = 0;  ///< index into RuleSet::endpoints
};

/// Immutable and thread-safe once built.
class RouteTable {
 public:
  /// Throws ConfigError for a template, regex or pattern that does not compile, and for a
  /// pathParameterSchemas key that the template does not have.
  explicit RouteTable(const RuleSet& rules);
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;

  /// `target` is `/path?query` as the client sent it, still percent-encoded, without fragment.
  /// Leading slashes count as one. A match that runs into a regex limit counts as no match.
  /// `tokens_decoded`: `p~` tokens were replaced, so a parameter that demands one takes any value.
  [[nodiscard]] std::variant<RouteMatch, RouteRefusal> match(std::string_view method,
                                                             std::string_view target,
                                                             bool tokens_decoded = false) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace zoom_proxy
