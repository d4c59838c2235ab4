#pragma once
// Column rules + a header -> what becomes of each column.

#include <cstddef>
#include <string>
#include <vector>

#include "rules/bulk/bulk_rules.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"

namespace zoom_proxy {

struct ColumnPlan {
  static constexpr std::size_t kNoSource = ~std::size_t{0};

  struct Column {
    std::string name;                     ///< as it leaves
    std::size_t source = kNoSource;       ///< index in the header; kNoSource: always empty
    std::vector<const FieldStep*> steps;  ///< on cells that are not blank, one after another

    /// Nothing of the cell itself leaves.
    [[nodiscard]] bool pseudonymizes() const;
  };
  std::vector<std::string> header;  ///< as it came
  std::vector<Column> columns;      ///< in the order in which they leave
  std::vector<std::string> warnings;
};

/// The rules must outlive the plan. Throws BulkError: a column to pseudonymize is missing, a name
/// of the rules stands twice in the header, two columns would leave with one name, or none leaves.
[[nodiscard]] ColumnPlan plan_columns(const ColumnarRules& rules, std::vector<std::string> header,
                                      const BulkOptions& options);

}  // namespace zoom_proxy
