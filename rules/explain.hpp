#pragma once
// What leaves, in words: for each endpoint its request side and what becomes of every field, read
// off the compiled program and not off the rules' text.

#include <map>
#include <string>
#include <vector>

#include "rules/rule_set.hpp"

namespace zoom_proxy {

struct FieldReport {
  std::string place;              ///< `$.users[].email`
  std::vector<std::string> fate;  ///< "kept", "pseudonymized", "redacted", …; several: by condition
  std::string type;               ///< "boolean", "number", "string"; empty: any or several
};

struct EndpointReport {
  std::string name;                  ///< the rule's path template or regex
  std::string scope;                 ///< the Zoom OAuth scope it needs; empty: not known
  std::vector<std::string> methods;  ///< empty: any
  bool any_query = false;
  std::vector<std::string> query;  ///< names, where not any
  /// What values must look like, in words, by what they belong to: "path parameter userId".
  std::map<std::string, std::string> conditions;
  bool open = false;                ///< without a response schema: what is not named is kept
  std::vector<FieldReport> fields;  ///< what the rules name, in the order of the program
  std::vector<std::string> held;    ///< places whose values are held in memory as a whole
};

/// Compiles and reports every endpoint; needs no keys. Throws ConfigError.
[[nodiscard]] std::vector<EndpointReport> explain(const RuleSet& rules);

/// For people.
[[nodiscard]] std::string explain_text(const std::vector<EndpointReport>& reports);
/// The same as JSON (docs/reference.md).
[[nodiscard]] std::string explain_json(const std::vector<EndpointReport>& reports);

/// What is different in one endpoint of two rule sets.
struct EndpointDifference {
  struct Row {
    std::string what;  ///< "methods", "query", what a condition belongs to, or a place
    std::string before;
    std::string after;  ///< fates joined by " or ", where `what` is a place
  };
  enum class Kind { changed, only_before, only_after };
  std::string name;
  Kind kind = Kind::changed;
  std::vector<Row> rows;  ///< of Kind::changed
};
/// Endpoints are told apart by name; in the order of `after`, then those that it has not.
[[nodiscard]] std::vector<EndpointDifference> compare(const std::vector<EndpointReport>& before,
                                                      const std::vector<EndpointReport>& after);
/// The same as Markdown. Empty: nothing.
[[nodiscard]] std::string explain_diff(const std::vector<EndpointReport>& before,
                                       const std::vector<EndpointReport>& after);

}  // namespace zoom_proxy
