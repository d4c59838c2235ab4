#pragma once
// What the log and the metrics tell about one request. Nothing in it comes from a client or a body
// unchecked.

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/findings.hpp"
#include "server/drift.hpp"
#include "server/failure.hpp"
#include "server/net.hpp"
#include "server/snapshot.hpp"

namespace zoom_proxy {

/// One attempt to call Zoom.
struct UpstreamCall {
  unsigned status = 0;                      ///< 0: no head of an answer came
  std::optional<Clock::duration> duration;  ///< until the head, or the failure; nothing: not sent
};

struct RequestRecord {
  std::shared_ptr<const Snapshot> snapshot;  ///< what the request goes by until its end
  std::string request_id;
  std::string trace;       ///< the id of the trace it belongs to, if any
  asio::ip::address peer;  ///< who connected; not logged
  std::string_view route;  ///< the rule's name, in `snapshot`; empty when none matched
  std::optional<Cause> cause;
  std::string detail;               ///< with a cause: what went wrong
  std::vector<UpstreamCall> calls;  ///< to Zoom, repetitions included
  unsigned upstream_status = 0;     ///< 0: Zoom was not asked or has not answered
  std::string tracking_id;          ///< Zoom's, when it looks like one
  std::uint64_t sanitizer_in = 0;   ///< bytes of Zoom's body, inflated
  std::uint64_t sanitizer_out = 0;  ///< bytes made of them, before compression
  ValueCounts values;
  struct GuardHit {
    std::string place;  ///< in the rules: `$.meetings[].timezone`
    std::uint64_t count;
  };
  bool async = false;                ///< the client was told where to find the answer later
  std::vector<GuardHit> guard_hits;  ///< kept strings that held an e-mail address
  std::vector<UnlistedAt> unlisted;  ///< fields that the rules do not list
};

/// What every event of a request begins with.
[[nodiscard]] boost::json::object event_fields(const RequestRecord& record);

}  // namespace zoom_proxy
