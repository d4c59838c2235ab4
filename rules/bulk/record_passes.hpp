#pragma once
// One record after another on its way through record rules: first the transforms, then the schema
// filter over what they have left.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/egress_guard.hpp"
#include "rules/identity/token.hpp"
#include "rules/program.hpp"
#include "rules/sanitizer.hpp"

namespace zoom_proxy {

/// Record rules, compiled. Immutable and thread-safe; the rules must outlive it.
struct RecordPrograms {
  const RecordRules* rules;  ///< that it is made of
  Program transforms;
  std::optional<Program> schema;  ///< runs over what the transforms have left
};
/// Throws ConfigError, also for `tokenize` with a codec that has no encryption key.
[[nodiscard]] RecordPrograms compile_records(const RecordRules& rules, const TokenCodec& codec);

/// The states in which a record itself may stand: the root, and what its questions lead to.
[[nodiscard]] std::vector<StateId> record_states(const Program& program);

/// Not thread-safe. What it is given must outlive it. Dead after an error.
class RecordPasses {
 public:
  RecordPasses(const RecordPrograms& programs, const TokenCodec& codec, EgressGuard guard);

  /// What becomes of a record, which must be one JSON object: an object in one line, without line
  /// break. Valid until the next call. `line` is where the record begins, for errors. Throws
  /// BulkError.
  [[nodiscard]] std::string_view sanitize(std::string_view record, std::uint64_t line);

  /// Adds what has become of all values so far.
  void add_to(BulkCounts& counts) const;

 private:
  const RecordPrograms& programs_;
  Sanitizer transforms_;
  std::optional<Sanitizer> schema_;
  std::uint64_t records_ = 0;
  std::string transformed_;
  std::string filtered_;
};

/// Throws BulkError for the line.
[[noreturn]] void fail_at_line(std::uint64_t line, const std::string& why);
/// For the record at that line.
[[noreturn]] void fail_record(std::uint64_t line, BodyFault fault);

}  // namespace zoom_proxy
