// Any text as a request target, against the built-in rules and some of our own. What matches is a
// path that nobody reads as another one, with the names that its endpoint allows.

#include <algorithm>
#include <cstdint>

#include "rules/builtin.hpp"
#include "rules/format/encoding.hpp"
#include "rules/limits.hpp"
#include "rules/route_table.hpp"
#include "rules/rule_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;

constexpr std::string_view kOwnRules = R"(
endpoints:
  - pathTemplate: /v2/people/{id}/{part?}
    allowedMethods: [GET, HEAD]
    pathParameterSchemas: {id: {format: reversible-pseudonym}, part: {enum: [mail, calls, ""]}}
    allowedQueryParams: [from, size, kind]
    queryParamSchemas:
      size: {type: integer, required: true}
      kind: {anyOf: [{pattern: "x+y?"}, {enum: [all]}, {type: number}]}
  - pathRegex: "^/v2/(rooms|zones)/[a-z0-9]*(?:[?]page=[0-9]+)?$"
    allowedMethods: [GET, HEAD]
  - pathTemplate: /v2/any/{rest}
    allowedMethods: [GET, HEAD]
)";

struct Table {
  RuleSet rules;
  RouteTable routes{rules};
};

/// Dot segments, seen by hand: a segment ends at `/`, `\` or `;`.
bool has_dot_segment(std::string path) {
  std::ranges::replace_if(
      path, [](char c) { return c == '\\' || c == ';'; }, '/');
  path += '/';
  return path.find("/./") != std::string::npos || path.find("/../") != std::string::npos;
}

void check_match(const Endpoint& endpoint, const std::string& target) {
  must(target.starts_with('/'), "a target begins with a slash");
  must(std::ranges::none_of(target, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }),
       "a target has no control characters");
  must(target.find('#') == std::string::npos, "a target has no fragment");
  const std::size_t mark = target.find('?');
  std::string path = target.substr(0, mark);
  for (int decodings = 0; decodings <= 2; ++decodings) {
    must(!has_dot_segment(path), "a path has no dot segments");
    path = percent_decode(path);
  }
  if (!endpoint.allowed_query_params || mark == std::string::npos) return;
  std::string_view query = std::string_view(target).substr(mark + 1);
  must(query.find(';') == std::string_view::npos, "only & separates the names of a query");
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string name = percent_decode(pair.substr(0, pair.find('=')), true);
    must(name.empty() || std::ranges::any_of(*endpoint.allowed_query_params,
                                             [&](const std::string& allowed) {
                                               return ascii_iequals(allowed, name);
                                             }),
         "a query has only names that the endpoint allows");
  }
}

std::size_t matched(const RouteTable& routes, std::string_view method, std::string_view target,
                    bool tokens_decoded = false) {
  const auto match = routes.match(method, target, tokens_decoded);
  const auto* found = std::get_if<RouteMatch>(&match);
  return found == nullptr ? std::string::npos : found->endpoint;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Table tables[] = {{read_rules(*builtin_rules("zoom"), "zoom")},
                                 {read_rules(kOwnRules, "own")}};
  const std::string target(data, data + size);
  for (const Table& table : tables) {
    const std::size_t found = matched(table.routes, "GET", target);
    must(found == matched(table.routes, "HEAD", target), "HEAD goes where GET goes");
    must(matched(table.routes, "POST", target) == std::string::npos, "POST goes nowhere");
    // npos is the largest number: what matches with tokens may match an earlier endpoint without.
    const std::size_t decoded = matched(table.routes, "GET", target, true);
    must(decoded <= found, "what matches with its tokens matches without");
    if (found != std::string::npos) check_match(table.rules.endpoints.at(found), target);
    if (decoded != std::string::npos) check_match(table.rules.endpoints.at(decoded), target);
    if (target.starts_with('/') && target.size() < limits::kTargetBytes) {
      must(matched(table.routes, "GET", "/" + target) == found, "leading slashes count as one");
    }
  }
  return 0;
}
