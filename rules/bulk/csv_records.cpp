#include "rules/bulk/csv_records.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "rules/bulk/row_order.hpp"
#include "rules/format/csv.hpp"
#include "rules/format/json.hpp"
#include "rules/look_ahead.hpp"

namespace zoom_proxy {
namespace {

constexpr char kDelimiter = ',';

/// Of two columns with one name the last counts, as in the peer.
std::vector<std::string> json_keys(const std::vector<std::string>& header) {
  std::vector<std::string> keys(header.size());
  for (auto name = header.begin(); name != header.end(); ++name) {
    if (std::find(name + 1, header.end(), *name) != header.end()) continue;
    std::string& key = keys[static_cast<std::size_t>(name - header.begin())];
    json::append_string(*name, key);
    key += ':';
  }
  return keys;
}

/// Null when the record has no such member.
const JsonNode* member(const JsonNode& record, const std::string& name, std::size_t likely) {
  const auto& members = record.members;
  if (likely < members.size() && members[likely].key == name) return &members[likely].value;
  const auto found = std::ranges::find(members, name, &JsonMember::key);
  return found != members.end() ? &found->value : nullptr;
}

void append_value(const JsonNode& value, std::string& out) {
  if (value.kind == JsonNode::Kind::boolean) {
    out += value.truth ? "true" : "false";
  } else if (value.kind == JsonNode::Kind::string || value.kind == JsonNode::Kind::number) {
    append_csv_cell(value.text, out);
  }
}

}  // namespace

/// What becomes of one row after another.
class CsvRecords::Row {
 public:
  explicit Row(const CsvRecords& parent)
      : keys_(parent.keys_), passes_(parent.programs_, parent.codec_, parent.guard_) {}

  JsonNode sanitize(std::span<const std::string_view> cells, std::uint64_t line) {
    json_ = "{";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (keys_[i].empty()) continue;
      if (json_.size() > 1) json_ += ',';
      json_ += keys_[i];
      json::append_string(cells[i], json_);
    }
    json_ += '}';
    return parse_node(passes_.sanitize(json_, line)).value_or(JsonNode{});
  }

  void add_to(BulkCounts& counts) const { passes_.add_to(counts); }

 private:
  const std::vector<std::string>& keys_;
  RecordPasses passes_;
  std::string json_;
};

bool CsvRecords::cut(std::string& buffer, bool last, BulkPiece& piece) {
  if (keys_.empty()) {
    if (!pieces_.read_header(buffer, last)) return false;
    keys_ = json_keys(pieces_.header());
  }
  if (!pieces_.cut(buffer, last, piece)) return false;
  if (piece.number == 0) begin(piece);
  return true;
}

void CsvRecords::begin(BulkPiece& first) {
  BulkPiece copy = first;  // a reader uses up its text
  CsvRows rows(copy, kDelimiter, pieces_.header());
  const std::vector<std::string_view> nothing(keys_.size());
  const bool any = rows.next();
  const JsonNode record = Row(*this).sanitize(any ? rows.cells() : nothing, rows.line());
  for (const JsonMember& one : record.members) {
    if (!columns_.empty()) first.head += ',';
    append_csv_cell(one.key, first.head);
    columns_.push_back(one.key);
  }
  first.head += '\n';
}

void CsvRecords::sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const {
  out += piece.head;
  CsvRows input(piece, kDelimiter, pieces_.header());
  RowOrder order(options_, piece, out);
  Row row(*this);
  while (input.next()) {
    const JsonNode record = row.sanitize(input.cells(), input.line());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) out += ',';
      if (const JsonNode* const value = member(record, columns_[i], i)) append_value(*value, out);
    }
    out += '\n';
    order.row_ended();
    ++counts.rows;
  }
  order.flush();
  row.add_to(counts);
  piece.text.clear();
}

}  // namespace zoom_proxy
