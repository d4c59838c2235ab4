#pragma once
// One bulk text from a place to another, through the rules, on several processors with bounded
// memory: the calling thread reads, cuts and writes, workers sanitize and compress.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bulk/bulk_engine.hpp"
#include "server/bulk_workers.hpp"

namespace zoom_proxy {

/// Where a text comes from. Used by one thread at a time; may block.
class BulkSource {
 public:
  virtual ~BulkSource() = default;
  /// At least one byte, or 0 at the end. Throws std::system_error.
  [[nodiscard]] virtual std::size_t read(std::span<char> into) = 0;
};

/// Where it goes. Used by one thread at a time; may block.
class BulkSink {
 public:
  virtual ~BulkSink() = default;
  /// All of it. Throws std::system_error.
  virtual void write(std::string_view bytes) = 0;
};

struct BulkProgress {
  std::uint64_t bytes_in = 0;  ///< read from the source, as they came
  std::uint64_t rows = 0;      ///< written
};

enum class BulkGzip {
  as_input,  ///< gzip out where gzip came in
  yes,
  no,
};

struct BulkJob {
  BulkSource& source;
  BulkSink& sink;
  BulkGzip gzip = BulkGzip::as_input;
  /// After every piece that was written, on the calling thread; empty: nobody asks. What it throws
  /// ends the job.
  std::function<void(const BulkProgress&)> progress;
};

struct BulkResult {
  BulkCounts counts;
  std::vector<std::string> warnings;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Blocks until all is written. Nothing is written before the first piece has been sanitized.
/// Throws BulkError when the text must be refused (what was written until then must be thrown
/// away), and what source and sink throw. No work of it is left when it returns or throws.
[[nodiscard]] BulkResult run_bulk_job(BulkSanitizer& sanitizer, const BulkJob& job,
                                      BulkWorkers& workers);

}  // namespace zoom_proxy
