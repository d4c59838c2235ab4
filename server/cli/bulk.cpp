#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "rules/error.hpp"
#include "rules/format/encoding.hpp"
#include "server/bulk_file.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/bulk_report.hpp"
#include "server/cli/bulk_settings.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/end_at_signals.hpp"

namespace zoom_proxy {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStandard = "-";

/// Of the allocator, each with free memory of its own; pieces' buffers are used again anyway.
constexpr int kArenas = 2;

/// For people: `-` has another name.
std::string shown(const std::string& file, const char* standard) {
  return file == kStandard ? standard : file;
}

/// What cannot be read or written ends the command with 1.
template <class Action>
auto naming(const std::string& file, const char* what, Action action) {
  try {
    return action();
  } catch (const std::system_error& error) {
    throw ConfigError({file, 0, 0}, std::string(what) + error.what());
  }
}

class Input : public BulkSource {
 public:
  explicit Input(const std::string& file)
      : name_(shown(file, "standard input")), source_(naming(name_, kFailed, [&] {
          return file == kStandard ? FileSource::standard_input() : FileSource(file);
        })) {}

  std::size_t read(std::span<char> into) override {
    return naming(name_, kFailed, [&] { return source_.read(into); });
  }
  [[nodiscard]] std::uint64_t size() const { return source_.size(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static constexpr const char* kFailed = "cannot be read: ";
  std::string name_;
  FileSource source_;
};

class Output : public BulkSink {
 public:
  explicit Output(const std::string& file) : name_(shown(file, "standard output")) {
    if (file != kStandard) naming(name_, kFailed, [&] { file_.emplace(file); });
  }
  void write(std::string_view bytes) override {
    naming(name_, kFailed, [&] { sink().write(bytes); });
  }
  void commit() {
    if (file_) naming(name_, kFailed, [&] { file_->commit(); });
  }

 private:
  BulkSink& sink() {
    if (file_) return *file_;
    return standard_;
  }

  static constexpr const char* kFailed = "cannot be written: ";
  std::string name_;
  StandardOutput standard_;
  std::optional<NewFile> file_;
};

bool is_same_file(const std::string& in, const std::string& out) {
  std::error_code error;  // a file that is not there is another one
  return in != kStandard && out != kStandard && fs::equivalent(in, out, error);
}

/// As rules by path know it.
std::string path_in_rules(const std::string& file) {
  if (file == kStandard) return {};
  return fs::path(file).lexically_normal().relative_path().string();
}

BulkGzip gzip_of(const BulkCommandOptions& options) {
  return options.gzip || ascii_lower(options.out).ends_with(".gz") ? BulkGzip::yes : BulkGzip::no;
}

BulkTextReport::Style style() {
  const bool people = ::isatty(STDERR_FILENO) == 1;
  return people ? BulkTextReport::Style::terminal : BulkTextReport::Style::events;
}

}  // namespace

int bulk_command(const BulkCommandOptions& options, const Environment& environment) {
  mallopt(M_ARENA_MAX, kArenas);
  if (is_same_file(options.in, options.out)) {
    std::cerr << "bulk: IN and OUT are the same file; give the output another name\n";
    return kUsage;
  }
  const Settings settings = load_bulk_settings(options, environment);
  const std::shared_ptr<const BulkEngine> engine = build_bulk_engine(settings);
  end_at_signals();
  Input input(options.in);
  try {
    const std::unique_ptr<BulkSanitizer> sanitizer =
        engine->open({path_in_rules(options.in), ""}, options.text);
    Output output(options.out);
    BulkTextReport report(style(), input.size());
    BulkWorkers workers(options.threads);
    const auto progress = [&](const BulkProgress& now) { report.progress(now); };
    const BulkResult result =
        run_bulk_job(*sanitizer, {input, output, gzip_of(options), progress}, workers);
    output.commit();
    report.finished(result);
  } catch (const BulkError& error) {
    std::cerr << input.name() + ": " + error.what() + '\n';
    return kBodyRefused;
  }
  return kOk;
}

}  // namespace zoom_proxy
