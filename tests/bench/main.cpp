// Speed, as ratios: each times two things in turn within this run, so that the machine's moods hit
// both, and compares them pair by pair. Smaller is better. `--json FILE` writes the ratios; all
// other flags are Google Benchmark's.

#include <benchmark/benchmark.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "rules/compiler.hpp"
#include "rules/engine.hpp"
#include "tests/bench/documents.hpp"

namespace zoom_proxy::bench {
namespace {

constexpr std::size_t kChunk = 65'536;

/// A parser that looks at everything and keeps nothing: the least that a library's parser does.
struct NullHandler {
  static constexpr std::size_t max_object_size = ~std::size_t{0};
  static constexpr std::size_t max_array_size = ~std::size_t{0};
  static constexpr std::size_t max_key_size = ~std::size_t{0};
  static constexpr std::size_t max_string_size = ~std::size_t{0};
  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;
  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  bool on_key(string_view, std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

void parse_only(const std::string& body) {
  boost::json::basic_parser<NullHandler> parser(boost::json::parse_options{});
  boost::json::error_code error;
  for (std::size_t at = 0; at < body.size() && !error; at += kChunk) {
    const std::size_t size = std::min(kChunk, body.size() - at);
    parser.write_some(at + size < body.size(), body.data() + at, size, error);
  }
  if (error) throw std::runtime_error("the document of a benchmark is no JSON");
}

void parse_and_serialize(const std::string& body) {
  benchmark::DoNotOptimize(boost::json::serialize(boost::json::parse(body)));
}

void sanitize(const Engine& engine, std::size_t endpoint, const std::string& body,
              std::string& out) {
  out.clear();
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  bool ok = true;
  for (std::size_t at = 0; ok && at < body.size(); at += kChunk) {
    ok = sanitizer.feed(std::string_view(body).substr(at, kChunk), out);
  }
  if (!ok || !sanitizer.finish(out)) throw std::runtime_error("a benchmark's body was refused");
}

std::shared_ptr<const TokenCodec> codec() {
  static const auto instance = [] {
    PseudonymOptions options;
    options.salt = "a salt of thirty-two characters!";
    options.encryption_key = "a key for the benchmark";
    return std::make_shared<const TokenCodec>(options);
  }();
  return instance;
}

const Engine& zoom() {
  static const Engine engine("zoom", codec());
  return engine;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
  }
}

/// The built-in rules with one-way pseudonyms alone, or with redaction in their place.
Engine variant(bool redacting) {
  std::string yaml = load_rules_text("zoom").yaml;
  replace_all(yaml, "        includeReversible: true\n", "");
  if (redacting) {
    replace_all(yaml, "        encoding: URL_SAFE_TOKEN\n", "");
    replace_all(yaml, "!<pseudonymize>", "!<redact>");
  }
  return Engine(RulesText{yaml, "variant"}, codec());
}

const Engine& hashing() {
  static const Engine engine = variant(false);
  return engine;
}

const Engine& redacting() {
  static const Engine engine = variant(true);
  return engine;
}

std::size_t endpoint(const Engine& engine, const char* target) {
  return std::get<RouteMatch>(engine.match("GET", target)).endpoint;
}

using Work = std::function<void()>;

struct Ratio {
  std::string name;
  double goal;
  Work ours;
  Work theirs;
};

/// What a pseudonym cannot do without: two compressions of SHA-256.
void two_compressions() {
  static SHA256_CTX context;
  static unsigned char block[64];
  SHA256_Init(&context);
  SHA256_Transform(&context, block);
  SHA256_Transform(&context, block);
  benchmark::DoNotOptimize(context);
}

void one_token() {
  static std::string out;
  out.clear();
  codec()->append_token("z8yAAAAA8bbbQ_22_chars", false, false, out);
  benchmark::DoNotOptimize(out.data());
}

void repeat(int times, void (*work)()) {
  for (int i = 0; i < times; ++i) work();
}

std::vector<Ratio> ratios() {
  static const std::string users = list_users(300);
  static const std::string dropped = mostly_dropped();
  static std::string out;
  static const std::size_t list = endpoint(zoom(), "/v2/users");
  const Work three_hashes = [] { sanitize(hashing(), list, users, out); };
  return {
      {"list_users_300_vs_basic_parser", 0.85, three_hashes, [] { parse_only(users); }},
      {"list_users_300_redacting_vs_basic_parser", 0.60,
       [] { sanitize(redacting(), list, users, out); }, [] { parse_only(users); }},
      {"drop_heavy_vs_basic_parser", 0.20, [] { sanitize(zoom(), list, dropped, out); },
       [] { parse_only(dropped); }},
      {"list_users_300_vs_parse_and_serialize", 0.12, three_hashes,
       [] { parse_and_serialize(users); }},
      {"pseudonym_vs_two_compressions", 1.2, [] { repeat(1000, one_token); },
       [] { repeat(1000, two_compressions); }},
  };
}

double seconds(const Work& work, int times) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Times both sides in turn and gives median, least and greatest quotient.
boost::json::object measure(const Ratio& ratio) {
  constexpr int kPairs = 21;
  const int times =
      std::max(1, static_cast<int>(0.005 / std::max(seconds(ratio.ours, 3) / 3, 1e-6)));
  std::vector<double> quotients;
  for (int pair = 0; pair < kPairs; ++pair) {
    const double ours = seconds(ratio.ours, times);
    quotients.push_back(ours / seconds(ratio.theirs, times));
  }
  std::sort(quotients.begin(), quotients.end());
  const double median = quotients[kPairs / 2];
  return {{"median", median},
          {"min", quotients.front()},
          {"max", quotients.back()},
          {"goal", ratio.goal},
          {"holds", median <= ratio.goal}};
}

void print_ratios(const std::string& json_file) {
  boost::json::object measured;
  std::printf("%-44s %8s %8s %8s %6s\n", "ratio", "median", "min", "max", "goal");
  for (const Ratio& ratio : ratios()) {
    const boost::json::object row = measure(ratio);
    std::printf("%-44s %8.3f %8.3f %8.3f %6.2f  %s\n", ratio.name.c_str(),
                row.at("median").as_double(), row.at("min").as_double(), row.at("max").as_double(),
                ratio.goal, row.at("holds").as_bool() ? "holds" : "missed");
    measured[ratio.name] = row;
  }
  if (!json_file.empty()) {
    std::ofstream(json_file) << boost::json::serialize(boost::json::object{{"ratios", measured}})
                             << '\n';
  }
}

void sanitize_users(benchmark::State& state) {
  const std::string body = list_users(static_cast<int>(state.range(0)));
  const std::size_t list = endpoint(zoom(), "/v2/users");
  std::string out;
  for (auto _ : state) sanitize(zoom(), list, body, out);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(sanitize_users)->Arg(1)->Arg(300)->Arg(30'000);

void compile_zoom(benchmark::State& state) {
  const RulesText text = load_rules_text("zoom");
  for (auto _ : state) benchmark::DoNotOptimize(Engine(text, codec()));
}
BENCHMARK(compile_zoom);

}  // namespace
}  // namespace zoom_proxy::bench

int main(int argc, char** argv) {
  std::string json_file;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    if (std::string(argv[i]) == "--json" && i + 1 < argc) {
      json_file = argv[++i];
    } else {
      rest.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  zoom_proxy::bench::print_ratios(json_file);
  return 0;
}
