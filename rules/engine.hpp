#pragma once
// The front door of the rules floor: rules text + keys -> an immutable Engine that matches routes,
// decodes tokens and sanitizes bodies.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "rules/identity/token.hpp"
#include "rules/program.hpp"
#include "rules/route_table.hpp"
#include "rules/rule_reader.hpp"
#include "rules/rule_set.hpp"
#include "rules/sanitizer.hpp"
#include "rules/zoom_calls.hpp"

namespace zoom_proxy {

/// Immutable and thread-safe once built; requests share it.
class Engine {
 public:
  /// Reads and compiles the rules. `rules` is what load_rules_text takes. Throws ConfigError.
  Engine(const std::string& rules, std::shared_ptr<const TokenCodec> codec,
         EgressGuard guard = EgressGuard::redact)
      : Engine(load_rules_text(rules), std::move(codec), guard) {}
  Engine(const RulesText& text, std::shared_ptr<const TokenCodec> codec,
         EgressGuard guard = EgressGuard::redact);

  [[nodiscard]] const RuleSet& rules() const noexcept { return rules_; }
  [[nodiscard]] const TokenCodec& codec() const noexcept { return *codec_; }
  [[nodiscard]] const Program& program(std::size_t endpoint) const { return programs_[endpoint]; }

  [[nodiscard]] RateLabel rate_label(std::size_t endpoint) const { return labels_[endpoint]; }

  /// `tokens_decoded`: the target is what the client's became once its tokens were replaced.
  [[nodiscard]] std::variant<RouteMatch, RouteRefusal> match(std::string_view method,
                                                             std::string_view target,
                                                             bool tokens_decoded = false) const {
    return routes_.match(method, target, tokens_decoded);
  }

  /// A sanitizer for one response of that endpoint. The Engine must outlive it.
  [[nodiscard]] Sanitizer sanitizer(std::size_t endpoint) const {
    return Sanitizer(programs_[endpoint], *codec_, guard_);
  }

  /// Lower-case hex SHA-1 of the rules text, for X-Psoxy-Rules-SHA and the logs.
  [[nodiscard]] const std::string& rules_sha() const noexcept { return rules_sha_; }
  /// The rules as they were written.
  [[nodiscard]] const std::string& rules_text() const noexcept { return rules_text_; }
  /// "zoom", or the rules file's path.
  [[nodiscard]] const std::string& rules_name() const noexcept { return rules_name_; }
  /// Those of Zoom's calls that the rules let through.
  [[nodiscard]] const std::vector<RoutedCall>& calls() const noexcept { return calls_; }
  /// The OAuth scopes that an access token of Zoom needs for these rules' endpoints.
  [[nodiscard]] const std::vector<std::string>& scopes() const noexcept { return scopes_; }

 private:
  std::shared_ptr<const TokenCodec> codec_;
  EgressGuard guard_;
  RuleSet rules_;
  RouteTable routes_;
  std::vector<Program> programs_;
  std::vector<RoutedCall> calls_;
  std::vector<std::string> scopes_;
  std::vector<RateLabel> labels_;  ///< by endpoint
  std::string rules_sha_;
  std::string rules_text_;
  std::string rules_name_;
};

}  // namespace zoom_proxy
