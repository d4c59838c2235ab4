#include "server/bulk_watch.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace zoom_proxy {
namespace {

/// Looks that a file is left alone after so many failures: 1, 2, 4, up to 32, which at the usual
/// pace is about two minutes.
unsigned looks_off_after(unsigned failures) { return 1U << std::min(failures - 1, 5U); }

}  // namespace

BulkWatch::BulkWatch(const BulkDirectoryJob& job, const Shard& shard, std::size_t at_once,
                     BulkWorkers& workers)
    : job_(job), shard_(shard), at_once_(at_once), workers_(workers) {
  check_places(job.places);
  remove_temporaries(job.places, shard);
}

void BulkWatch::look(const std::function<void(const BulkFileResult&)>& tell) {
  std::map<std::string, File> files;
  std::vector<std::string> due;
  for (BulkInputFile& input : list_inputs(job_.places, shard_)) {
    const auto before = files_.find(input.name);
    File file{.version = input.version};
    if (before != files_.end() && before->second.version == input.version) {
      file = before->second;
      if (file.looks_off > 0) {
        --file.looks_off;
      } else if (!file.settled) {
        due.push_back(input.name);
      }
    }
    files.emplace_hint(files.end(), std::move(input.name), file);
  }
  files_ = std::move(files);
  run_bulk_files(job_, due, at_once_, workers_, [&](const BulkFileResult& result) {
    File& file = files_.at(result.name);
    if (result.state == BulkFileState::failed) {
      file.looks_off = looks_off_after(++file.failures);
    } else {
      file.settled = true;
    }
    tell(result);
  });
}

}  // namespace zoom_proxy
