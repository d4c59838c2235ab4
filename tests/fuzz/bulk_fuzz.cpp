// Any bytes as a bulk text, by column, as NDJSON, as a JSON array, as CSV records. What arrives
// when makes no difference; what comes out reads back, with as many records as were counted; no
// e-mail address leaves in a column that the rules keep.

#include <array>
#include <cstdint>
#include <optional>

#include "rules/bulk/bulk_engine.hpp"
#include "rules/format/csv.hpp"
#include "rules/identity/email.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;

constexpr std::array<std::string_view, 4> kRules = {
    "columnsToPseudonymizeIfPresent: [a]\ncolumnsToRedact: [b]\ncolumnsToRename: {c: d}\n"
    "fieldsToTransform: {e: {newName: f, transforms: [{filter: 'x(.*)'}]}}\n",
    "transforms: [{pseudonymize: $.a}, {redact: $.b}]\n"
    "outputSchemaFilter: {type: object, properties: {a: {type: string}, b: {type: string}, "
    "c: {type: array, items: {type: string}}}}\n",
    "format: JSON_ARRAY\ntransforms: [{pseudonymize: $.a}, {textDigest: $..b}]\n",
    "format: CSV\ntransforms: [{pseudonymize: $.a}, {redact: $.b}]\n",
};

struct Outcome {
  bool refused = false;
  std::string text;
  std::uint64_t rows = 0;
};

/// The text in pieces of 1 to `longest` bytes; 0: at once.
Outcome run(const BulkEngine& engine, std::string_view text, std::size_t longest) {
  std::minstd_rand random(static_cast<unsigned>(longest));
  Outcome outcome;
  BulkCounts counts;
  try {
    const auto sanitizer = engine.open({});
    std::string buffer;
    BulkPiece piece;
    for (bool last = false; !last;) {
      const std::string_view part =
          text.substr(0, longest == 0 ? text.size() : 1 + random() % longest);
      buffer += part;
      text.remove_prefix(part.size());
      last = text.empty();
      while (sanitizer->cut(buffer, last, piece)) sanitizer->sanitize(piece, outcome.text, counts);
    }
    sanitizer->finish(outcome.text);
  } catch (const BulkError&) {
    outcome.refused = true;
  }
  outcome.rows = counts.rows;
  return outcome;
}

void check_columns(const Outcome& outcome) {
  std::string text = outcome.text;
  CsvReader reader(text, ',');
  if (!reader.next()) return;
  const std::vector<std::string> header(reader.cells().begin(), reader.cells().end());
  std::uint64_t rows = 0;
  while (reader.next()) {
    ++rows;
    must(reader.cells().size() == header.size(), "each row is as wide as the header");
    for (std::size_t i = 0; i < header.size(); ++i) {
      must(header[i] != "b" && header[i] != "c",
           "a column that is dropped or renamed does not leave");
      if (header[i] == "a" || header[i] == "A") continue;  // a token with its domain looks like one
      must(find_email(reader.cells()[i]) == std::string_view::npos, "no address leaves");
    }
  }
  must(reader.fault() == CsvReader::Fault::none, "what comes out is CSV");
  must(rows <= outcome.rows, "no row leaves that was not counted");  // an empty one reads as none
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::vector<std::unique_ptr<const BulkEngine>> engines = [] {
    const auto codec = fuzz::codec(PseudonymAlgorithm::hmac_sha256);
    std::vector<std::unique_ptr<const BulkEngine>> made;
    for (const std::string_view rules : kRules) {
      made.push_back(
          std::make_unique<const BulkEngine>(RulesText{std::string(rules), "rules"}, codec));
    }
    return made;
  }();
  const std::size_t kind = data[0] % kRules.size();
  const std::string text(data + 1, data + size);
  const Outcome whole = run(*engines[kind], text, 0);
  const Outcome pieces = run(*engines[kind], text, 1 + data[0] / kRules.size());
  must(whole.refused == pieces.refused && whole.text == pieces.text && whole.rows == pieces.rows,
       "what arrives when makes no difference");
  if (kind == 0 && !whole.refused) check_columns(whole);
  return 0;
}
