#pragma once
// One call to Zoom: token, connection, request, response head, inflated body. Sends the request
// again once where a connection was dead, once with a fresh token when Zoom says the token is bad,
// and after a refusal that may pass as often as zoom.retries says.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http.hpp"
#include "server/rate_limiter.hpp"
#include "server/request_record.hpp"

namespace zoom_proxy {

class ConnectionPool;
class TokenCache;

struct UpstreamRequest {
  std::string method;
  std::string target;  ///< decoded and checked, percent-encoded: written as it is
  Fields fields;       ///< allowed client fields; Host, Authorization, Accept… are added here
  std::string body;
  Clock::time_point deadline;                  ///< of the whole exchange
  RateTurn turn = {};                          ///< waited for before each call
  std::vector<UpstreamCall>* calls = nullptr;  ///< told of each that was made
};

/// What Zoom said when it refused: read, bounded, never passed on.
struct ZoomError {
  std::string code;     ///< digits, or empty
  std::string message;  ///< raw: only for rules/zoom_api's allow-list of templates
};

/// Used once, on one worker. The pool, the cache and the settings must outlive it. Destroying it
/// before the body has ended closes the connection. Redirects are answers like any other: never
/// followed. Content-Type is the caller's business, Content-Encoding is not.
class Exchange {
 public:
  Exchange(ConnectionPool& pool, TokenCache& tokens, const Settings& settings);
  ~Exchange();

  /// Sends the request and returns the final response's head once it is not to be sent again: see
  /// above. Throws Failure. The request must live until it ends. A 2xx is coded with gzip or not at
  /// all (bad_source_response).
  Task<ResponseHead> start(const UpstreamRequest& request);

  /// Body bytes of a 2xx, inflated when Zoom sent gzip; 0 at the whole end. Throws Failure
  /// (bad_source_response, source_api_read_timeout). After the end the connection goes back.
  Task<std::size_t> read_body(std::span<char> into);

  /// For any other status: reads at most a small body and takes code and message out of it. Never
  /// throws for a body that cannot be understood: both are then empty.
  Task<ZoomError> read_error();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zoom_proxy
