#include "tests/bench/bulk_ratios.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/bench/dice.hpp"

namespace zoom_proxy::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytes = std::size_t{64} << 20;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// An export of the AI metrics: a person's month a row.
class CsvFile {
 public:
  explicit CsvFile(std::uint64_t seed)
      : path_((fs::temp_directory_path() / ("zoom-proxy-bench-" + std::to_string(::getpid())))
                  .string()) {
    Dice dice(seed);
    std::ofstream file(path_, std::ios::binary);
    std::string text = "User Name,Email,Department,Month,Summaries,Minutes,Last Used\r\n";
    for (std::size_t left = kFileBytes; left > text.size(); ++rows_) {
      const Person someone = person(dice);
      text += someone.name() + ',' + someone.email + ",Department " +
              std::to_string(dice.below(50)) + ",2026-" + std::to_string(dice.between(10, 12)) +
              ',' + std::to_string(dice.below(100)) + ',' + std::to_string(dice.below(3000)) + ',' +
              dice.time() + "\r\n";
      if (text.size() < kReadBytes) continue;
      left -= text.size();
      file << text;
      text.clear();
    }
    file << text << std::flush;
    if (!file) throw std::runtime_error(path_ + ": cannot be written; set TMPDIR");
  }
  ~CsvFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }

 private:
  std::string path_;
  std::size_t rows_ = 0;
};

/// The same file for all ratios, until the program ends.
const CsvFile& csv_file(std::uint64_t seed) {
  static const CsvFile file(seed);
  return file;
}

/// Runs it to its end; nobody reads its output. Throws std::runtime_error when it fails.
void run_process(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::string salt = "PSOXY_SALT=bench-salt-0123456789abcdef0123456789";
  char* const environment[] = {salt.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  if (error != 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error(command[0] + " failed");
}

void look_for_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> room(kReadBytes);
  std::size_t lines = 0;
  while (file.read(room.data(), static_cast<std::streamsize>(room.size())) || file.gcount() > 0) {
    const char* at = room.data();
    const char* const end = at + file.gcount();
    while ((at = static_cast<const char*>(
                std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
      ++lines;
      ++at;
    }
  }
  benchmark::DoNotOptimize(lines);
}

enum class Rival { gzip, memchr };

Ratio bulk(std::string name, std::optional<double> goal, std::vector<std::string> options,
           Rival rival) {
  constexpr int kPairs = 3;
  const auto prepare = [options = std::move(options), rival](std::uint64_t seed) -> Rivals {
    const CsvFile& file = csv_file(seed);
    std::vector<std::string> ours = {ZOOM_PROXY_BINARY, "bulk", "--rules", "zoom-ai-metrics"};
    ours.insert(ours.end(), options.begin(), options.end());
    ours.push_back(file.path());
    const std::string path = file.path();
    return {.ours = [ours] { run_process(ours); },
            .theirs =
                [rival, path] {
                  if (rival == Rival::memchr) return look_for_lines(path);
                  run_process({"gzip", "-6", "-c", path});
                },
            .bytes = kFileBytes,
            .rows = file.rows()};
  };
  return {std::move(name), goal, kPairs, prepare, Timing::long_wall};
}

}  // namespace

std::vector<Ratio> bulk_ratios() {
  constexpr double kThird = 1.0 / 3;
  return {
      bulk("bulk_gzip_out_vs_gzip6", 1, {"--gzip", "--threads", "0"}, Rival::gzip),
      bulk("bulk_gzip_out_vs_gzip6_two_threads", 1, {"--gzip", "--threads", "2"}, Rival::gzip),
      bulk("bulk_plain_vs_gzip6", kThird, {"--threads", "0"}, Rival::gzip),
      bulk("bulk_plain_vs_gzip6_two_threads", kThird, {"--threads", "2"}, Rival::gzip),
      bulk("bulk_plain_vs_memchr", {}, {"--threads", "0"}, Rival::memchr),
  };
}

}  // namespace zoom_proxy::bench
