#pragma once
// Which trace a request belongs to, so that the platform shows its log lines together.

#include <string>

#include "server/http.hpp"

namespace zoom_proxy {

/// 32 lower-case hexadecimal digits, from `traceparent` (W3C Trace Context) or, without a sound
/// one, X-Cloud-Trace-Context (`TRACE_ID/SPAN_ID;o=1`); empty when neither names a trace.
[[nodiscard]] std::string trace_id(const Fields& from_client);

}  // namespace zoom_proxy
