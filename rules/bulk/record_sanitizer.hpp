#pragma once
// JSON records (NDJSON, one JSON array) and CSV rows as records, by record rules.

#include <memory>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/bulk/record_passes.hpp"
#include "rules/egress_guard.hpp"
#include "rules/identity/token.hpp"

namespace zoom_proxy {

/// A sanitizer for one text of that format, which must not be `automatic`. What it is given must
/// outlive it.
[[nodiscard]] std::unique_ptr<BulkSanitizer> make_record_sanitizer(const RecordPrograms& programs,
                                                                   RecordFormat format,
                                                                   const TokenCodec& codec,
                                                                   EgressGuard guard,
                                                                   const BulkOptions& options);

}  // namespace zoom_proxy
