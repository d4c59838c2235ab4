#include "server/bulk_directory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "rules/format/gzip_or_plain.hpp"
#include "server/bulk_file.hpp"
#include "server/bulk_marker.hpp"

namespace zoom_proxy {
namespace fs = std::filesystem;
namespace {

/// Bytes of a file's name without its folder: its marker has a temporary name that is longer by 22.
constexpr std::size_t kLongestName = NAME_MAX - 22;

/// Ends a job of a run that has failed elsewhere.
struct GivenUp {};
using GiveUp = std::atomic<bool>;

/// A source of which the first two bytes are known before it is read: they tell gzip.
class PeekedSource : public BulkSource {
 public:
  explicit PeekedSource(BulkSource& source) : source_(source) {
    while (held_ < begin_.size()) {
      const std::size_t count = source_.read(std::span(begin_).subspan(held_));
      if (count == 0) break;
      held_ += count;
    }
  }

  [[nodiscard]] bool is_gzip() const {
    return std::string_view(begin_.data(), held_) == kGzipMagic;
  }

  [[nodiscard]] std::size_t read(std::span<char> into) override {
    if (given_ == held_) return source_.read(into);
    const std::size_t count = std::min(into.size(), held_ - given_);
    std::copy_n(begin_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
    given_ += count;
    return count;
  }

 private:
  BulkSource& source_;
  std::array<char, kGzipMagic.size()> begin_{};
  std::size_t held_ = 0;
  std::size_t given_ = 0;
};

/// One file whose name was checked. `result` tells how far it came.
class FileRun {
 public:
  FileRun(const BulkDirectoryJob& job, fs::path input, BulkFileResult& result)
      : job_(job), input_(std::move(input)), result_(result) {}

  /// Throws GivenUp, BulkError and std::system_error.
  void run(BulkWorkers& workers, const GiveUp& give_up) {
    const std::optional<FileVersion> version = version_of(input_);
    if (!version) return fail("is no regular file");
    version_ = *version;
    if (too_long()) {  // nothing of it can be there
      return end(BulkFileState::refused,
                 "its name is too long: shorten it to " + std::to_string(kLongestName) + " bytes");
    }
    if (job_.guard == EgressGuard::redact && masked_name(result_.name) != result_.name)
      throw BulkError("its name holds an e-mail address: rename it");
    const BulkMarker marker{version_, job_.engine.rules_sha(), job_.salt_fingerprint, settings()};
    if (is_marked(job_.places, result_.name, marker) && has_output()) {
      result_.state = BulkFileState::already;
      return;
    }
    sanitize(workers, give_up);
    if (result_.state != BulkFileState::done) return;
    write_marker(job_.places, result_.name, marker, result_.result.counts.rows);
  }

  /// Since it was begun.
  [[nodiscard]] bool input_changed() const { return version_of(input_) != version_; }

  void fail(std::string why) { end(BulkFileState::failed, std::move(why)); }
  /// Nothing is left of it, nor of an earlier version: that was made by other rules, perhaps less
  /// strict ones.
  void refuse(std::string why) {
    remove_marker(job_.places, result_.name);
    remove_outputs_but({});
    end(BulkFileState::refused, std::move(why));
  }
  void fail_for_change() {
    fail("changed while it was read; nothing was written: run again once it is whole");
  }

 private:
  void sanitize(BulkWorkers& workers, const GiveUp& give_up) {
    FileSource file(input_.string());
    PeekedSource source(file);
    const bool gzip = result_.name.ends_with(kGzipEnding) || job_.gzip == BulkGzip::yes ||
                      (job_.gzip == BulkGzip::as_input && source.is_gzip());
    std::string output = result_.name;
    if (gzip && !output.ends_with(kGzipEnding)) {
      output += kGzipEnding;
      if (version_of(job_.places.in / output)) {
        throw BulkError(
            "its output would be called as that of the input with .gz behind its name: "
            "rename one of the two");
      }
    }
    const auto sanitizer = job_.engine.open({result_.name, {}}, job_.options);
    NewFile sink((job_.places.out / output).string());
    const auto go_on = [&give_up](const BulkProgress&) {
      if (give_up) throw GivenUp{};
    };
    result_.result = run_bulk_job(
        *sanitizer, {source, sink, gzip ? BulkGzip::yes : BulkGzip::no, go_on}, workers);
    if (input_changed() || result_.result.bytes_in != version_.size) return fail_for_change();
    remove_marker(job_.places, result_.name);
    remove_outputs_but(output);
    sink.commit();
  }

  [[nodiscard]] bool has_output() const {
    return std::ranges::any_of(possible_outputs(job_.places, result_.name),
                               [&](const std::string& output) {
                                 return version_of(job_.places.out / output).has_value();
                               });
  }

  void remove_outputs_but(std::string_view kept) const {
    for (const std::string& output : possible_outputs(job_.places, result_.name)) {
      if (output != kept) remove_file((job_.places.out / output).string());
    }
  }

