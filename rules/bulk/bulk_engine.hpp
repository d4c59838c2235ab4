#pragma once
// The front door of bulk rules: rules text + keys -> an immutable BulkEngine that opens sanitizers.

#include <memory>
#include <string>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/egress_guard.hpp"
#include "rules/identity/token.hpp"
#include "rules/rule_reader.hpp"

namespace zoom_proxy {

/// What is known of a text beside its bytes.
struct BulkInput {
  std::string path;          ///< as in a bucket: `2026/11/metrics.csv`; for rules by path
  std::string content_type;  ///< empty: unknown
};

/// Immutable and thread-safe once built.
class BulkEngine {
 public:
  /// Throws ConfigError.
  BulkEngine(const RulesText& text, std::shared_ptr<const TokenCodec> codec,
             EgressGuard guard = EgressGuard::redact);
  ~BulkEngine();
  BulkEngine(const BulkEngine&) = delete;
  BulkEngine& operator=(const BulkEngine&) = delete;

  /// A sanitizer for one text. Throws BulkError when no rule fits its path or type.
  [[nodiscard]] std::unique_ptr<BulkSanitizer> open(const BulkInput& input,
                                                    const BulkOptions& options = {}) const;

  /// Lower-case hex SHA-1 of the rules text.
  [[nodiscard]] const std::string& rules_sha() const noexcept;
  /// "zoom-ai-metrics", or the rules file's path.
  [[nodiscard]] const std::string& rules_name() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace zoom_proxy
