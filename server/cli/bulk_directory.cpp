#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iostream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "rules/format/encoding.hpp"
#include "rules/identity/pseudonym.hpp"
#include "server/bulk_settings.hpp"
#include "server/bulk_watch.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/bulk_report.hpp"
#include "server/cli/bulk_settings.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/end_at_signals.hpp"

namespace zoom_proxy {
namespace {

/// A variable that the platform sets, as a number; nothing when it is not set.
std::optional<std::size_t> number_in(const Environment& environment, const char* name) {
  const std::optional<std::string> text = environment(name);
  if (!text || text->empty()) return std::nullopt;
  std::size_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end) {
    throw std::invalid_argument(std::string(name) + " is no number from 0: the platform sets it");
  }
  return number;
}

/// `shards`: as the command line has it, 0: not at all. Throws std::invalid_argument.
Shard shard_of(const Environment& environment, std::size_t shards) {
  constexpr const char* kCloudRunIndex = "CLOUD_RUN_TASK_INDEX";
  constexpr const char* kCloudRunCount = "CLOUD_RUN_TASK_COUNT";
  constexpr const char* kKubernetesIndex = "JOB_COMPLETION_INDEX";

  const std::optional<std::size_t> tasks = number_in(environment, kCloudRunCount);
  if (tasks && shards != 0 && *tasks != shards) {
    throw std::invalid_argument(std::string("--shards and ") + kCloudRunCount +
                                " differ: leave out --shards, Cloud Run knows the number of tasks");
  }
  const char* index_name = kCloudRunIndex;
  std::optional<std::size_t> index = number_in(environment, kCloudRunIndex);
  if (!index && !tasks) index = number_in(environment, index_name = kKubernetesIndex);
  const std::size_t count = tasks.value_or(shards);
  if (!index && count == 0) return {};
  if (!index) {
    throw std::invalid_argument(
        tasks ? std::string(kCloudRunIndex) + " is not set, but " + kCloudRunCount +
                    " is: Cloud Run sets both"
              : std::string("--shards needs ") + kKubernetesIndex +
                    ", which of them this is: run an Indexed Job, or set it from 0");
  }
  if (count == 0) {
    throw std::invalid_argument(std::string(index_name) + " is set, but not of how many: " +
                                (index_name == kCloudRunIndex
                                     ? std::string(kCloudRunCount) + " is missing"
                                     : "give --shards, the Job's completions"));
  }
  if (*index >= count) {
    throw std::invalid_argument(std::string(index_name) + " is not below the number of shards, " +
                                std::to_string(count));
  }
  return {*index, count};
}

/// What has become of the files, told on standard error. Thread-safe.
class DirectoryReport {
 public:
  void tell(const BulkFileResult& result) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    ++files_[static_cast<std::size_t>(result.state)];
    rows_ += result.result.counts.rows;
    if (result.state == BulkFileState::already) return;  // of a year of files most, each time
    if (for_people_) {
      std::cerr << shown_name(result) + ": " + message_of(result) + '\n';
    } else {
      write_event(level_of(result), "bulk_file", message_of(result), fields_of(result));
    }
  }

  /// Tells the sums; after that, nothing more.
  void finish() {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    boost::json::object fields;
    std::string text;
    for (const BulkFileState state : kStates) {
      fields[to_string(state)] = count_of(state);
      text += std::to_string(count_of(state)) + ' ' + to_string(state) + ", ";
    }
    fields["rows"] = rows_;
    if (for_people_) {
      std::cerr << "files: " + text + std::to_string(rows_) + " rows\n";
    } else {
      write_event(LogLevel::info, "bulk_finished", "files by what became of them",
                  std::move(fields));
    }
  }

  [[nodiscard]] int exit_code() const {
    if (count_of(BulkFileState::failed) > 0) return kFailed;
    return count_of(BulkFileState::refused) > 0 ? kBodyRefused : kOk;
  }

