// The command table.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <thread>

#include "config/value.hpp"
#include "server/cli/commands.hpp"
#include "server/memory_images.hpp"
#include "server/version.hpp"

namespace zoom_proxy {

namespace {

using Run = std::function<int(const Environment&)>;

/// Of `bulk`: one thread feeds no more of them, and their pieces fit into 64 MiB.
constexpr std::size_t kMostThreads = 12;
/// Each has a thread that reads and writes, and a dozen pieces in memory.
constexpr std::size_t kMostFiles = 64;

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("--config", file, "Settings file; without it the environment alone counts")
      ->type_name("FILE");
}

void add_algorithm_option(CLI::App& command, std::string& algorithm) {
  std::vector<std::string> algorithms;
  for (const auto& row : names_of(PseudonymAlgorithm{})) algorithms.emplace_back(row.name);
  command.add_option("--algorithm", algorithm, "How values are hashed")
      ->check(CLI::IsMember(algorithms));
}

Run add_serve(CLI::App& command) {
  const auto file = std::make_shared<std::string>();
  add_config_option(command, *file);
  return [file](const Environment& environment) { return serve_command(*file, environment); };
}

Run add_check(CLI::App& command) {
  const auto options = std::make_shared<CheckOptions>();
  add_config_option(command, options->config_file);
  command.add_flag("--online", options->online, "Also ask Zoom, step by step, as doctor does");
  command.add_flag("--print-config", options->print_config,
                   "Also print the settings in force and where each comes from; secrets masked");
  command.add_flag("--verbose", options->verbose, "List every field and what becomes of it");
  return [options](const Environment& environment) { return check_command(*options, environment); };
}

Run add_doctor(CLI::App& command) {
  const auto file = std::make_shared<std::string>();
  add_config_option(command, *file);
  return [file](const Environment& environment) { return doctor_command(*file, environment); };
}

Run add_sanitize(CLI::App& command) {
  const auto options = std::make_shared<SanitizeOptions>();
  add_config_option(command, options->config_file);
  command.add_option("--rules", options->rules, "Name of a built-in rule set, or a rules file")
      ->type_name("R");
  command.add_option("--url", options->url, "Path and query, as a client would send them")
      ->type_name("URL")
      ->required();
  command.add_option("--method", options->method, "HTTP method")->capture_default_str();
  add_algorithm_option(command, options->algorithm);
  return
      [options](const Environment& environment) { return sanitize_command(*options, environment); };
}

/// Instead of IN and OUT.
void add_directory_options(CLI::App& command, const std::shared_ptr<BulkCommandOptions>& options) {
  CLI::Option* const in =
      command
          .add_option("--in", options->in_directory, "All files of this directory, with folders")
          ->type_name("DIR");
  CLI::Option* const out =
      command
          .add_option("--out", options->out_directory,
                      "Into that one, each once: what is there already is not done again")
          ->type_name("DIR");
  for (CLI::Option* const one : {in, out}) {
    one->excludes(command.get_option("IN"))->excludes(command.get_option("OUT"));
    one->check([](const std::string& path) { return path.empty() ? "needs a directory" : ""; });
  }
  in->needs(out);
  out->needs(in);
  command
      .add_option("--shards", options->shards,
                  "Of how many machines this is one; which, JOB_COMPLETION_INDEX says. Cloud Run "
                  "knows both")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->needs(in);
  command.add_option("--at-once", options->at_once, "Files that are under way together")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostFiles))
      ->capture_default_str()
      ->needs(in);
  CLI::Option* const watch =
      command.add_flag("--watch", options->watch, "Wait for further files, until SIGTERM")
          ->needs(in);
  command
      .add_option_function<double>(
          "--interval-seconds",
          [options](double seconds) { options->interval = std::chrono::duration<double>(seconds); },
          "With --watch: between two looks; a file is done when two saw it the same")
      ->type_name("S")
      ->check(CLI::Range(0.001, 86400.0))
      ->needs(watch);
}

Run add_bulk(CLI::App& command) {
  const auto options = std::make_shared<BulkCommandOptions>();
  options->threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  add_config_option(command, options->config_file);
  command.add_option("--rules", options->rules, "Name of a built-in rule set, or a rules file")
      ->type_name("R")
      ->required();
  command.add_option("IN", options->in, "File, plain or gzip; -: standard input")
      ->capture_default_str();
  command
      .add_option("OUT", options->out,
                  "File, there once it is whole; -: standard output. Gzip if it ends in .gz")
      ->capture_default_str();
  add_algorithm_option(command, options->algorithm);
  command.add_flag("--allow-missing", options->text.allow_missing,
                   "A column to pseudonymize may be missing: a warning, and an empty column");
  CLI::Option* const shuffle = command.add_flag("--shuffle", options->text.shuffle,
                                                "Rows leave in random order, by the block");
  std::random_device random;  // so that nobody can put the rows back in order
  options->text.seed = (std::uint64_t{random()} << 32) | random();
  command
      .add_option("--seed", options->text.seed,
                  "Of that order; the same seed, the same order [random]")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->needs(shuffle);
  command.add_flag("--gzip", options->gzip, "Gzip out, whatever the output is called");
  command
      .add_option("--threads", options->threads,
                  "That sanitize, beside the one that reads and writes; 0: that one does all")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, kMostThreads))
      ->capture_default_str();
  add_directory_options(command, options);
  return [options](const Environment& environment) {
    const auto run = options->in_directory.empty() ? bulk_command : bulk_directory_command;
    return run(*options, environment);
  };
}

