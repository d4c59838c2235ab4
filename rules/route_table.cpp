#include "rules/route_table.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "rules/format/encoding.hpp"
#include "rules/format/regex.hpp"
#include "rules/format/yaml.hpp"
#include "rules/limits.hpp"
#include "rules/path_template.hpp"

namespace zoom_proxy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

/// Errors of a regex say which key of the rules it stands at.
Regex compile_regex(const std::string& key, std::string_view pattern, Regex::Case letter_case,
                    const Place& place) {
  // In Java's dialect `[a-z&&[^x]]` is an intersection, for PCRE2 it is something else.
  if (pattern.find("&&") != std::string_view::npos) {
    throw ConfigError(place, key + ": `&&` (class intersection) is not supported; use (?!…)");
  }
  try {
    return Regex(pattern, letter_case, Regex::Extent::whole, {});
  } catch (const ConfigError& error) {
    throw ConfigError(place, key + " " + in_quotes(pattern) + ": " + error.what());
  }
}

// ---- parameters
// ----------------------------------------------------------------------------------

/// Only digits, blanks around them aside, as the peer's `integer`.
std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool is_integer(std::string_view text) {
  text = trim(text);
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_number(std::string_view text) {
  static const Regex kNumber(R"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)",
                             Regex::Case::sensitive, Regex::Extent::whole, {});
  return kNumber.matches(trim(text));
}

bool is_reversible_token(std::string_view text) {
  constexpr std::size_t kHashCharacters = 43;
  if (!text.starts_with("p~")) return false;
  text.remove_prefix(2);
  return text.size() >= kHashCharacters && std::ranges::all_of(text, [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_';
         });
}

/// A ParameterSchema with its pattern compiled.
class ParameterCheck {
 public:
  explicit ParameterCheck(const ParameterSchema& schema) : schema_(schema) {
    if (schema.pattern) {
      pattern_ = compile_regex("pattern", *schema.pattern, Regex::Case::sensitive, schema.place);
    }
    for (const ParameterSchema& alternative : schema.any_of) any_of_.emplace_back(alternative);
  }

  [[nodiscard]] bool required() const { return schema_.required; }

  [[nodiscard]] bool allows(std::string_view value, bool tokens_decoded) const {
    if (schema_.reversible_pseudonym) {
      if (tokens_decoded) return true;
      if (!is_reversible_token(value)) return false;
    }
    if (schema_.type == ParameterSchema::Type::integer && !is_integer(value)) return false;
    if (schema_.type == ParameterSchema::Type::number && !is_number(value)) return false;
    if (pattern_ && !pattern_->matches(value)) return false;
    const auto& words = schema_.one_of;
    if (!words.empty() && std::ranges::find(words, value) == words.end()) return false;
    return any_of_.empty() || std::ranges::any_of(any_of_, [&](const ParameterCheck& alternative) {
             return alternative.allows(value, tokens_decoded);
           });
  }

 private:
  ParameterSchema schema_;
  std::optional<Regex> pattern_;
  std::vector<ParameterCheck> any_of_;
};

// ---- targets
// -------------------------------------------------------------------------------------

struct QueryPair {
  std::string name;                  ///< decoded
  std::optional<std::string> value;  ///< decoded; nothing without `=`
};

struct Target {
  std::string_view path;
  std::string_view path_and_query;
  std::vector<QueryPair> query;
  bool has_semicolon = false;  ///< in the query
};

/// `&` and `;` separate; pairs without a name count for nothing.
std::vector<QueryPair> parse_query(std::string_view query) {
  std::vector<QueryPair> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = pair.find('=');
    std::string name = percent_decode(pair.substr(0, equals), true);
    if (name.empty()) continue;
    QueryPair& added = pairs.emplace_back(QueryPair{std::move(name), std::nullopt});
    if (equals != std::string_view::npos) {
      added.value = percent_decode(pair.substr(equals + 1), true);
    }
  }
  return pairs;
}

bool has_dot_segment(std::string_view path) {
  while (true) {
    const std::size_t end = path.find_first_of("/\\;");
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

/// What whoever decodes the path again, once or twice, could take for another path: dot segments,
/// and overlong or other bytes that are no UTF-8.
bool is_ambiguous(std::string_view path) {
  std::string decoded(path);
  for (int decodings = 0; decodings <= 2; ++decodings) {
    if (decodings > 0) decoded = percent_decode(decoded);
    Utf8Check utf8;
    if (has_dot_segment(decoded) || !utf8.feed(decoded) || !utf8.complete()) return true;
  }
  return false;
}

/// Nothing when the target must be refused whatever the rules say.
std::optional<Target> parse_target(std::string_view text) {
  if (text.size() > limits::kTargetBytes || !text.starts_with('/')) return std::nullopt;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '#') return std::nullopt;
  }
  while (text.starts_with("//")) text.remove_prefix(1);
  Target target;
  const std::size_t mark = text.find('?');
  target.path = text.substr(0, mark);
  target.path_and_query = text;
  if (is_ambiguous(target.path)) return std::nullopt;
  if (mark != std::string_view::npos) {
    const std::string_view query = text.substr(mark + 1);
    target.query = parse_query(query);
    target.has_semicolon = query.find(';') != std::string_view::npos;
  }
  return target;
}