  [[nodiscard]] bool too_long() const {
    const std::string& name = result_.name;
    return name.size() - (name.rfind('/') + 1) > kLongestName;
  }

  /// What a marker has to tell beside rules and salt.
  [[nodiscard]] std::string settings() const {
    std::string text = job_.settings;
    if (job_.options.allow_missing) text += " allow-missing";
    if (job_.options.shuffle) text += " shuffle";
    if (job_.gzip == BulkGzip::yes) text += " gzip";
    return text;
  }

  void end(BulkFileState state, std::string why) {
    result_.state = state;
    result_.result = {};
    result_.error = std::move(why);
  }

  const BulkDirectoryJob& job_;
  const fs::path input_;
  BulkFileResult& result_;
  FileVersion version_;
};

/// Without the paths that what() may hold.
std::string in_words(const std::system_error& error) {
  return "cannot be read or written: " + error.code().message() +
         "; run again once the directories are in order";
}

/// Throws GivenUp and, for a bad name, std::invalid_argument.
BulkFileResult run_file(const BulkDirectoryJob& job, const std::string& name, BulkWorkers& workers,
                        const GiveUp& give_up) {
  BulkFileResult result{name, BulkFileState::done, {}, {}};
  try {
    FileRun file(job, input_file(job.places, name), result);
    try {
      file.run(workers, give_up);
    } catch (const BulkError& error) {
      if (file.input_changed()) {
        file.fail_for_change();
      } else {
        file.refuse(error.what());
      }
    }
  } catch (const std::system_error& error) {
    result = {name, BulkFileState::failed, {}, in_words(error)};
  }
  return result;
}

/// The same, for a name that nobody has checked. Throws GivenUp.
BulkFileResult run_listed_file(const BulkDirectoryJob& job, const std::string& name,
                               BulkWorkers& workers, const GiveUp& give_up) {
  try {
    return run_file(job, name, workers, give_up);
  } catch (const std::invalid_argument& bad_name) {
    return {name, BulkFileState::refused, {}, bad_name.what()};
  }
}

/// Results on their way from the threads that make them to the one that tells.
class Results {
 public:
  explicit Results(std::size_t makers) : makers_(makers) {}

  void add(BulkFileResult result) {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(result));
    changed_.notify_one();
  }
  /// One of the makers has ended, by an error or without.
  void end(const std::exception_ptr& error) {
    const std::lock_guard lock(mutex_);
    if (error) error_ = error;
    --makers_;
    changed_.notify_one();
  }
  /// Nothing once all have ended. Throws the error of a maker.
  std::optional<BulkFileResult> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || makers_ == 0; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    BulkFileResult result = std::move(ready_.front());
    ready_.pop_front();
    return result;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<BulkFileResult> ready_;
  std::size_t makers_;
  std::exception_ptr error_;
};

}  // namespace

const char* to_string(BulkFileState state) noexcept {
  switch (state) {
    case BulkFileState::done:
      return "done";
    case BulkFileState::already:
      return "already";
    case BulkFileState::refused:
      return "refused";
    case BulkFileState::failed:
      break;
  }
  return "failed";
}

BulkFileResult run_bulk_file(const BulkDirectoryJob& job, const std::string& name,
                             BulkWorkers& workers) {
  return run_file(job, name, workers, GiveUp{false});
}

void run_bulk_files(const BulkDirectoryJob& job, std::span<const std::string> names,
                    std::size_t at_once, BulkWorkers& workers,
                    const std::function<void(const BulkFileResult&)>& tell) {
  const std::size_t makers = std::min(at_once, names.size());
  GiveUp give_up{false};
  std::atomic<std::size_t> next{0};
  Results results(makers);
  const auto make = [&] {
    std::exception_ptr error;
    try {
      for (std::size_t i = next++; i < names.size() && !give_up; i = next++) {
        results.add(run_listed_file(job, names[i], workers, give_up));
      }
    } catch (const GivenUp&) {
    } catch (...) {
      error = std::current_exception();
      give_up = true;
    }
    results.end(error);
  };
  std::vector<std::jthread> threads;
  try {
    while (threads.size() < makers) threads.emplace_back(make);
    while (const auto result = results.next()) tell(*result);
  } catch (...) {
    give_up = true;
    throw;
  }
}

void run_bulk_directory(const BulkDirectoryJob& job, const Shard& shard, std::size_t at_once,
                        BulkWorkers& workers,
                        const std::function<void(const BulkFileResult&)>& tell) {
  check_places(job.places);
  remove_temporaries(job.places, shard);
  std::vector<std::string> names;
  for (BulkInputFile& file : list_inputs(job.places, shard)) names.push_back(std::move(file.name));
  run_bulk_files(job, names, at_once, workers, tell);
}

}  // namespace zoom_proxy
