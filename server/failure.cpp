#include "server/failure.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace zoom_proxy {
namespace {

// In the order of the enumeration. Names and statuses are the peer's where it has them, so that its
// clients know when to retry; BAD_SOURCE_RESPONSE and those of authentication, but for the address,
// are ours.
constexpr std::array kCauses{
    CauseRow{Cause::unauthenticated, "UNAUTHENTICATED", 401,
             "send the credentials that inbound_auth asks for"},
    CauseRow{Cause::unauthorized, "UNAUTHORIZED", 403,
             "ask the operator to put the caller on the list in inbound_auth"},
    CauseRow{Cause::unauthorized_ip_address, "UNAUTHORIZED_IP_ADDRESS", 403,
             "ask the operator to add the address to inbound_auth.allowed_ip_blocks, and to check "
             "listen.trusted_proxies"},
    CauseRow{Cause::authentication_failure, "AUTHENTICATION_FAILURE", 503,
             "try again; if it lasts, check inbound_auth.oidc.jwks_url and the network"},
    CauseRow{Cause::blocked_by_rules, "BLOCKED_BY_RULES", 403,
             "use what the rules allow, or ask the operator to extend them"},
    CauseRow{Cause::invalid_request, "INVALID_REQUEST", 400, "correct the request"},
    CauseRow{Cause::https_required, "HTTPS_REQUIRED", 400, "use https to reach the proxy"},
    CauseRow{Cause::tokenized_request_parameter_invalid, "TOKENIZED_REQUEST_PARAMETER_INVALID", 409,
             "fetch the token again: it was made with another salt or key, or was changed"},
    CauseRow{Cause::failed_to_build_url, "FAILED_TO_BUILD_URL", 500,
             "fetch the token again: it was made with another salt or key, or was changed"},
    CauseRow{Cause::unreadable_body, "CONNECTION_SETUP", 500,
             "send one JSON value in UTF-8 that nests at most 1000 deep"},
    CauseRow{Cause::unsupported_body, "UNKNOWN", 500,
             "send application/json or application/x-www-form-urlencoded, in UTF-8"},
    CauseRow{Cause::connection_setup, "CONNECTION_SETUP", 500,
             "check the Zoom account id, client id and client secret"},
    CauseRow{
        Cause::connection_to_source, "CONNECTION_TO_SOURCE", 503,
        "try again; if it lasts, check https://status.zoom.us and the network between proxy and "
        "Zoom"},
    CauseRow{Cause::source_io_error, "CONNECTION_TO_SOURCE", 500,
             "check zoom.api_url, zoom.token_url, zoom.ca_file and the name servers"},
    CauseRow{Cause::network_egress_blocked, "NETWORK_EGRESS_BLOCKED", 502,
             "allow the proxy to reach Zoom (firewall, egress rules)"},
    CauseRow{Cause::source_api_read_timeout, "SOURCE_API_READ_TIMEOUT", 504,
             "try again with a smaller page or a shorter period"},
    CauseRow{Cause::own_rate_limit, "SOURCE_API_READ_TIMEOUT", 504,
             "ask for less at a time, or raise zoom.rate_limit"},
    CauseRow{Cause::async_handler_dispatch, "ASYNC_HANDLER_DISPATCH", 501,
             "leave out `Prefer: respond-async`, or set output.async_directory"},
    CauseRow{Cause::async_output, "ASYNC_HANDLER_DISPATCH", 500,
             "check output.async_directory and what is mounted there"},
    CauseRow{Cause::api_error, "API_ERROR", 502, "see Zoom's code and message"},
    CauseRow{Cause::bad_source_response, "BAD_SOURCE_RESPONSE", 502,
             "try again; if it lasts, report it with the request id"},
    CauseRow{Cause::configuration_failure, "CONFIGURATION_FAILURE", 500,
             "run `zoom-proxy check` with the same settings"},
    CauseRow{Cause::unknown, "UNKNOWN", 500, "look for the request id in the log"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    if (kCauses[i].cause != static_cast<Cause>(i)) return false;
  }
  return kCauses.size() == static_cast<std::size_t>(Cause::unknown) + 1;
}
static_assert(in_order(), "one row for each cause, in the order of the enumeration");

}  // namespace

const CauseRow& describe(Cause cause) noexcept { return kCauses[static_cast<std::size_t>(cause)]; }

std::span<const CauseRow> all_causes() noexcept { return kCauses; }

std::string failure_body(std::string_view name, std::string_view message, std::string_view advice,
                         std::string_view request_id) {
  std::string text(message);
  if (!advice.empty()) {
    if (!text.empty()) text += "; ";
    text += advice;
  }
  boost::json::object body;
  body["error"] = name;
  body["message"] = text;
  body["requestId"] = request_id;
  return boost::json::serialize(body);
}

}  // namespace zoom_proxy
