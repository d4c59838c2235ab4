#pragma once
// Whatever goes wrong with a request: its cause, and what each cause means for the client.

#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// The list of causes; what clients see of each is a row of the table in failure.cpp.
enum class Cause {
  unauthenticated,          ///< inbound_auth does not know the caller
  unauthorized,             ///< it does, but the caller is not on the list
  unauthorized_ip_address,  ///< not in inbound_auth.allowed_ip_blocks
  authentication_failure,   ///< callers cannot be told apart: their issuer's keys are not to be had
  blocked_by_rules,
  invalid_request,
  https_required,  ///< X-Forwarded-Proto names something else
  tokenized_request_parameter_invalid,
  failed_to_build_url,      ///< the same in a URL, where compat.url_token_error says so
  unreadable_body,          ///< a client's body that is not the JSON it should be
  unsupported_body,         ///< a client's body of a type in which no tokens can be looked for
  connection_setup,         ///< Zoom refuses our credentials
  connection_to_source,     ///< Zoom cannot be reached: TCP refused, unreachable, time-out
  source_io_error,          ///< other trouble on the way to Zoom: name not found, certificate, TLS
  network_egress_blocked,   ///< the token endpoint does not answer in time
  source_api_read_timeout,  ///< Zoom answers too late
  own_rate_limit,           ///< zoom.rate_limit lets nothing more through in time
  async_handler_dispatch,   ///< an answer at a later time is asked for, and no place for it is set
  async_output,             ///< that place cannot be written to
  api_error,                ///< Zoom answers with an error status
  bad_source_response,      ///< Zoom's answer cannot be sanitized: not a byte of it goes out
  configuration_failure,
  unknown,
};

/// One row of the failure table.
struct CauseRow {
  Cause cause;
  std::string_view name;    ///< X-Psoxy-Error
  unsigned status;          ///< api_error: only where Zoom's own cannot be told
  std::string_view advice;  ///< what the caller or the operator does next
};
[[nodiscard]] const CauseRow& describe(Cause cause) noexcept;
[[nodiscard]] std::span<const CauseRow> all_causes() noexcept;

/// Thrown inside request handling. The message is safe to log and to send: it never holds a path,
/// an id, a query value or a piece of a body.
class Failure : public std::exception {
 public:
  /// `challenge`: the WWW-Authenticate field of an answer that has one (RFC 9110 section 11.6.1).
  Failure(Cause cause, std::string message, std::string challenge = {})
      : cause_(cause), message_(std::move(message)), challenge_(std::move(challenge)) {}
  [[nodiscard]] Cause cause() const noexcept { return cause_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& challenge() const noexcept { return challenge_; }

 private:
  Cause cause_;
  std::string message_;
  std::string challenge_;
};

/// The JSON body of a refusal: {"error":NAME,"message":what and what next,"requestId":id}.
[[nodiscard]] std::string failure_body(std::string_view name, std::string_view message,
                                       std::string_view advice, std::string_view request_id);

}  // namespace zoom_proxy
