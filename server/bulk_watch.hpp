#pragma once
// A directory of bulk files that others add to. Buckets tell nobody of a new file, so somebody has
// to look at them again and again.

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "server/bulk_directory.hpp"

namespace zoom_proxy {

/// Not thread-safe. What it is given must outlive it. Takes memory for each file's name.
class BulkWatch {
 public:
  /// Removes what a crash has left. Throws as run_bulk_directory() does.
  BulkWatch(const BulkDirectoryJob& job, const Shard& shard, std::size_t at_once,
            BulkWorkers& workers);

  /// One look: does the files that are just as the look before saw them (others may be half
  /// uploaded), unless that was told already. A refused file is done again when it changes; one
  /// that failed is tried again at later looks, ever fewer of them. Throws std::system_error when
  /// the directory cannot be read.
  void look(const std::function<void(const BulkFileResult&)>& tell);

 private:
  struct File {
    FileVersion version;
    bool settled = false;    ///< its result has been told, nothing more is to be done
    unsigned failures = 0;   ///< of this version
    unsigned looks_off = 0;  ///< before it is tried again
  };

  const BulkDirectoryJob& job_;
  Shard shard_;
  std::size_t at_once_;
  BulkWorkers& workers_;
  std::map<std::string, File> files_;  ///< as the last look saw them
};

}  // namespace zoom_proxy
