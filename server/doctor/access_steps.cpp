#include "server/doctor/access_steps.hpp"

#include <optional>

#include "rules/zoom_scopes.hpp"

namespace zoom_proxy {
namespace {

/// The calls that stop working without a scope, in the order of Zoom's calls.
std::string calls_that_need(const Engine& engine, std::string_view scope) {
  std::string list;
  for (const RoutedCall& routed : engine.calls()) {
    if (routed.call->scope != scope) continue;
    if (!list.empty()) list += ", ";
    list.append("GET ").append(routed.call->path);
  }
  return list;
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

Task<std::shared_ptr<const AccessToken>> check_credentials(TokenCache& tokens,
                                                           Clock::time_point deadline,
                                                           const Report& report) {
  std::optional<Failure> failure;
  std::shared_ptr<const AccessToken> token;
  try {
    token = co_await tokens.get(deadline);
  } catch (const Failure& e) {
    failure = e;
  }
  if (failure) {
    // A refusal already says which of them to check.
    const bool refused = failure->cause() == Cause::connection_setup;
    report({"credentials", Verdict::wrong, failure->what(),
            refused ? "" : std::string(describe(failure->cause()).advice)});
  } else {
    report({"credentials", Verdict::ok,
            "account id, client id and client secret bring an access token; the app is activated"});
  }
  co_return token;
}

std::vector<std::string> check_scopes(const Engine& engine, const AccessToken& token,
                                      const Report& report) {
  if (!token.scopes) {
    report({"scopes", Verdict::skipped,
            "Zoom does not tell them; the calls below show which are missing"});
    return {};
  }
  std::vector<std::string> missing = missing_scopes(engine.scopes(), *token.scopes);
  for (const std::string& scope : missing) {
    const std::string classic = classic_scope(scope);
    report({"scopes", Verdict::wrong,
            scope + " is missing; without it these do not work: " + calls_that_need(engine, scope),
            "add it" + (classic.empty() ? "" : ", or the classic " + classic + ",") +
                " to the Zoom app (Scopes, Add Scopes) and activate the app again"});
  }
  if (missing.empty()) {
    report({"scopes", Verdict::ok,
            "all " + std::to_string(engine.scopes().size()) + " that the rules need are granted"});
  }
  const std::vector<std::string> unneeded = unneeded_scopes(engine.scopes(), *token.scopes);
  if (!unneeded.empty()) {
    report({"scopes", Verdict::warning, "granted, but not needed by the rules: " + joined(unneeded),
            "remove them from the Zoom app, so that a stolen secret opens no more than it must"});
  }
  return missing;
}

}  // namespace zoom_proxy
