#pragma once
// Directories of CSV files, rules for them, and workers that a test can hold.

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rules/bulk/bulk_engine.hpp"
#include "rules/format/gzip.hpp"
#include "server/bulk_directory.hpp"
#include "tests/rules/known_codec.hpp"
#include "tests/server/bulk_fixture.hpp"

namespace zoom_proxy {

class BulkRuns : protected BulkDirectories {
 protected:
  static std::shared_ptr<const BulkEngine> engine_of(std::string_view more_rules = "") {
    const std::string rules = "columnsToPseudonymize: [email]\npseudonymFormat: URL_SAFE_TOKEN\n" +
                              std::string(more_rules);
    return std::make_shared<const BulkEngine>(RulesText{rules, "test"}, test::known_codec());
  }
  BulkDirectoryJob job() const {
    return {*engine_, "salt", places, {}, BulkGzip::as_input, {}, EgressGuard::redact};
  }

  /// A CSV text of one row, and what becomes of it.
  static std::string csv(const std::string& name) { return "email,n\n" + name + "@corp.test,1\n"; }
  static std::string sanitized(const std::string& name) {
    std::string text = "email,n\n";
    test::known_codec()->append_token(name + "@corp.test", false, true, text);
    return text + ",1\n";
  }
  static inline const std::string kRefused = "no,column\n1,2\n";

  static std::string gzip(const std::string& text) {
    std::string out;
    Deflater deflater;
    deflater.deflate(text, out);
    deflater.finish(out);
    return out;
  }

  /// What becomes of a file, as a word and with the error.
  static std::string in_words(const BulkFileResult& result) {
    switch (result.state) {
      case BulkFileState::done:
        return "done";
      case BulkFileState::already:
        return "already";
      case BulkFileState::refused:
        return "refused: " + result.error;
      case BulkFileState::failed:
        return "failed: " + result.error;
    }
    return "";
  }
  /// Takes in what is told, by name.
  auto into_told() {
    return [this](const BulkFileResult& result) { told_[result.name] = in_words(result); };
  }
  std::map<std::string, std::string> run(const BulkDirectoryJob& job, const Shard& shard = {}) {
    told_.clear();
    run_bulk_directory(job, shard, 2, workers_, into_told());
    return std::move(told_);
  }

  /// All files below the outputs, by name.
  std::vector<std::string> outputs() const {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    if (!fs::exists(places.out)) return names;
    for (const auto& entry : fs::recursive_directory_iterator(places.out)) {
      if (entry.is_regular_file()) {
        names.push_back(fs::relative(entry.path(), places.out).string());
      }
    }
    std::ranges::sort(names);
    return names;
  }

  std::shared_ptr<const BulkEngine> engine_ = engine_of();
  BulkWorkers workers_{1};
  std::map<std::string, std::string> told_;
};

/// While it is held, no job that needs the worker gets on.
class HeldWorker {
 public:
  HeldWorker() {
    workers_.post([done = released_.get_future().share()] { done.wait(); });
  }
  ~HeldWorker() { release(); }
  HeldWorker(const HeldWorker&) = delete;
  HeldWorker& operator=(const HeldWorker&) = delete;

  void release() {
    if (!free_) released_.set_value();
    free_ = true;
  }
  operator BulkWorkers&() { return workers_; }

 private:
  std::promise<void> released_;
  bool free_ = false;
  BulkWorkers workers_{1};
};

}  // namespace zoom_proxy
