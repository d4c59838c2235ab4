#pragma once
// The commands behind the table in main.cpp: each takes its options, does its job and returns the
// exit code. A ConfigError that leaves a command is printed by main and becomes exit code 1.

#include <chrono>
#include <cstddef>
#include <string>

#include "config/loader.hpp"
#include "rules/bulk/bulk_sanitizer.hpp"

namespace zoom_proxy {

/// What the shell sees (docs/reference.md, "Exit codes").
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       ///< settings, rules or secrets refused; a check failed
  kUsage = 2,        ///< unknown command, option or option value
  kNoEndpoint = 3,   ///< sanitize: no endpoint of the rules matches
  kBodyRefused = 4,  ///< sanitize, bulk: the input cannot be sanitized
};

/// Runs the server until SIGTERM or SIGINT. `config_file` empty: from the environment alone.
[[nodiscard]] int serve_command(const std::string& config_file, const Environment& environment);

struct CheckOptions {
  std::string config_file;
  bool online = false;        ///< also ask Zoom, as `doctor` does
  bool print_config = false;  ///< print the settings in force, secrets masked
  bool verbose = false;       ///< list every field that leaves in clear
};
[[nodiscard]] int check_command(const CheckOptions& options, const Environment& environment);

/// Walks the set-up of the Zoom app step by step against the real account.
[[nodiscard]] int doctor_command(const std::string& config_file, const Environment& environment);

struct SanitizeOptions {
  std::string config_file;
  std::string rules;  ///< empty: what the settings say
  std::string url;    ///< `/path?query`; a fragment is cut off
  std::string method = "GET";
  std::string algorithm;  ///< empty: what the settings say
};
/// One body from stdin to stdout.
[[nodiscard]] int sanitize_command(const SanitizeOptions& options, const Environment& environment);

struct BulkCommandOptions {
  std::string config_file;
  std::string rules;
  std::string algorithm;  ///< empty: what the settings say
  std::string in = "-";   ///< a file; `-`: standard input
  std::string out = "-";  ///< a file; `-`: standard output
  BulkOptions text;
  bool gzip = false;        ///< also where the output's name does not end in .gz
  std::size_t threads = 0;  ///< beside the one that reads and writes; 0: that one does all
  // Of directories: both or neither of them, instead of `in` and `out`.
  std::string in_directory;
  std::string out_directory;
  std::size_t shards = 0;   ///< 0: as the platform says
  std::size_t at_once = 4;  ///< files
  bool watch = false;       ///< look again and again, until a signal
  /// Between two looks. A new file waits for two of them; each look costs a bucket's listing.
  std::chrono::duration<double> interval{5};
};
/// One file, or standard input, to another one. SIGHUP, SIGINT and SIGTERM end the process with 128
/// and their number, and leave no output file.
[[nodiscard]] int bulk_command(const BulkCommandOptions& options, const Environment& environment);
/// The same for all files of a directory; with `watch` those signals end it with 0. What becomes of
/// the files is told on standard error.
[[nodiscard]] int bulk_directory_command(const BulkCommandOptions& options,
                                         const Environment& environment);

struct ExplainOptions {
  std::string rules = "zoom";
  std::string diff;  ///< another rule set: show only what is different in it
  bool json = false;
  std::string html_file;  ///< write a page for people there, with the difference if there is `diff`
};
/// What leaves and how, by endpoint and field. Needs no settings and no secrets. Of `environment`
/// SOURCE_DATE_EPOCH counts, as the page's date.
[[nodiscard]] int explain_command(const ExplainOptions& options, const Environment& environment);

}  // namespace zoom_proxy
