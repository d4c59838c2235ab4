#pragma once
// CSV rows as records: each row a flat object of texts, under the names of its header.

#include <string>
#include <vector>

#include "rules/bulk/bulk_sanitizer.hpp"
#include "rules/bulk/csv_pieces.hpp"
#include "rules/bulk/record_passes.hpp"

namespace zoom_proxy {

/// The output has the columns that are left of the first row, commas and line feeds.
class CsvRecords : public BulkSanitizer {
 public:
  /// What it is given must outlive it.
  CsvRecords(const RecordPrograms& programs, const TokenCodec& codec, EgressGuard guard,
             const BulkOptions& options)
      : programs_(programs),
        codec_(codec),
        guard_(guard),
        options_(options),
        pieces_(',', options.piece_bytes()) {}

  bool cut(std::string& buffer, bool last, BulkPiece& piece) override;
  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override;
  void finish(std::string& /*out*/) override {}
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  class Row;

  void check_paths();
  void begin(BulkPiece& first);

  RecordPrograms programs_;  ///< with a state for each column, once the header is there
  const TokenCodec& codec_;
  const EgressGuard guard_;
  const BulkOptions options_;
  CsvPieces pieces_;
  std::vector<std::string> keys_;     ///< of the input, as JSON with a colon; empty: left out
  std::vector<std::string> columns_;  ///< of the output
  std::vector<std::string> warnings_;
};

}  // namespace zoom_proxy
