#include "rules/bulk/column_plan.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "rules/bulk/column_hints.hpp"
#include "rules/bulk/column_key.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {
namespace {

const FieldStep kPseudonymize{FieldStep::Kind::pseudonymize, nullptr, {}};

/// The columns of the input that the rules name.
void for_each_source(const ColumnarRules& rules, const auto& call) {
  for (const auto* names : {&rules.pseudonymize, &rules.pseudonymize_if_present, &rules.redact}) {
    for (const ColumnName& name : *names) call(name);
  }
  if (rules.include) std::ranges::for_each(*rules.include, call);
  for (const auto& [old, name] : rules.rename) call(old);
  for (const auto& [source, name] : rules.duplicate) call(source);
  for (const FieldTransform& transform : rules.transforms) call(transform.source);
}

/// Makes the plan in the order of the peer: duplicates, renamed ones, transforms, pseudonyms, what
/// is left. Steps on one column of the output follow each other.
class Planner {
 public:
  Planner(const ColumnarRules& rules, std::vector<std::string> header, const BulkOptions& options)
      : rules_(rules), options_(options) {
    plan_.header = std::move(header);
    for (const std::string& name : plan_.header) keys_.push_back(column_key(name));
  }

  ColumnPlan plan() {
    check_delimiter();
    for (const auto& [source, name] : rules_.duplicate) {
      if (const auto at = find(source, "columnsToDuplicate")) add(name, *at);
    }
    for (const auto& [old, name] : rules_.rename) {
      const auto at = find(old, "columnsToRename");
      if (!at) continue;
      add(name, *at).place = *at;
      renamed_[*at] = column_key(name);
    }
    for (const FieldTransform& transform : rules_.transforms) add_transform(transform);
    for (const ColumnName& name : rules_.pseudonymize) pseudonymize(name);
    for (const ColumnName& name : rules_.pseudonymize_if_present) pseudonymize_if_present(name);
    add_rest();
    warn_of_odd_names();
    warn_of_copies();
    put_in_order();
    return std::move(plan_);
  }

 private:
  struct Output {
    ColumnPlan::Column column;
    std::size_t place = ColumnPlan::kNoSource;  ///< in the header; kNoSource: behind it, by name
  };

  /// With another delimiter all would be one column, which no rule means.
  void check_delimiter() const {
    for_each_source(rules_, [&](const ColumnName& name) {
      const std::string other = other_delimiter(name.text, plan_.header);
      if (other.empty() || column_key(name.text) == keys_.front()) return;
      throw BulkError("line 1: the header is one column, which holds the column " +
                      in_quotes(name.text) + " of the rules; set `delimiter: " + other +
                      "` in the rules");
    });
  }

  /// The only column of the input so named; nothing when there is none.
  std::optional<std::size_t> find(const std::string& key) const {
    const auto at = std::ranges::find(keys_, key);
    if (at == keys_.end()) return std::nullopt;
    const auto index = static_cast<std::size_t>(at - keys_.begin());
    if (std::find(at + 1, keys_.end(), key) != keys_.end()) {
      throw BulkError("line 1: the header names the column " + in_quotes(plan_.header[index]) +
                      " twice, so it is unclear which one the rules mean; rename one of them");
    }
    return index;
  }

  /// The same, with a warning: the export may call it otherwise now.
  std::optional<std::size_t> find(const ColumnName& name, const char* key) {
    const auto at = find(column_key(name.text));
    if (!at) warn(std::string(key) + " names a column " + missing(name));
    return at;
  }

  /// `"Emial" that is not in the header; did you mean "Email"?` The others are not named: a text
  /// without a header begins with a person's data.
  std::string missing(const ColumnName& name) const {
    return in_quotes(name.text) + " that is not in the header" +
           did_you_mean_column(name.text, plan_.header);
  }

  void warn(std::string text) { plan_.warnings.push_back(std::move(text)); }

  Output& add(const std::string& name, std::size_t source) {
    const std::string key = column_key(name);
    const auto [at, is_new] = outputs_.try_emplace(key);
    if (!is_new) {
      throw BulkError("line 1: the rules make two columns " + in_quotes(name) +
                      "; give each column a name of its own");
    }
    Output& output = at->second;
    output.column.name = name;
    output.column.source = source;
    output.place = find(key).value_or(ColumnPlan::kNoSource);
    return output;
  }

  void add_transform(const FieldTransform& transform) {
    const auto at = find(transform.source, "fieldsToTransform");
    if (!at) return;
    const auto known = outputs_.find(column_key(transform.new_name));
    Output& output = known != outputs_.end() ? known->second : add(transform.new_name, *at);
    for (const FieldStep& step : transform.steps) output.column.steps.push_back(&step);
  }

