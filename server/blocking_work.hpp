#pragma once
// Work that may block, such as that of files, away from the event loops.

#include <boost/asio/any_io_executor.hpp>
#include <functional>

#include "server/net.hpp"

namespace zoom_proxy {

/// Does `work` on `threads`, which are no event loop's, and waits for it on the caller's. What it
/// uses it must own: it may go on after the wait was given up. Throws what `work` throws,
/// std::system_error (ETIMEDOUT) once `patience` has passed, or boost's when the coroutine is
/// cancelled.
[[nodiscard]] Task<> run_blocking(asio::any_io_executor threads, Seconds patience,
                                  std::function<void()> work);

}  // namespace zoom_proxy