Run add_explain(CLI::App& command) {
  const auto options = std::make_shared<ExplainOptions>();
  command.add_option("--rules", options->rules, "Name of a built-in rule set, or a rules file")
      ->type_name("R")
      ->capture_default_str();
  CLI::Option* const diff =
      command.add_option("--diff", options->diff, "Show only what is different in this rule set")
          ->type_name("R2");
  CLI::Option* const as_json = command.add_flag("--json", options->json, "As JSON")->excludes(diff);
  command
      .add_option("--html", options->html_file,
                  "Write the report for the privacy officer, one HTML page, with --diff the "
                  "difference in it")
      ->type_name("FILE")
      ->check([](const std::string& file) { return file.empty() ? "needs a file's name" : ""; })
      ->excludes(as_json);
  return
      [options](const Environment& environment) { return explain_command(*options, environment); };
}

struct Command {
  const char* name;
  const char* description;
  const char* example;
  Run (*add_options)(CLI::App&);
};

constexpr Command kCommands[] = {
    {"serve", "Run the server until SIGTERM",
     "ZOOM_PROXY_INBOUND_AUTH_MODE=platform PSOXY_SALT_FILE=/run/secrets/salt ... zoom-proxy "
     "serve\n"
     "  zoom-proxy serve --config /etc/zoom-proxy.yaml",
     add_serve},
    {"check", "Check settings, rules and secrets, and that nothing leaks",
     "zoom-proxy check --config /etc/zoom-proxy.yaml --online", add_check},
    {"doctor", "Check the set-up of the Zoom app step by step, at Zoom",
     "zoom-proxy doctor --config /etc/zoom-proxy.yaml", add_doctor},
    {"explain", "Say what leaves and how, by endpoint and field",
     "zoom-proxy explain --rules my-rules.yaml\n"
     "  zoom-proxy explain --rules zoom --diff my-rules.yaml\n"
     "  zoom-proxy explain --html report.html",
     add_explain},
    {"sanitize", "Sanitize one body from stdin to stdout, as the server would",
     "PSOXY_SALT_FILE=salt.txt PSOXY_ENCRYPTION_KEY_FILE=key.txt \\\n"
     "    zoom-proxy sanitize --url '/v2/users?page_size=30' < users.json",
     add_sanitize},
    {"bulk", "Sanitize files of CSV or JSON records",
     "PSOXY_SALT_FILE=salt.txt zoom-proxy bulk --rules zoom-ai-metrics metrics.csv out.csv\n"
     "  zoom-proxy bulk --rules my-rules.yaml < records.ndjson.gz > sanitized.ndjson\n"
     "  zoom-proxy bulk --rules zoom-ai-metrics --in /mnt/exports --out /mnt/sanitized",
     add_bulk},
};

void print_version(bool as_json) {
  if (!as_json) {
    std::cout << "zoom-proxy " << kVersion << '\n';
    return;
  }
  boost::json::object libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  boost::json::object out;
  out["version"] = kVersion;
  out["commit"] = kCommit.empty() ? "unknown" : kCommit;
  out["build"] = kBuildType;
  out["libraries"] = std::move(libraries);
  std::cout << boost::json::serialize(out) << '\n';
}

int run(int argc, char** argv) {
  forbid_memory_images();
  const Environment environment = process_environment();
  hide_secrets_of_process_environment();
  CLI::App app("A proxy before Zoom's API that lets no personal data through.", "zoom-proxy");
  app.require_subcommand(0, 1);
  app.footer("zoom-proxy COMMAND --help shows an example of each command.");
  bool version = false;
  bool json = false;
  CLI::Option* const version_flag = app.add_flag("--version", version, "Print the version");
  app.add_flag("--json", json, "With --version: as JSON, with commit, build and libraries")
      ->needs(version_flag);

  int exit_code = kUsage;
  for (const Command& command : kCommands) {
    CLI::App* const sub = app.add_subcommand(command.name, command.description);
    sub->footer(std::string("Example:\n  ") + command.example);
    sub->callback([&exit_code, &environment, go = command.add_options(*sub)] {
      exit_code = go(environment);
    });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  if (version) {
    print_version(json);
    return kOk;
  }
  if (app.get_subcommands().empty()) std::cerr << app.help();
  return exit_code;
}

}  // namespace

}  // namespace zoom_proxy

int main(int argc, char** argv) {
  try {
    return zoom_proxy::run(argc, argv);
  } catch (const zoom_proxy::ConfigError& error) {
    std::cerr << error.what() << '\n';  // begins with its place, as compilers write it
    return zoom_proxy::kFailed;
  } catch (const std::exception& error) {
    std::cerr << "zoom-proxy: " << error.what() << '\n';
    return zoom_proxy::kFailed;
  }
}
