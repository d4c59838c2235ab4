#pragma once
// The event that Google Cloud Storage's bucket has a new object, or a new version of one, as
// Eventarc delivers it: a CloudEvent 1.0 in HTTP's binary or structured mode (CloudEvents HTTP
// protocol binding 1.0.2, sections 3.1 and 3.2).

#include <string>
#include <string_view>

#include "server/http.hpp"

namespace zoom_proxy {

struct StorageEvent {
  std::string bucket;
  std::string object;  ///< its name, `/` between its parts
};

/// Bytes of such an event. Google's have some 2000; an object's metadata may have 8 KiB.
inline constexpr std::size_t kStorageEventBytes = std::size_t{64} << 10;

/// Throws Failure (invalid_request) for what is no such event, another kind of event included.
[[nodiscard]] StorageEvent read_storage_event(const Fields& fields, std::string_view body);

}  // namespace zoom_proxy
