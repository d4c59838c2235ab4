#include "rules/bulk/csv_records.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "rules/bulk/column_hints.hpp"
#include "rules/bulk/row_order.hpp"
#include "rules/format/csv.hpp"
#include "rules/format/json.hpp"
#include "rules/format/yaml.hpp"
#include "rules/limits.hpp"
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

/// Gives each column a state of its own in `record`, where a record's members stand.
void add_columns(Program& program, StateId record, const std::set<std::string>& columns) {
  std::vector<Program::Member> members;
  for (const std::string& column : columns) {
    const std::size_t known = program.find_member(record, column);
    const Program::State& from = program.states[record];
    const StateId like = known == Program::kNoMember ? from.other : from.members[known].state;
    StateId own = kDropped;
    if (like != kDropped) {
      own = static_cast<StateId>(program.states.size());
      Program::State state = program.states[like];
      state.place = column;
      program.states.push_back(std::move(state));
    }
    members.push_back({column, own});
  }
  program.states[record].members = std::move(members);
}

/// The same program, but its report names the columns. Not those of a header of more columns than a
/// run foresees, where each look-up would cost.
Program with_columns(Program program, const std::vector<std::string>& header) {
  const std::set<std::string> columns(header.begin(), header.end());
  if (columns.size() > limits::kKnownKeys) return program;
  for (const StateId record : record_states(program)) {
    const bool asks = program.states[record].choice != Program::kNoChoice;
    if (record != kDropped && !asks) add_columns(program, record, columns);
  }
  program.finish();
  return program;
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
    check_paths();
    programs_.transforms = with_columns(std::move(programs_.transforms), pieces_.header());
  }
  if (!pieces_.cut(buffer, last, piece)) return false;
  if (piece.number == 0) begin(piece);
  return true;
}

/// What a path does not find stays as it is: a column of another name leaves in clear.
void CsvRecords::check_paths() {
  const std::vector<std::string>& header = pieces_.header();
  std::set<std::string_view> missing;
  for (const Transform& transform : programs_.rules->transforms.endpoints.front().transforms) {
    for (const JsonPath& path : transform.paths) {
      const JsonPathStep& step = path.steps.front();
      if (step.kind != JsonPathStep::Kind::names || step.descend) continue;
      const auto found = std::ranges::find_first_of(header, step.names);
      if (found != header.end() || !missing.insert(path.text).second) continue;
      const std::string& name = step.names.front();
      if (!other_delimiter(name, header).empty()) {
        throw BulkError("line 1: the header is one column, which holds the column " +
                        in_quotes(name) +
                        " of the rules; records as CSV need commas between cells, so export them "
                        "with commas");
      }
      warnings_.push_back("the path " + in_quotes(path.text) + " finds no column and does nothing" +
                          did_you_mean_column(name, header));
    }
  }
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
