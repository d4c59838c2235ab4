#include "server/credential_events.hpp"

#include <boost/json/array.hpp>

#include "rules/zoom_scopes.hpp"
#include "server/log.hpp"
#include "server/zoom_probe.hpp"

namespace zoom_proxy {
namespace {

void log_new_token(const TokenEvent& event, const Engine& engine) {
  boost::json::object fields;
  fields["lifetimeSeconds"] = static_cast<std::int64_t>(event.lifetime.count());
  std::vector<std::string> missing;
  if (event.scopes) missing = missing_scopes(engine.scopes(), *event.scopes);
  if (missing.empty()) {
    log_event(LogLevel::info, "token_refresh", "Zoom gave a new access token", std::move(fields));
    return;
  }
  fields["missingScopes"] = boost::json::array(missing.begin(), missing.end());
  log_event(LogLevel::warning, "token_refresh",
            "Zoom gave a new access token without scopes that the rules' endpoints need: " +
                std::string(kScopesAdvice),
            std::move(fields));
}

}  // namespace

std::string_view name_of(TokenEvent::Result result) noexcept {
  switch (result) {
    case TokenEvent::Result::refreshed:
      return "refreshed";
    case TokenEvent::Result::refused:
      return "refused";
    case TokenEvent::Result::failed:
      return "failed";
  }
  return "failed";
}

void log_token_event(const TokenEvent& event, const Engine& engine) {
  if (event.result == TokenEvent::Result::refreshed) {
    log_new_token(event, engine);
    return;
  }
  boost::json::object fields;
  const bool refused = event.result == TokenEvent::Result::refused;
  fields["result"] = name_of(event.result);
  log_event(refused ? LogLevel::error : LogLevel::warning, "token_refresh", event.advice,
            std::move(fields));
}

void log_key_event(const KeyEvent& event) {
  boost::json::object fields;
  if (event.keys == 0) {
    fields["result"] = "failed";
    log_event(LogLevel::error, "key_refresh", event.advice, std::move(fields));
    return;
  }
  fields["keys"] = event.keys;
  fields["lifetimeSeconds"] = static_cast<std::int64_t>(event.lifetime.count());
  log_event(LogLevel::info, "key_refresh", "the ID tokens' issuer gave its keys",
            std::move(fields));
}

}  // namespace zoom_proxy
