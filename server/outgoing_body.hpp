#pragma once
// What becomes of a client's request body before it goes to Zoom.

#include <string>
#include <string_view>

#include "rules/engine.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// Judges the body by the endpoint's `requestBody`, tokens still in place, then puts the tokens'
/// values in their place. An empty body needs no Content-Type and stays empty; without Content-Type
/// a body is JSON. Throws Failure: blocked_by_rules, unsupported_body, unreadable_body,
/// tokenized_request_parameter_invalid; no message holds a byte of the body.
[[nodiscard]] DecodedText outgoing_body(const Endpoint& endpoint, const TokenCodec& codec,
                                        const Fields& from_client, std::string_view body);

}  // namespace zoom_proxy
