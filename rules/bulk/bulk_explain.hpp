#pragma once
// What leaves under bulk rules, in words: by column or by place in a record, read off what the
// rules become and not off their text.

#include <string>
#include <vector>

#include "rules/bulk/bulk_rules.hpp"

namespace zoom_proxy {

struct BulkRulesRow {
  std::string what;  ///< the column as it leaves, or `$.user.email`
  std::string from;  ///< the column of the input it is made from, where it has another name
  std::string fate;  ///< "kept", "pseudonymized", "reduced", "redacted", …
};

struct BulkRulesReport {
  std::vector<std::string> paths;  ///< templates of fileRules, outer one first; empty: any file
  bool columns = true;             ///< by column; else by place in a record
  std::vector<BulkRulesRow> rows;
  bool open = false;  ///< what the rules do not name is kept
};

/// One for each kind of file. Needs no keys. Throws ConfigError.
[[nodiscard]] std::vector<BulkRulesReport> explain_bulk(const BulkRules& rules);

/// For people.
[[nodiscard]] std::string explain_bulk_text(const std::vector<BulkRulesReport>& reports);
/// The same as JSON (docs/reference.md).
[[nodiscard]] std::string explain_bulk_json(const std::vector<BulkRulesReport>& reports);

}  // namespace zoom_proxy
