#pragma once
// The body of a client's request.

#include <string>

#include "server/http.hpp"
#include "server/response_writer.hpp"

namespace zoom_proxy {

/// Bytes that are taken at a time: a request's largest buffer beside the writer's.
inline constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// The client may be waiting for leave to send its body (RFC 9110 section 10.1.1): gives it.
[[nodiscard]] Task<> ask_for_body(const RequestHead& head, ResponseWriter& writer);

/// All of a body that has been asked for, bounded by the reader's limit; no two pieces further
/// apart than `idle`.
[[nodiscard]] Task<std::string> read_client_body(HttpReader& reader, Clock::time_point deadline,
                                                 Clock::duration idle);

}  // namespace zoom_proxy
