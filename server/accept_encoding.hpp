#pragma once
// Whether a client wants its answer compressed.

#include "server/http.hpp"

namespace zoom_proxy {

/// Accept-Encoding (RFC 9110 section 12.5.3) lets gzip through and does not like an uncompressed
/// answer better. No such field: false, since a client that can inflate says so. A part that breaks
/// the grammar counts as not being there.
[[nodiscard]] bool accepts_gzip(const Fields& from_client);

}  // namespace zoom_proxy
