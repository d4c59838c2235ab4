#include "server/status.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "config/value.hpp"
#include "rules/zoom_scopes.hpp"
#include "server/log.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;
using WallTime = std::chrono::system_clock::time_point;

/// Milliseconds since 1970: what JavaScript's Date takes.
std::int64_t millis(WallTime when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

json::array names(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

json::array degraded_array(const Lifecycle& lifecycle) {
  json::array list;
  for (const Degraded::Reason& reason : lifecycle.degraded.reasons()) {
    json::object item;
    item["what"] = reason.what;
    item["message"] = reason.message;
    item["since"] = millis(reason.since);
    list.push_back(std::move(item));
  }
  return list;
}

json::object rules_object(const Engine& engine) {
  json::object rules;
  rules["name"] = engine.rules_name();
  rules["sha"] = engine.rules_sha();
  rules["endpoints"] = engine.rules().endpoints.size();
  rules["scopes"] = names(engine.scopes());
  return rules;
}

/// null while there is no token.
json::value token_value(const std::optional<TokenCache::Status>& token, const Engine& engine) {
  if (!token) return nullptr;
  json::object object;
  object["obtained"] = millis(token->obtained_at);
  object["expires"] = millis(token->expires_at);
  object["scopesKnown"] = token->scopes.has_value();
  if (token->scopes) {
    object["scopes"] = names(*token->scopes);
    object["missingScopes"] = names(missing_scopes(engine.scopes(), *token->scopes));
  }
  return object;
}

json::array recent_array() {
  json::array list;
  for (const RecentEvents::Kind& kind : recent_events()) {
    json::object item;
    item["event"] = kind.event;
    item["cause"] = kind.cause;
    item["severity"] = kind.level == LogLevel::error ? "error" : "warning";
    item["count"] = kind.count;
    item["last"] = millis(kind.last);
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

std::string readiness_json(const Lifecycle& lifecycle) {
  const bool ready = lifecycle.ready.load(std::memory_order_relaxed);
  json::object body;
  body["status"] = ready ? "ready" : "not ready";
  if (!ready) body["reason"] = "shutting down";
  if (json::array degraded = degraded_array(lifecycle); !degraded.empty()) {
    body["degraded"] = std::move(degraded);
  }
  return json::serialize(body);
}

std::string status_json(const StatusSources& sources, bool workers_answer) {
  const std::shared_ptr<const Snapshot> snapshot = sources.snapshot();
  const Engine& engine = *snapshot->engine;
  const std::vector<std::string> advice = warnings(*snapshot->settings);
  json::object body;
  body["version"] = kVersion;
  body["commit"] = kCommit;
  body["build"] = kBuildType;
  body["now"] = millis(std::chrono::system_clock::now());
  body["started"] = millis(sources.started);
  body["ready"] = sources.lifecycle.ready.load(std::memory_order_relaxed);
  body["workers"] = sources.workers;
  body["workersAnswer"] = workers_answer;
  body["inboundAuth"] = value_text(snapshot->settings->inbound_auth.mode);
  body["zoomApi"] = snapshot->settings->zoom.api_url;
  body["maxConnections"] = snapshot->settings->zoom.max_connections;
  body["rules"] = rules_object(engine);
  body["token"] = token_value(sources.tokens.status(), engine);
  body["warnings"] = names(advice);
  body["degraded"] = degraded_array(sources.lifecycle);
  body["recent"] = recent_array();
  return json::serialize(body);
}

}  // namespace zoom_proxy
