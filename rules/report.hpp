#pragma once
// The privacy officer's report: one HTML page that says in plain words what leaves and how, made
// from the compiled rules, with example answers that the engine itself has sanitized.

#include <string>

#include "rules/rule_reader.hpp"

namespace zoom_proxy {

struct ReportFacts {
  std::string version;  ///< of the program
  std::string made;     ///< when, as people read it: "2026-11-24 15:50 UTC"
};

/// The page, complete in itself: it loads nothing, and its Content-Security-Policy lets no other
/// script or style run. The same arguments give the same bytes. With `other`, it also shows what
/// these rules would do differently. Throws ConfigError when rules are refused.
[[nodiscard]] std::string report_html(const RulesText& rules, const ReportFacts& facts,
                                      const RulesText* other = nullptr);

}  // namespace zoom_proxy
