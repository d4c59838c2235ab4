#pragma once
// A directory of bulk files into another one: each file once, by one machine, whatever crashes.
//
// For every finished file there is a marker that names the version of the input (its size and time
// of change), of the rules and of the salt: a file whose marker fits is passed over, one that has
// changed is done again. The output comes before its marker, so a crash between them repeats one
// file, with the same result.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rules/egress_guard.hpp"
#include "server/bulk_job.hpp"
#include "server/bulk_places.hpp"
#include "server/shard.hpp"

namespace zoom_proxy {

enum class BulkFileState {
  done,     ///< written now
  already,  ///< finished before, nothing to do
  refused,  ///< the text cannot be sanitized: `error` says why; no output is left, no older one
  failed,   ///< it could not be read or written; an older output stays
};

/// "done", "already", "refused", "failed": in events and metrics.
[[nodiscard]] const char* to_string(BulkFileState state) noexcept;

struct BulkFileResult {
  std::string name;  ///< relative path, `/` between its parts
  BulkFileState state = BulkFileState::done;
  BulkResult result;  ///< of `done`
  std::string error;  ///< of `refused` and `failed`, for people
};

struct BulkDirectoryJob {
  const BulkEngine& engine;
  std::string salt_fingerprint;  ///< of the engine's codec
  BulkPlaces places;
  BulkOptions options;
  BulkGzip gzip = BulkGzip::as_input;
  /// Whatever else of the settings changes a result (algorithm, egress guard), as a text without
  /// secrets: goes into the markers, too.
  std::string settings;
  /// A name with an e-mail address would be that of the output and of the marker: with `redact`
  /// such a file is refused.
  EgressGuard guard = EgressGuard::redact;
};

/// One file, by its relative path. The output has the same, with `.gz` behind it when it is gzip
/// (as the input was, or `gzip` wants it) and not called so: a mount cannot set Content-Encoding.
/// A file is done again when its output is gone. An input that cannot be sanitized makes no output,
/// and what an earlier version of it or other rules made is removed; one that changes while it is
/// read makes none either, but leaves that. Throws std::invalid_argument for a name that leads out
/// of the directory, or into hidden parts; then nothing is touched. Thread-safe for different
/// names; two at a time for the same name, here or on another machine, give the same result twice.
[[nodiscard]] BulkFileResult run_bulk_file(const BulkDirectoryJob& job, const std::string& name,
                                           BulkWorkers& workers);

/// Those files, in that order, `at_once` (at least 1) at a time, each on a thread of its own. Tells
/// each result on the calling thread as it is there; a name that run_bulk_file() would throw for is
/// `refused`. What `tell` throws ends the run.
void run_bulk_files(const BulkDirectoryJob& job, std::span<const std::string> names,
                    std::size_t at_once, BulkWorkers& workers,
                    const std::function<void(const BulkFileResult&)>& tell);

/// All files of that shard, in the order of their names, as run_bulk_files() does them. Temporary
/// files that a crash has left, of this shard, are removed first. Throws std::invalid_argument as
/// check_places() does, std::system_error when the directories cannot be read.
void run_bulk_directory(const BulkDirectoryJob& job, const Shard& shard, std::size_t at_once,
                        BulkWorkers& workers,
                        const std::function<void(const BulkFileResult&)>& tell);

}  // namespace zoom_proxy
