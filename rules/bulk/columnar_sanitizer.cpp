#include "rules/bulk/columnar_sanitizer.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "rules/bulk/column_plan.hpp"
#include "rules/bulk/csv_pieces.hpp"
#include "rules/bulk/field_steps.hpp"
#include "rules/bulk/row_order.hpp"
#include "rules/format/csv.hpp"
#include "rules/identity/email.hpp"

namespace zoom_proxy {
namespace {

class ColumnarSanitizer : public BulkSanitizer {
 public:
  ColumnarSanitizer(const ColumnarRules& rules, const TokenCodec& codec, EgressGuard guard,
                    const BulkOptions& options)
      : rules_(rules),
        codec_(codec),
        guard_(guard),
        options_(options),
        pieces_(rules.delimiter, options.piece_bytes()) {}

  bool cut(std::string& buffer, bool last, BulkPiece& piece) override {
    if (plan_.columns.empty()) {
      if (!pieces_.read_header(buffer, last)) return false;
      plan_ = plan_columns(rules_, pieces_.header(), options_);
    }
    if (!pieces_.cut(buffer, last, piece)) return false;
    if (piece.number == 0) piece.head = header();
    return true;
  }

  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override;

  void finish(std::string& /*out*/) override {}

  [[nodiscard]] const std::vector<std::string>& warnings() const override { return plan_.warnings; }

 private:
  class Rows;

  [[nodiscard]] std::string header() const {
    std::string line;
    for (const ColumnPlan::Column& column : plan_.columns) {
      if (&column != &plan_.columns.front()) line += ',';
      append_csv_cell(column.name, line);
    }
    return line + pieces_.line_end();
  }

  const ColumnarRules& rules_;
  const TokenCodec& codec_;
  const EgressGuard guard_;
  const BulkOptions options_;
  CsvPieces pieces_;
  ColumnPlan plan_;
};

/// The rows of one piece.
class ColumnarSanitizer::Rows {
 public:
  Rows(const ColumnarSanitizer& parent, std::string& out)
      : parent_(parent),
        steps_(parent.rules_.format, parent.codec_),
        out_(out),
        changed_(parent.plan_.columns.size()),
        addresses_(parent.plan_.columns.size()) {}

  void append(std::span<const std::string_view> cells) {
    const std::vector<ColumnPlan::Column>& columns = parent_.plan_.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) out_ += ',';
      if (columns[i].source == ColumnPlan::kNoSource) continue;
      append_cell(i, cells[columns[i].source]);
    }
    out_ += parent_.pieces_.line_end();
  }

  void count(BulkCounts& counts) const {
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      const std::string& name = parent_.plan_.columns[i].name;
      if (changed_[i] != 0) counts.changed[name] += changed_[i];
      if (addresses_[i] != 0) counts.addresses[name] += addresses_[i];
    }
  }

 private:
  void append_cell(std::size_t i, std::string_view cell) {
    if (cell.empty()) return;
    const ColumnPlan::Column& column = parent_.plan_.columns[i];
    if (!column.steps.empty()) {
      ++changed_[i];
      cell = steps_.apply(column.steps, cell);
    }
    if (parent_.guard_ != EgressGuard::off && !column.pseudonymizes() &&
        find_email(cell) != std::string_view::npos) {
      ++addresses_[i];
      if (parent_.guard_ == EgressGuard::redact) return;
    }
    append_csv_cell(cell, out_);
  }

  const ColumnarSanitizer& parent_;
  FieldSteps steps_;
  std::string& out_;
  std::vector<std::uint64_t> changed_;  ///< by column
  std::vector<std::uint64_t> addresses_;
};

void ColumnarSanitizer::sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const {
  out += piece.head;
  CsvRows input(piece, rules_.delimiter, plan_.header);
  RowOrder order(options_, piece, out);
  Rows rows(*this, out);
  while (input.next()) {
    rows.append(input.cells());
    order.row_ended();
    ++counts.rows;
  }
  order.flush();
  rows.count(counts);
}

}  // namespace

std::unique_ptr<BulkSanitizer> make_columnar_sanitizer(const ColumnarRules& rules,
                                                       const TokenCodec& codec, EgressGuard guard,
                                                       const BulkOptions& options) {
  return std::make_unique<ColumnarSanitizer>(rules, codec, guard, options);
}

}  // namespace zoom_proxy
