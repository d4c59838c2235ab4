#pragma once
// Bulk rules as a file states them: one struct per kind, before a text's header is known.
// What each key means: docs/compatibility.md, "Bulk rules".

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rules/format/regex.hpp"
#include "rules/rule_set.hpp"

namespace zoom_proxy {

/// A column's name as the rules write it.
struct ColumnName {
  std::string text;
  Place place;
};

/// One step of `fieldsToTransform`, on a cell that is not blank.
struct FieldStep {
  enum class Kind {
    filter,         ///< the whole cell must match: its first group, or all of it, stays; else empty
    format_string,  ///< `template_text` with the cell at `%s`
    replace,        ///< a cell that matches as a whole becomes `template_text` with its groups
    pseudonymize,
  };
  Kind kind = Kind::filter;
  std::shared_ptr<const Regex> regex;
  std::string template_text;
};

struct FieldTransform {
  ColumnName source;
  std::string new_name;
  std::vector<FieldStep> steps;
};

/// CSV by column. Names compare by rules/bulk/column_key.hpp.
struct ColumnarRules {
  char delimiter = ',';  ///< of the input; the output has commas
  TransformOptions::Encoding format = TransformOptions::Encoding::json;
  std::vector<ColumnName> pseudonymize;  ///< as they are called after renaming
  std::vector<ColumnName> pseudonymize_if_present;
  std::vector<ColumnName> redact;
  std::optional<std::vector<ColumnName>> include;  ///< nothing: all
  std::vector<std::pair<ColumnName, std::string>> rename;
  std::vector<std::pair<ColumnName, std::string>> duplicate;
  std::vector<FieldTransform> transforms;
};

enum class RecordFormat { ndjson, csv, json_array, automatic };

/// JSON records, or CSV rows as flat records whose cells are texts.
struct RecordRules {
  RecordFormat format = RecordFormat::ndjson;
  /// One endpoint that stands for a record: its transforms, and nothing else.
  RuleSet transforms;
  /// The same with `outputSchemaFilter` as response schema, applied behind them; nothing: none.
  std::optional<RuleSet> schema;
};

struct BulkRules;

/// Rules by the path of the text.
struct FileRule {
  std::string path_template;
  Regex path;  ///< a text's path without leading `/`, as a whole; the last group is the last
               ///< parameter
  std::shared_ptr<const BulkRules> rules;
};
struct MultiTypeRules {
  std::vector<FileRule> files;  ///< the first that matches counts
};

struct BulkRules {
  std::variant<ColumnarRules, RecordRules, MultiTypeRules> kind;
};

}  // namespace zoom_proxy
