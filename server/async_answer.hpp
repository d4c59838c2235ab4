#pragma once
// The answer to a request whose result comes later, as a file (RFC 7240 section 4.1).

#include <chrono>
#include <string_view>

#include "config/settings.hpp"
#include "server/response_writer.hpp"

namespace zoom_proxy {

/// True when the client prefers that: `Prefer: respond-async`, among other preferences or alone.
[[nodiscard]] bool prefers_async(const Fields& from_client);

/// Begins the answer: 202 with the place of the file, `key` below the directory; the connection
/// ends after it.
void begin_async_answer(const Settings::Output& output, std::string_view request_id,
                        std::string_view key, std::chrono::system_clock::time_point received,
                        ResponseWriter& writer);

}  // namespace zoom_proxy
