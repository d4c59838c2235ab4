#include "tests/simulator/oauth.hpp"

#include "tests/simulator/encoding.hpp"

namespace zoom_simulator {
namespace {

Response refusal(const char* reason, const char* error) {
  return json_response(400, boost::json::object{{"reason", reason}, {"error", error}});
}

}  // namespace

constexpr std::string_view OAuth::kScopes =
    "meeting:read:past_meeting:admin meeting:read:meeting:admin "
    "meeting:read:list_past_participants:admin meeting:read:list_past_instances:admin "
    "meeting:read:list_meetings:admin meeting:read:participant:admin meeting:read:summary:admin "
    "cloud_recording:read:list_user_recordings:admin report:read:list_meeting_participants:admin "
    "report:read:meeting:admin report:read:user:admin user:read:user:admin "
    "user:read:list_users:admin user:read:settings:admin";

Response OAuth::answer(const Request& request) {
  if (request.method != "POST") return error_response(405, 405, "Method not allowed");
  auto form = parse_form(request.body);
  form.merge(parse_form(request.query));
  const std::string wanted = "Basic " + base64(options_.client_id + ":" + options_.client_secret);
  if (form["grant_type"] != "account_credentials") {
    return refusal("unsupported grant type", "unsupported_grant_type");
  }
  if (request.authorization != wanted) {
    return refusal("Invalid client_id or client_secret", "invalid_client");
  }
  if (form["account_id"] != options_.account_id) return refusal("Bad Request", "invalid_request");
  const std::string token = new_token();
  const std::chrono::seconds lifetime(options_.token_lifetime_seconds);
  tokens_[token] = Clock::now() + lifetime;
  boost::json::object body{{"access_token", token},
                           {"token_type", "bearer"},
                           {"expires_in", lifetime.count()},
                           {"api_url", "https://api.zoom.us"}};
  if (scopes_) body["scope"] = *scopes_;
  return json_response(200, body);
}

std::string OAuth::new_token() {
  const std::string payload = base64url(
      boost::json::serialize(boost::json::object{{"aid", options_.account_id}, {"jti", ++made_}}));
  const std::string text = base64url(R"({"sv":"000001","alg":"HS512"})") + "." + payload;
  return text + "." + base64url(hmac_sha256(options_.client_secret, text));
}

std::optional<Response> OAuth::check(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  if (request.authorization.compare(0, kBearer.size(), kBearer) != 0) {
    return error_response(401, 124, "Requires an access token.");
  }
  const auto token = tokens_.find(request.authorization.substr(kBearer.size()));
  if (token == tokens_.end()) return error_response(401, 124, "Invalid access token.");
  if (token->second < Clock::now()) return error_response(401, 124, "Access token is expired.");
  return std::nullopt;
}

}  // namespace zoom_simulator
