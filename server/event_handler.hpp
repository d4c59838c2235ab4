#pragma once
// `POST /events/storage`: an event about an object in a bucket, whose mount the object is read
// from; what becomes of it goes to another mount.

#include "server/proxy_handler.hpp"

namespace zoom_proxy {

/// Its path, and its route in logs and metrics.
inline constexpr std::string_view kStorageEvents = "/events/storage";

[[nodiscard]] bool is_storage_event(const RequestHead& head, const Snapshot& snapshot);

/// Answers through `writer` once the object has been dealt with; an event that comes again is
/// answered in the same way. Throws as handle_proxy_request does.
[[nodiscard]] Task<> handle_storage_event(const ProxyContext& context, HttpReader& reader,
                                          const RequestHead& head, ResponseWriter& writer,
                                          RequestRecord& record);

}  // namespace zoom_proxy
