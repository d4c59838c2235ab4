#pragma once
// The transforms of records. Where they do other than the transforms of API rules of that name, as
// the peer has it, that is here; the rest is taken from there.

#include <string_view>

#include "rules/transform.hpp"

namespace zoom_proxy {

/// What `redact`, `pseudonymize`, `tokenize`, `textDigest` or `textDigestKeywords` does; null for
/// another key.
[[nodiscard]] const TransformType* record_transform_type(std::string_view key);

}  // namespace zoom_proxy