 private:
  static constexpr std::array kStates{BulkFileState::done, BulkFileState::already,
                                      BulkFileState::refused, BulkFileState::failed};

  /// A name that nobody has checked may be anything.
  static std::string shown_name(const BulkFileResult& result) {
    const std::string name = masked_name(result.name);
    Utf8Check utf8;
    const bool sound =
        utf8.feed(name) && utf8.complete() &&
        std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    return sound ? name : percent_encode(name);
  }

  static std::string message_of(const BulkFileResult& result) {
    if (result.state != BulkFileState::done) return result.error;
    return std::to_string(result.result.counts.rows) + " rows written";
  }

  static LogLevel level_of(const BulkFileResult& result) {
    return result.state == BulkFileState::done ? LogLevel::info : LogLevel::error;
  }

  static boost::json::object fields_of(const BulkFileResult& result) {
    boost::json::object fields{{"file", shown_name(result)}, {"result", to_string(result.state)}};
    if (result.state != BulkFileState::done) return fields;
    fields["rows"] = result.result.counts.rows;
    fields["bytesIn"] = result.result.bytes_in;
    fields["bytesOut"] = result.result.bytes_out;
    for (auto& [key, value] : to_json(result.result.counts)) fields[key] = std::move(value);
    boost::json::array warnings(result.result.warnings.begin(), result.result.warnings.end());
    if (!warnings.empty()) fields["warnings"] = std::move(warnings);
    return fields;
  }

  [[nodiscard]] std::uint64_t count_of(BulkFileState state) const {
    return files_[static_cast<std::size_t>(state)];
  }

  const bool for_people_ = ::isatty(STDERR_FILENO) == 1;
  std::mutex mutex_;
  std::array<std::uint64_t, kStates.size()> files_{};
  std::uint64_t rows_ = 0;
  bool finished_ = false;
};

/// For all files together: each file under way has pieces in memory for each of them, and 12 times
/// as many fit into 64 MiB.
std::size_t threads_of(const BulkCommandOptions& options) {
  constexpr std::size_t kTogether = 12;
  return std::min(options.threads, std::max(kTogether / options.at_once, std::size_t{1}));
}

void run(const BulkDirectoryJob& job, const BulkCommandOptions& options, const Shard& shard,
         DirectoryReport& report) {
  BulkWorkers workers(threads_of(options));
  const auto tell = [&report](const BulkFileResult& result) { report.tell(result); };
  if (!options.watch) {
    run_bulk_directory(job, shard, options.at_once, workers, tell);
    return;
  }
  BulkWatch watch(job, shard, options.at_once, workers);
  for (;;) {  // until a signal ends the process
    watch.look(tell);
    std::this_thread::sleep_for(options.interval);
  }
}

}  // namespace

int bulk_directory_command(const BulkCommandOptions& options, const Environment& environment) {
  const BulkPlaces places{options.in_directory, options.out_directory};
  Shard shard;
  try {
    shard = shard_of(environment, options.shards);
    check_places(places);
  } catch (const std::invalid_argument& error) {
    std::cerr << "bulk: " << error.what() << '\n';
    return kUsage;
  }
  const Settings settings = load_bulk_settings(options, environment);
  const std::shared_ptr<const BulkEngine> engine = build_bulk_engine(settings);
  const BulkDirectoryJob job{*engine,
                             salt_fingerprint(settings.pseudonyms.salt.reveal()),
                             places,
                             options.text,
                             options.gzip ? BulkGzip::yes : BulkGzip::as_input,
                             marker_settings(settings),
                             settings.egress_guard};
  static DirectoryReport report;  // a signal may need it to the very end
  end_at_signals([watch = options.watch](int exit_code) {
    report.finish();
    return watch ? int{kOk} : exit_code;
  });
  run(job, options, shard, report);
  report.finish();
  return report.exit_code();
}

}  // namespace zoom_proxy
