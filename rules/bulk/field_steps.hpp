#pragma once
// What the steps of column rules make of one cell.

#include <span>
#include <string>
#include <string_view>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/identity/token.hpp"

namespace zoom_proxy {

/// Runs steps over cells. Not thread-safe; the codec must outlive it.
class FieldSteps {
 public:
  FieldSteps(TransformOptions::Encoding format, const TokenCodec& codec);

  /// What becomes of a cell that is not blank; empty: nothing is left. Until the next call. Where a
  /// regular expression runs into its limits, nothing is left.
  [[nodiscard]] std::string_view apply(std::span<const FieldStep* const> steps,
                                       std::string_view cell);

 private:
  void apply(const FieldStep& step);

  Operation pseudonymize_;
  const TokenCodec& codec_;
  Scalar scalar_;
};

}  // namespace zoom_proxy
