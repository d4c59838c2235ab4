#pragma once
// The checks on a client's request before anything goes to Zoom.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rules/engine.hpp"
#include "server/failure.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// Throws Failure (https_required) when what stands in front says that the client did not use
/// https.
void check_https(const Fields& from_client);

/// Throws Failure when the head alone shows that the request is refused: compressed body, body
/// under GET or HEAD, a target that is no path.
void check_head(const RequestHead& head);

/// A target that the rules allow, before and after its tokens were decoded.
struct CheckedTarget {
  std::size_t endpoint = 0;              ///< index into RuleSet::endpoints
  std::string upstream;                  ///< `/path?query` for Zoom, tokens decoded
  std::vector<std::string> identifiers;  ///< the plain values of its tokens: never to be shown
};

/// Throws Failure: blocked_by_rules, its message saying which check failed, or `bad_token` for a
/// token that does not decode.
[[nodiscard]] CheckedTarget check_target(
    const Engine& engine, std::string_view method, std::string_view target,
    Cause bad_token = Cause::tokenized_request_parameter_invalid);

}  // namespace zoom_proxy
