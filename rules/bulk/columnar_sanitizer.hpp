#pragma once
// CSV by column rules.

#include <memory>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/egress_guard.hpp"
#include "rules/identity/token.hpp"

namespace zoom_proxy {

/// A sanitizer for one CSV text. Rules and codec must outlive it.
[[nodiscard]] std::unique_ptr<BulkSanitizer> make_columnar_sanitizer(const ColumnarRules& rules,
                                                                     const TokenCodec& codec,
                                                                     EgressGuard guard,
                                                                     const BulkOptions& options);

}  // namespace zoom_proxy