// ---- one endpoint
// --------------------------------------------------------------------------------

class Route {
 public:
  explicit Route(const Endpoint& endpoint)
      : regex_(compile_path(endpoint)),
        on_path_(endpoint.path_template.has_value()),
        on_path_and_query_(endpoint.path_regex.has_value()),
        methods_(endpoint.allowed_methods),
        query_names_(endpoint.allowed_query_params) {
    for (const auto& [name, schema] : endpoint.query_parameters) {
      query_checks_.emplace_back(name, schema);
    }
  }

  [[nodiscard]] bool fits_path(const Target& target, bool tokens_decoded) const {
    if (on_path_and_query_ && !regex_.matches(target.path_and_query)) return false;
    if (!on_path_) return true;
    if (path_checks_.empty()) return regex_.matches(target.path);
    const auto groups = regex_.match(target.path);
    return groups && std::ranges::all_of(path_checks_, [&](const auto& check) {
             return check.second.allows((*groups)[check.first], tokens_decoded);
           });
  }

  [[nodiscard]] bool fits_method(std::string_view method) const {
    return !methods_ || std::ranges::find(*methods_, method) != methods_->end();
  }

  /// The name at fault, or nothing when the query is allowed.
  [[nodiscard]] std::optional<std::string> query_fault(const Target& target,
                                                       bool tokens_decoded) const {
    for (const QueryPair& pair : target.query) {
      if (query_names_ && std::ranges::none_of(*query_names_, [&](const std::string& name) {
            return ascii_iequals(name, pair.name);
          })) {
        return pair.name;
      }
    }
    for (const auto& [name, check] : query_checks_) {
      bool seen = false;
      for (const QueryPair& pair : target.query) {
        if (!pair.value || !ascii_iequals(name, pair.name)) continue;
        seen = true;
        if (!check.allows(*pair.value, tokens_decoded)) return name;
      }
      if (check.required() && !seen) return name;
    }
    // Whether `;` separates depends on the reader: where names count there must be no doubt.
    if (target.has_semicolon && (query_names_ || !query_checks_.empty())) return ";";
    return std::nullopt;
  }

 private:
  /// Fills path_checks_ on the way.
  Regex compile_path(const Endpoint& endpoint) {
    if (endpoint.path_regex) {
      if (!endpoint.path_parameters.empty()) {
        throw ConfigError(endpoint.path_place,
                          "pathParameterSchemas need a pathTemplate without pathRegex");
      }
      return compile_regex("pathRegex", *endpoint.path_regex, Regex::Case::ignored,
                           endpoint.path_place);
    }
    if (!endpoint.path_template->starts_with('/')) {
      throw ConfigError(endpoint.path_place, "pathTemplate " + in_quotes(*endpoint.path_template) +
                                                 ": it must begin with `/`");
    }
    const PathTemplate parsed =
        parse_path_template(*endpoint.path_template, "pathTemplate", endpoint.path_place);
    for (const auto& [name, schema] : endpoint.path_parameters) {
      const auto found = std::ranges::find(parsed.names, name);
      if (found == parsed.names.end()) {
        throw ConfigError(schema.place,
                          "pathParameterSchemas: the pathTemplate has no parameter {" + name +
                              "}; the endpoint would never match");
      }
      path_checks_.emplace_back(static_cast<std::size_t>(found - parsed.names.begin()) + 1, schema);
    }
    return compile_regex("pathTemplate", parsed.regex, Regex::Case::ignored, endpoint.path_place);
  }

  std::vector<std::pair<std::size_t, ParameterCheck>> path_checks_;  ///< by group of regex_
  Regex regex_;
  bool on_path_;            ///< a template: tested on the path alone
  bool on_path_and_query_;  ///< a regex: tested on path, `?` and query; both where both are given
  std::optional<std::vector<std::string>> methods_;
  std::optional<std::vector<std::string>> query_names_;
  std::vector<std::pair<std::string, ParameterCheck>> query_checks_;
};

}  // namespace

struct RouteTable::Impl {
  std::vector<Route> routes;
};

RouteTable::RouteTable(const RuleSet& rules) {
  auto impl = std::make_unique<Impl>();
  for (const Endpoint& endpoint : rules.endpoints) impl->routes.emplace_back(endpoint);
  impl_ = std::move(impl);
}

RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;

std::variant<RouteMatch, RouteRefusal> RouteTable::match(std::string_view method,
                                                         std::string_view text,
                                                         bool tokens_decoded) const {
  using Reason = RouteRefusal::Reason;
  const std::optional<Target> target = parse_target(text);
  if (!target) return RouteRefusal{Reason::target, {}};
  RouteRefusal nearest;
  for (std::size_t i = 0; i < impl_->routes.size(); ++i) {
    const Route& route = impl_->routes[i];
    if (!route.fits_path(*target, tokens_decoded)) continue;
    if (!route.fits_method(method)) {
      if (nearest.reason == Reason::path) nearest.reason = Reason::method;
      continue;
    }
    std::optional<std::string> fault = route.query_fault(*target, tokens_decoded);
    if (!fault) return RouteMatch{i};
    if (nearest.reason != Reason::query) nearest = {Reason::query, std::move(*fault)};
  }
  return nearest;
}

}  // namespace zoom_proxy
