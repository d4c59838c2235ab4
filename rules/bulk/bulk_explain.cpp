#include "rules/bulk/bulk_explain.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "rules/bulk/column_key.hpp"
#include "rules/bulk/column_plan.hpp"
#include "rules/explain.hpp"

namespace zoom_proxy {
namespace {

/// A name that no file has: what becomes of it becomes of every column that the rules do not name.
constexpr std::string_view kAnyOther = "\n";

/// A header of all columns that the rules name and do not make.
std::vector<std::string> header_of(const ColumnarRules& rules) {
  std::vector<std::string> header;
  std::vector<std::string> known;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(known, column_key(name)) != known.end()) return;
    known.push_back(column_key(name));
    header.push_back(name);
  };
  for (const auto& [old, name] : rules.rename) {
    add(old.text);
    known.push_back(column_key(name));
  }
  for (const auto& [source, name] : rules.duplicate) {
    add(source.text);
    known.push_back(column_key(name));
  }
  for (const FieldTransform& transform : rules.transforms) {
    add(transform.source.text);
    known.push_back(column_key(transform.new_name));
  }
  for (const auto* names : {&rules.pseudonymize, &rules.pseudonymize_if_present, &rules.redact}) {
    for (const ColumnName& name : *names) add(name.text);
  }
  if (rules.include) {
    for (const ColumnName& name : *rules.include) add(name.text);
  }
  header.emplace_back(kAnyOther);
  return header;
}

std::string fate_of(const ColumnPlan::Column& column) {
  if (column.steps.empty()) return "kept";
  return column.pseudonymizes() ? "pseudonymized" : "reduced";
}

BulkRulesReport explain_columns(const ColumnarRules& rules) {
  BulkRulesReport report;
  const ColumnPlan plan = plan_columns(rules, header_of(rules), {});
  std::vector<bool> leaves(plan.header.size());
  for (const ColumnPlan::Column& column : plan.columns) {
    const std::string& source = plan.header[column.source];
    leaves[column.source] = true;
    if (source == kAnyOther) {
      report.open = true;
      continue;
    }
    const bool same = column_key(source) == column_key(column.name);
    report.rows.push_back({column.name, same ? "" : source, fate_of(column)});
  }
  for (std::size_t i = 0; i + 1 < plan.header.size(); ++i) {
    if (!leaves[i]) report.rows.push_back({plan.header[i], "", "redacted"});
  }
  return report;
}

/// Adds what becomes of the places that one pass over a record knows.
void add_pass(const RuleSet& pass, BulkRulesReport& report) {
  const std::vector<EndpointReport> record = explain(pass);  // the one endpoint stands for it
  for (const FieldReport& field : record.front().fields) {
    std::string fate;
    for (const std::string& one : field.fate) fate += (fate.empty() ? "" : " or ") + one;
    const auto known = std::ranges::find(report.rows, field.place, &BulkRulesRow::what);
    if (known == report.rows.end()) {
      report.rows.push_back({field.place, "", fate});
    } else if (fate != "kept") {
      known->fate += ", then " + fate;
    }
  }
}

BulkRulesReport explain_records(const RecordRules& rules) {
  BulkRulesReport report;
  report.columns = false;
  add_pass(rules.transforms, report);
  report.open = !rules.schema;
  if (rules.schema) add_pass(*rules.schema, report);
  return report;
}

void add_reports(const BulkRules& rules, const std::vector<std::string>& paths,
                 std::vector<BulkRulesReport>& reports) {
  if (const auto* const by_path = std::get_if<MultiTypeRules>(&rules.kind)) {
    for (const FileRule& file : by_path->files) {
      std::vector<std::string> inner = paths;
      inner.push_back(file.path_template);
      add_reports(*file.rules, inner, reports);
    }
    return;
  }
  const auto* const columns = std::get_if<ColumnarRules>(&rules.kind);
  BulkRulesReport report = columns != nullptr ? explain_columns(*columns)
                                              : explain_records(std::get<RecordRules>(rules.kind));
  report.paths = paths;
  reports.push_back(std::move(report));
}

std::string title_of(const BulkRulesReport& report) {
  std::string title = report.columns ? "CSV by column" : "records";
  for (std::size_t i = 0; i < report.paths.size(); ++i) {
    title += (i == 0 ? " of files " : ", of whose last parameter ") + report.paths[i];
  }
  return title;
}

}  // namespace

std::vector<BulkRulesReport> explain_bulk(const BulkRules& rules) {
  std::vector<BulkRulesReport> reports;
  add_reports(rules, {}, reports);
  return reports;
}

std::string explain_bulk_text(const std::vector<BulkRulesReport>& reports) {
  std::string out;
  for (const BulkRulesReport& report : reports) {
    out += title_of(report) + "\n";
    std::size_t width = 0;
    for (const BulkRulesRow& row : report.rows) width = std::max(width, row.what.size());
    for (const BulkRulesRow& row : report.rows) {
      out += "  " + row.what + std::string(width - row.what.size() + 2, ' ') + row.fate;
      if (!row.from.empty()) out += ", made from " + row.from;
      out += '\n';
    }
    const std::string rest = report.columns ? "every other column" : "everything else";
    const std::string guarded = report.columns ? "values" : "values and names";
    out += "  " + rest +
           (report.open ? " is kept, but for " + guarded + " with an e-mail address (egress_guard)"
                        : " is dropped") +
           "\n\n";
  }
  return out;
}

std::string explain_bulk_json(const std::vector<BulkRulesReport>& reports) {
  boost::json::array files;
  for (const BulkRulesReport& report : reports) {
    boost::json::array rows;
    for (const BulkRulesRow& row : report.rows) {
      boost::json::object object{{report.columns ? "column" : "place", row.what}};
      if (!row.from.empty()) object["from"] = row.from;
      object["fate"] = row.fate;
      rows.push_back(std::move(object));
    }
    files.push_back({{"paths", boost::json::array(report.paths.begin(), report.paths.end())},
                     {report.columns ? "columns" : "fields", std::move(rows)},
                     {"others", report.open ? "kept" : "dropped"}});
  }
  return boost::json::serialize(boost::json::object{{"files", std::move(files)}}) + "\n";
}

}  // namespace zoom_proxy
