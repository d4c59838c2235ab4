#pragma once
// A directory of bulk files into another one: each file once, by one machine, whatever crashes.
//
// For every finished file there is a marker, OUT/.zoom-proxy/NAME.json, that names the version of
// the input (its size and time of change), of the rules and of the salt: a file whose marker fits
// is passed over, one that has changed is done again. The output comes before its marker, so a
// crash between them repeats one file, with the same result.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "server/bulk_job.hpp"

namespace zoom_proxy {

struct BulkPlaces {
  std::filesystem::path in;
  std::filesystem::path out;  ///< not inside `in`, nor around it
};

/// Which of several machines that share the work this is.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;  ///< at least 1

  /// True for exactly one index of the same count. `name`: relative path of the file.
  [[nodiscard]] bool owns(std::string_view name) const noexcept;
};

enum class BulkFileState {
  done,     ///< written now
  already,  ///< finished before, nothing to do
  refused,  ///< the text cannot be sanitized: `error` says why; no output is left
  failed,   ///< it could not be read or written
};

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
};

/// One file, by its relative path. Throws std::invalid_argument for a name that leads out of the
/// directory, or into hidden parts. Thread-safe for different names; two at a time for the same
/// name, here or on another machine, give the same result twice.
[[nodiscard]] BulkFileResult run_bulk_file(const BulkDirectoryJob& job, const std::string& name,
                                           BulkWorkers& workers);

/// All files of that shard, in the order of their names, `at_once` at a time. Tells each result on
/// the calling thread as it is there. Temporary files that a crash has left, of this shard, are
/// removed first. Throws std::system_error when the directories cannot be read.
void run_bulk_directory(const BulkDirectoryJob& job, const Shard& shard, std::size_t at_once,
                        BulkWorkers& workers,
                        const std::function<void(const BulkFileResult&)>& tell);

}  // namespace zoom_proxy
