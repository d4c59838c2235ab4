#include "rules/bulk/bulk_engine.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "rules/bulk/bulk_rule_reader.hpp"
#include "rules/bulk/columnar_sanitizer.hpp"
#include "rules/bulk/record_sanitizer.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/yaml.hpp"
#include "rules/identity/sha1.hpp"

namespace zoom_proxy {
namespace {

constexpr std::size_t kTemplatesTold = 20;  ///< in an error's text

[[noreturn]] void fail_no_rule(const MultiTypeRules& rules) {
  std::string list;
  for (std::size_t i = 0; i < std::min(rules.files.size(), kTemplatesTold); ++i) {
    list += (i == 0 ? "" : ", ") + in_quotes(rules.files[i].path_template);
  }
  if (rules.files.size() > kTemplatesTold) list += ", and others";
  throw BulkError("no rule fits the file's path (fileRules has " + list +
                  "); add one, or give the file a path that fits");
}

/// The rules for a text: those by path are gone through here.
const BulkRules& rules_of(const BulkRules& rules, std::string_view path) {
  const auto* const by_path = std::get_if<MultiTypeRules>(&rules.kind);
  if (by_path == nullptr) return rules;
  for (const FileRule& file : by_path->files) {
    if (const auto groups = file.path.match(path)) return rules_of(*file.rules, groups->back());
  }
  fail_no_rule(*by_path);
}

using FormatNames = std::pair<std::string_view, RecordFormat>;

/// `text/csv; charset=utf-8` -> `text/csv`.
std::string media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return ascii_lower(type);
}

[[noreturn]] void fail_parquet() {
  throw BulkError("Parquet is not supported by this version; export the records as NDJSON or CSV");
}

/// The format that `format: AUTO` stands for.
RecordFormat format_of(const BulkInput& input) {
  constexpr std::array<FormatNames, 6> kTypes = {{
      {"application/x-ndjson", RecordFormat::ndjson},
      {"application/ndjson", RecordFormat::ndjson},
      {"application/jsonl", RecordFormat::ndjson},
      {"application/x-jsonlines", RecordFormat::ndjson},
      {"text/csv", RecordFormat::csv},
      {"application/csv", RecordFormat::csv},
  }};
  constexpr std::array<FormatNames, 4> kEndings = {{
      {".ndjson", RecordFormat::ndjson},
      {".jsonl", RecordFormat::ndjson},
      {".csv", RecordFormat::csv},
      {".json", RecordFormat::json_array},
  }};
  const std::string type = media_type(input.content_type);
  std::string path = ascii_lower(input.path);
  if (path.ends_with(".gz")) path.resize(path.size() - 3);
  if (type == "application/vnd.apache.parquet") fail_parquet();
  for (const auto& [name, format] : kTypes) {
    if (type == name) return format;
  }
  if (path.ends_with(".parquet")) fail_parquet();
  for (const auto& [ending, format] : kEndings) {
    if (path.ends_with(ending)) return format;
  }
  // Much else is called so, too: the path has the say before it.
  return type == "application/json" ? RecordFormat::json_array : RecordFormat::ndjson;
}

}  // namespace

struct BulkEngine::Impl {
  Impl(const RulesText& text, std::shared_ptr<const TokenCodec> codec_in, EgressGuard guard_in)
      : codec(std::move(codec_in)),
        guard(guard_in),
        rules(read_bulk_rules(text.yaml, text.name)),
        sha(sha1_hex(text.yaml)),
        name(text.name) {
    compile_all(rules);
  }

  void compile_all(const BulkRules& some) {
    if (const auto* const records = std::get_if<RecordRules>(&some.kind)) {
      programs.emplace(records, compile_records(*records, *codec));
    } else if (const auto* const by_path = std::get_if<MultiTypeRules>(&some.kind)) {
      for (const FileRule& file : by_path->files) compile_all(*file.rules);
    }
  }

  std::shared_ptr<const TokenCodec> codec;
  EgressGuard guard;
  BulkRules rules;
  std::map<const RecordRules*, RecordPrograms> programs;
  std::string sha;
  std::string name;
};

BulkEngine::BulkEngine(const RulesText& text, std::shared_ptr<const TokenCodec> codec,
                       EgressGuard guard)
    : impl_(std::make_unique<const Impl>(text, std::move(codec), guard)) {}

BulkEngine::~BulkEngine() = default;

std::unique_ptr<BulkSanitizer> BulkEngine::open(const BulkInput& input,
                                                const BulkOptions& options) const {
  std::string_view path = input.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  const BulkRules& rules = rules_of(impl_->rules, path);
  if (const auto* const columns = std::get_if<ColumnarRules>(&rules.kind)) {
    return make_columnar_sanitizer(*columns, *impl_->codec, impl_->guard, options);
  }
  const auto& records = std::get<RecordRules>(rules.kind);
  const RecordFormat format =
      records.format == RecordFormat::automatic ? format_of(input) : records.format;
  return make_record_sanitizer(impl_->programs.at(&records), format, *impl_->codec, impl_->guard,
                               options);
}

const std::string& BulkEngine::rules_sha() const noexcept { return impl_->sha; }
const std::string& BulkEngine::rules_name() const noexcept { return impl_->name; }

}  // namespace zoom_proxy
