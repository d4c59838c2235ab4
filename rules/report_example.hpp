#pragma once
// Example answers for a report: what Zoom would send, and what the engine makes of it.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <vector>

#include "rules/engine.hpp"
#include "rules/explain.hpp"

namespace zoom_proxy {

/// An engine with keys of its own that are no secret.
[[nodiscard]] Engine demonstration_engine(const RulesText& rules);

/// What becomes of a place that the endpoint's rules say nothing about.
[[nodiscard]] std::string fate_of_others(const EndpointReport& report);

/// A Zoom call known to us that leads to an endpoint.
struct KnownCall {
  std::string title;  ///< "A meeting"
  std::string about;  ///< one sentence
  std::string path;   ///< "/v2/meetings/{meetingId}"
  /// The answer, pretty-printed: an object a line, of `pad` (blanks before it), `indent` (how
  /// many), `text` and `fate`.
  boost::json::array before;
  boost::json::array after;           ///< what the engine makes of it
  std::string refused;                ///< why it makes nothing of it; else empty
  std::vector<std::string> unlisted;  ///< names in the answer, dropped for want of a rule
};

/// By endpoint; null where no known call leads to it. `reports` is what explain says of the rules.
[[nodiscard]] std::vector<std::unique_ptr<const KnownCall>> known_calls(
    const Engine& engine, const std::vector<EndpointReport>& reports);

}  // namespace zoom_proxy
