#pragma once
// One request to Zoom and its sanitized answer, as one coroutine with named phases.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "server/answer_sink.hpp"
#include "server/connection_pool.hpp"
#include "server/drift.hpp"
#include "server/exchange.hpp"
#include "server/http.hpp"
#include "server/metrics.hpp"
#include "server/rate_limiter.hpp"
#include "server/request_record.hpp"
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
  Metrics& metrics;
  std::string base_path;             ///< of zoom.api_url: put in front of every target
  RateLimiter* limiter = nullptr;    ///< null: none
  asio::any_io_executor files = {};  ///< for OutputFile
  asio::any_io_executor bulk = {};   ///< for objects of storage events, seconds to minutes each
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
