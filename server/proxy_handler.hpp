#pragma once
// One request to Zoom and its sanitized answer, as one coroutine with named phases.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/answer_sink.hpp"
#include "server/connection_pool.hpp"
#include "server/drift.hpp"
#include "server/exchange.hpp"
#include "server/failure.hpp"
#include "server/http.hpp"
#include "server/rate_limiter.hpp"
#include "server/response_writer.hpp"
#include "server/snapshot.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

/// What a request needs besides itself. All of it outlives the request.
struct ProxyContext {
  std::shared_ptr<const Snapshot> snapshot;  ///< of the moment: a request takes it at its beginning
  ConnectionPool& pool;
  TokenCache& tokens;
  Drift& drift;
  std::string base_path;             ///< of zoom.api_url: put in front of every target
  RateLimiter* limiter = nullptr;    ///< null: none
  asio::any_io_executor files = {};  ///< for OutputFile
};

/// What the log tells about a request. Nothing in it comes from a client or a body unchecked.
struct RequestRecord {
  std::shared_ptr<const Snapshot> snapshot;  ///< what the request goes by until its end
  std::string request_id;
  asio::ip::address peer;  ///< who connected; not logged
  std::string_view route;  ///< the rule's name, in `snapshot`; empty when none matched
  std::optional<Cause> cause;
  std::string detail;            ///< with a cause: what went wrong
  unsigned attempts = 0;         ///< calls to Zoom
  unsigned upstream_status = 0;  ///< 0: Zoom was not asked or has not answered
  std::string tracking_id;       ///< Zoom's, when it looks like one
  struct GuardHit {
    std::string place;  ///< in the rules: `$.meetings[].timezone`
    std::uint64_t count;
  };
  bool async = false;                ///< the client was told where to find the answer later
  std::vector<GuardHit> guard_hits;  ///< kept strings that held an e-mail address
  std::vector<UnlistedAt> unlisted;  ///< fields that the rules do not list
};

/// A call to Zoom whose answer goes into a file.
struct AsyncJob {
  std::shared_ptr<const Snapshot> snapshot;
  std::size_t endpoint = 0;
  UpstreamRequest request;
  OutputFile file;
};

/// Answers through `writer`, filling in `record` on the way; where the client prefers to fetch the
/// answer later, what is left to do once its connection is closed. Throws Failure, HttpError (the
/// client's body) or system_error (the client's connection); until writer.committed() the caller
/// can turn them into an answer.
[[nodiscard]] Task<std::optional<AsyncJob>> handle_proxy_request(const ProxyContext& context,
                                                                 HttpReader& reader,
                                                                 const RequestHead& head,
                                                                 ResponseWriter& writer,
                                                                 RequestRecord& record);

/// Asks Zoom and writes the file. Throws Failure; then there is no file.
[[nodiscard]] Task<> run_async_job(const ProxyContext& context, AsyncJob job,
                                   RequestRecord& record);

}  // namespace zoom_proxy
