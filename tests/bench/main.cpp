// Speed, as quotients: each times two things in turn within this run, so that the machine's moods
// hit both, and compares them pair by pair. And what has no rival: compile time and allocations.

#include <benchmark/benchmark.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "tests/bench/allocations.hpp"
#include "tests/bench/ratios.hpp"
#include "tests/bench/report.hpp"

namespace zoom_proxy::bench {
namespace {

/// Short and many: the machine's moods last longer.
constexpr double kSecondsPerTiming = 0.001;

/// Of this thread's own processor time what other processes take does not count.
double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Seconds for the work once.
double seconds(const Work& work, int times = 1, clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
  const double begin = now(clock);
  for (int i = 0; i < times; ++i) work();
  return (now(clock) - begin) / times;
}

/// How often to repeat the work for one timing of it.
int repetitions(const Work& work, Timing timing) {
  if (timing == Timing::long_wall) return 1;
  seconds(work);  // warms up
  const double once = std::max(std::min(seconds(work, 3), seconds(work, 3)), 1e-8);
  return static_cast<int>(std::ceil(kSecondsPerTiming / once));
}

void measure(benchmark::State& state, const Ratio& ratio, std::uint64_t seed,
             std::vector<Row>& rows) {
  const Rivals rivals = ratio.prepare(seed);
  const clockid_t clock =
      ratio.timing == Timing::long_wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
  const int our_times = repetitions(rivals.ours, ratio.timing);
  const int their_times = repetitions(rivals.theirs, ratio.timing);
  std::vector<double> quotients;
  for (auto _ : state) {
    const bool we_begin = quotients.size() % 2 == 0;
    double ours = we_begin ? seconds(rivals.ours, our_times, clock) : 0;
    const double theirs = seconds(rivals.theirs, their_times, clock);
    if (!we_begin) ours = seconds(rivals.ours, our_times, clock);
    quotients.push_back(ours / theirs);
    state.SetIterationTime(ours);
  }
  rows.push_back(summarize(Unit::quotient, ratio.name, quotients, ratio.goal));
  state.counters["ratio"] = rows.back().median;
  const auto per_second = benchmark::Counter::kIsIterationInvariantRate;
  if (rivals.bytes > 0) {
    state.counters["bytes"] = {static_cast<double>(rivals.bytes), per_second};
    state.counters["rows"] = {static_cast<double>(rivals.rows), per_second};
  }
}

void compile_zoom(benchmark::State& state, std::vector<Row>& rows) {
  std::vector<double> samples;
  const Work compile = [] { benchmark::DoNotOptimize(Engine("zoom", codec())); };
  compile();  // warms up, and derives the codec's keys
  for (auto _ : state) {
    samples.push_back(seconds(compile) * 1e3);
    state.SetIterationTime(samples.back() / 1e3);
  }
  rows.push_back(summarize(Unit::compile_ms, "compile_zoom", samples, 20));
}

void register_all(std::uint64_t seed, std::vector<Row>& rows) {
  for (const Ratio& ratio : ratios()) {
    benchmark::RegisterBenchmark(
        ratio.name.c_str(),
        [ratio, seed, &rows](benchmark::State& state) { measure(state, ratio, seed, rows); })
        ->Iterations(ratio.pairs)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RegisterBenchmark("compile_zoom",
                               [&rows](benchmark::State& state) { compile_zoom(state, rows); })
      ->Iterations(21)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  for (const AllocationCase& what : allocation_cases()) {
    benchmark::RegisterBenchmark(
        ("allocations_" + std::string(what.name)).c_str(),
        [what, seed, &rows](benchmark::State& state) {
          for (auto _ : state) {
            rows.push_back(summarize(Unit::allocations, std::string(what.name),
                                     allocations_per_chunk(what, seed), 0));
          }
        })
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
}

void write_json(const std::vector<Row>& rows, const std::string& name) {
  std::ofstream file(name);
  file << boost::json::serialize(to_json(rows)) << std::endl;
  if (!file) {
    throw std::runtime_error(name + ": cannot be written; name a file in a folder that exists");
  }
}

int run(int argc, char** argv) {
  CLI::App app("Times the rule engine against Boost.JSON and OpenSSL, and bulk against gzip.",
               "zoom-proxy-bench");
  std::string json_file;
  std::uint64_t seed = 1;
  app.add_option("--json", json_file, "write the results to this file");
  app.add_option("--seed", seed, "of the made-up documents")->capture_default_str();
  app.allow_extras();
  app.footer(
      "All other flags are Google Benchmark's; --benchmark_list_tests names what there is.\n"
      "Example: zoom-proxy-bench --json result.json --benchmark_filter=list_users_300");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "zoom-proxy-bench: %s\n\n%s", error.what(), app.help().c_str());
    return 2;
  }

  std::vector<std::string> rest = app.remaining();
  std::vector<char*> flags = {argv[0]};
  for (std::string& flag : rest) flags.push_back(flag.data());
  int count = static_cast<int>(flags.size());
  benchmark::Initialize(&count, flags.data());
  if (benchmark::ReportUnrecognizedArguments(count, flags.data())) {
    std::fprintf(stderr, "\n%s", app.help().c_str());
    return 2;
  }

  std::vector<Row> rows;
  register_all(seed, rows);
  benchmark::RunSpecifiedBenchmarks();
  // Another format is for programs: stdout is theirs alone then.
  const bool for_people = std::none_of(rest.begin(), rest.end(), [](const std::string& flag) {
    return flag.starts_with("--benchmark_format=") && !flag.ends_with("=console");
  });
  if (for_people) print(rows);
  if (!json_file.empty()) write_json(rows, json_file);
  return 0;
}

}  // namespace
}  // namespace zoom_proxy::bench

int main(int argc, char** argv) {
  try {
    return zoom_proxy::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zoom-proxy-bench: %s\n", error.what());
    return 1;
  }
}