  /// The column of the output that the rules mean: by its new name, or else by its old one.
  Output* output_of(const std::string& key) {
    if (const auto known = outputs_.find(key); known != outputs_.end()) return &known->second;
    const auto at = find(key);
    if (!at) return nullptr;
    if (const auto renamed = renamed_.find(*at); renamed != renamed_.end()) {
      return &outputs_.at(renamed->second);
    }
    return &add(plan_.header[*at], *at);
  }

  void pseudonymize(const ColumnName& name) {
    if (Output* const output = output_of(column_key(name.text))) {
      output->column.steps.push_back(&kPseudonymize);
      return;
    }
    const std::string text = "columnsToPseudonymize names a column " + missing(name);
    if (!options_.allow_missing) {
      throw BulkError("line 1: " + text +
                      "; correct the rules or the export, or allow missing columns");
    }
    warn(text + "; it leaves as an empty column");
    add(name.text, ColumnPlan::kNoSource);
  }

  void pseudonymize_if_present(const ColumnName& name) {
    const std::string key = column_key(name.text);
    const auto at = find(key);
    if (!at && !outputs_.contains(key)) return;
    if (at && !outputs_.contains(key) && !renamed_.contains(*at) && !is_listed(*at)) return;
    ColumnPlan::Column& column = output_of(key)->column;
    if (!column.pseudonymizes()) column.steps.push_back(&kPseudonymize);
  }

  static bool contains(const std::vector<ColumnName>& names, const std::string& key) {
    return std::ranges::any_of(
        names, [&](const ColumnName& name) { return column_key(name.text) == key; });
  }

  bool is_listed(std::size_t at) const {
    return !contains(rules_.redact, keys_[at]) &&
           (!rules_.include || contains(*rules_.include, keys_[at]));
  }

  /// The columns that leave as they are.
  void add_rest() {
    for (const ColumnName& name : rules_.redact) find(name, "columnsToRedact");
    if (rules_.include) {
      for (const ColumnName& name : *rules_.include) find(name, "columnsToInclude");
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (renamed_.contains(i) || !is_listed(i)) continue;
      if (const auto made = outputs_.find(keys_[i]); made != outputs_.end()) {
        if (made->second.column.source != i) {
          warn("the rules make a column " + in_quotes(plan_.header[i]) +
               ", so that of the file does not leave");
        }
        continue;
      }
      rest_.push_back({{plan_.header[i], i, {}}, i});
    }
  }

  /// Not every reader of the output will find them, as they leave.
  void warn_of_odd_names() {
    for (const std::string& name : plan_.header) {
      const std::string odd = odd_character(name);
      if (odd.empty()) continue;
      warn("the column " + in_quotes(name) + " has a character in its name that does not show (" +
           odd + "), which the rules need not repeat");
    }
  }

  /// What is a pseudonym or dropped here may leave in clear there.
  void warn_of_copies() {
    std::set<std::size_t> hidden;
    for (const auto& [key, output] : outputs_) {
      if (output.column.pseudonymizes()) hidden.insert(output.column.source);
    }
    for (const auto& [key, output] : outputs_) {
      const std::size_t source = output.column.source;
      if (!output.column.steps.empty() || source == ColumnPlan::kNoSource) continue;
      const std::string clear =
          "the column " + in_quotes(output.column.name) + " leaves in clear, ";
      if (hidden.contains(source)) {
        warn(clear + "while another copy of the same values is pseudonymized");
      } else if (contains(rules_.redact, keys_[source])) {
        warn(clear + "while columnsToRedact names the column that it is made of, " +
             in_quotes(plan_.header[source]));
      } else if (contains(rules_.redact, key)) {
        warn(clear + "though columnsToRedact names it: the rules make it of the column " +
             in_quotes(plan_.header[source]));
      }
    }
  }

  /// Those of the header in its order, then the new ones by name, as the map has them.
  void put_in_order() {
    for (const auto& [key, output] : outputs_) rest_.push_back(output);
    std::ranges::stable_sort(rest_, {}, &Output::place);
    for (Output& output : rest_) plan_.columns.push_back(std::move(output.column));
    if (plan_.columns.empty()) {
      throw BulkError("line 1: the rules leave no column of this header; is it the right file?");
    }
  }

  const ColumnarRules& rules_;
  const BulkOptions& options_;
  ColumnPlan plan_;
  std::vector<std::string> keys_;               ///< of the header
  std::map<std::string, Output> outputs_;       ///< that a rule has made, by key
  std::map<std::size_t, std::string> renamed_;  ///< index in the header -> key of the output
  std::vector<Output> rest_;
};

}  // namespace

bool ColumnPlan::Column::pseudonymizes() const {
  return std::ranges::any_of(
      steps, [](const FieldStep* step) { return step->kind == FieldStep::Kind::pseudonymize; });
}

ColumnPlan plan_columns(const ColumnarRules& rules, std::vector<std::string> header,
                        const BulkOptions& options) {
  return Planner(rules, std::move(header), options).plan();
}

}  // namespace zoom_proxy
