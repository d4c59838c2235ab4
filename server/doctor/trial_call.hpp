#pragma once
// One call to Zoom as the server would make it: its answer goes through the sanitizer, and what
// comes out is thrown away.

#include <cstddef>
#include <string>

#include "server/zoom_probe.hpp"

namespace zoom_proxy {

struct TrialAnswer {
  enum class Kind {
    sanitized,  ///< a good answer, all of which the sanitizer took
    refused,    ///< Zoom's error
    failed,     ///< no answer, or one that cannot be sanitized
  };
  Kind kind = Kind::failed;
  unsigned status = 0;  ///< of a refusal
  std::string code;     ///< Zoom's, digits or empty
  bool plan = false;    ///< by Zoom's words a plan, or a user's licence, is what it is refused for
  std::string text;     ///< safe to show: why not, with status and code
  std::string advice;   ///< what to do then
  std::string body;     ///< sanitized: Zoom's, as long as it is no longer than asked for
  bool repeated = false;  ///< Zoom's rate limit was met, and the call made once more
};

/// `target` is checked against the rules and stands behind the base path; `endpoint` is theirs.
/// `keep`: a longer body is not kept. Ends within twice timeouts.total and the pause for a rate
/// limit. All must live until it ends.
[[nodiscard]] Task<TrialAnswer> try_call(const ZoomAccess& access, const std::string& target,
                                         std::size_t endpoint, std::size_t keep);

}  // namespace zoom_proxy
