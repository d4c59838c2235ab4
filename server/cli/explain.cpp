#include "rules/explain.hpp"

#include <iostream>

#include "rules/rule_reader.hpp"
#include "server/cli/commands.hpp"

namespace zoom_proxy {
namespace {

std::vector<EndpointReport> reports_of(const std::string& rules) {
  const RulesText text = load_rules_text(rules);
  return explain(read_rules(text.yaml, text.name));
}

}  // namespace

int explain_command(const ExplainOptions& options) {
  const std::vector<EndpointReport> reports = reports_of(options.rules);
  if (!options.diff.empty()) {
    const std::string rows = explain_diff(reports, reports_of(options.diff));
    std::cout << (rows.empty() ? "No difference.\n" : rows);
  } else {
    std::cout << (options.json ? explain_json(reports) : explain_text(reports));
  }
  return kOk;
}

}  // namespace zoom_proxy
