#include "server/admin_handler.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "rules/builtin.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {
constexpr std::string_view kLive = "/health/live";
constexpr std::string_view kReady = "/health/ready";

Fields json_fields() {
  Fields fields;
  fields.add("Content-Type", "application/json");
  fields.add("Cache-Control", "no-store");
  return fields;
}

/// Without the scheme, as the peer is configured.
std::string_view host_of(std::string_view https_url) {
  constexpr std::string_view kScheme = "https://";
  return https_url.starts_with(kScheme) ? https_url.substr(kScheme.size()) : https_url;
}

boost::json::object probe_object(const ZoomProbe& probe) {
  boost::json::object zoom;
  zoom["accessToken"] = probe.access_token;
  zoom["missingScopes"] =
      boost::json::array(probe.missing_scopes.begin(), probe.missing_scopes.end());
  zoom["scopesKnown"] = probe.scopes_known;
  zoom["userPage"] = probe.user_page;
  return zoom;
}
}  // namespace

bool is_health_request(const RequestHead& head) noexcept {
  return (head.method == "GET" || head.method == "HEAD") &&
         (head.target == kLive || head.target == kReady);
}

void answer_health(const RequestHead& head, const Lifecycle& lifecycle, ResponseWriter& writer) {
  const bool good = head.target == kLive || lifecycle.ready.load(std::memory_order_relaxed);
  writer.begin(good ? 200 : 503, json_fields());
  boost::json::object body;
  body["status"] = head.target == kLive ? "live" : good ? "ready" : "not ready";
  if (!good) body["reason"] = "shutting down";
  if (head.target == kReady) {
    boost::json::array degraded;
    for (const Degraded::Reason& reason : lifecycle.degraded.reasons()) {
      degraded.emplace_back(reason.what);
    }
    if (!degraded.empty()) body["degraded"] = std::move(degraded);
  }
  writer.body() += boost::json::serialize(body);
}

void answer_health_check(const Snapshot& snapshot,
                         const std::optional<boost::asio::ip::address>& caller,
                         const std::optional<ZoomProbe>& probe, ResponseWriter& writer) {
  const Settings& settings = *snapshot.settings;
  const Engine& engine = *snapshot.engine;
  const std::string version = "v" + std::string(kVersion);
  const std::vector<std::string> advice = warnings(settings);
  boost::json::object body;
  body["bundleFilename"] = nullptr;
  body["callerIp"] = caller ? caller->to_string() : "unknown";
  // Whoever is not authorized never gets here.
  if (!settings.inbound_auth.allowed_ip_blocks.empty()) body["clientIpAuthorized"] = true;
  body["configPropertiesLastModified"] = boost::json::object();
  body["configuredHost"] = host_of(settings.zoom.api_url);
  body["configuredSource"] = "zoom";
  body["javaSourceCodeVersion"] = version;
  body["missingConfigProperties"] = boost::json::array();
  body["nonDefaultSalt"] = !settings.pseudonyms.salt.empty();
  body["pseudonymizeAppIds"] = nullptr;
  if (!builtin_rules(engine.rules_name())) body["rules"] = engine.rules_text();
  body["saltSha256Hash"] = engine.codec().salt_fingerprint();
  body["sourceAuthGrantType"] = "account_credentials";
  body["sourceAuthStrategy"] = "oauth2_refresh_token";
  body["userAgent"] = settings.zoom.user_agent;
  body["version"] = version;
  body["warningMessages"] = boost::json::array(advice.begin(), advice.end());
  if (probe) body["zoom"] = probe_object(*probe);
  writer.begin(!probe || probe->good() ? 200 : 412, json_fields());
  writer.body() += boost::json::serialize(body) + "\r\n";
}

}  // namespace zoom_proxy
