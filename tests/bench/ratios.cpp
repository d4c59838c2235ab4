#include "tests/bench/ratios.hpp"

#include <benchmark/benchmark.h>

#include <boost/json.hpp>
#include <memory>
#include <stdexcept>

#include "tests/bench/baselines.hpp"
#include "tests/bench/bulk_ratios.hpp"
#include "tests/bench/engines.hpp"
#include "tests/bench/subjects.hpp"

namespace zoom_proxy::bench {
namespace {

namespace json = boost::json;

/// A subject with its document made.
class Prepared {
 public:
  Prepared(const Subject& subject, std::uint64_t seed)
      : engine_(engine(subject.rules)),
        endpoint_(endpoint(engine_, subject.target)),
        body_(subject.document(seed)) {
    const ValueCounts counts = sanitize(engine_, endpoint_, body_, out_);
    if (subject.tokens && counts.pseudonymized != *subject.tokens) {
      throw std::runtime_error(subject.name + ": another number of tokens than meant");
    }
  }

  void run() { sanitize(engine_, endpoint_, body_, out_); }
  [[nodiscard]] const std::string& body() const { return body_; }
  /// Of the last run.
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  const Engine& engine_;
  std::size_t endpoint_;
  std::string body_;
  std::string out_;
};

Ratio against_parser(const Subject& subject) {
  return {subject.name + "_vs_basic_parser", subject.parser_goal, subject.pairs,
          [subject](std::uint64_t seed) -> Rivals {
            const auto prepared = std::make_shared<Prepared>(subject, seed);
            return {[prepared] { prepared->run(); }, [prepared] { parse_only(prepared->body()); }};
          }};
}

/// The rival does the same job with a document tree, and must come to the same result.
Ratio against_sanitizing_tree(const Subject& subject) {
  return {subject.name + "_vs_parse_walk_serialize", subject.tree_goal, subject.pairs,
          [subject](std::uint64_t seed) -> Rivals {
            const auto prepared = std::make_shared<Prepared>(subject, seed);
            const json::value kept = json::parse(subject.kept);
            if (json::parse(prepared->out()) !=
                json::parse(parse_walk_serialize(prepared->body(), kept))) {
              throw std::runtime_error(subject.name + ": the rival comes to another result");
            }
            return {[prepared] { prepared->run(); },
                    [prepared, kept] {
                      benchmark::DoNotOptimize(parse_walk_serialize(prepared->body(), kept));
                    }};
          }};
}

Ratio against_bare_tree(const Subject& subject) {
  return {subject.name + "_vs_parse_and_serialize",
          {},
          subject.pairs,
          [subject](std::uint64_t seed) -> Rivals {
            const auto prepared = std::make_shared<Prepared>(subject, seed);
            return {
                [prepared] { prepared->run(); },
                [prepared] { benchmark::DoNotOptimize(parse_and_serialize(prepared->body())); }};
          }};
}

/// A thousand at a time, lest calling the work counts.
Ratio pseudonym() {
  constexpr int kTimes = 1'000;
  return {"pseudonym_vs_two_compressions", 1.2, 101, [](std::uint64_t) -> Rivals {
            const auto out = std::make_shared<std::string>();
            return {[out, tokens = codec()] {
                      for (int i = 0; i < kTimes; ++i) {
                        out->clear();
                        tokens->append_token("z8yAAAAA8bbbQ_22_chars", false, false, *out);
                        benchmark::DoNotOptimize(out->data());
                      }
                    },
                    [] {
                      for (int i = 0; i < kTimes; ++i) two_compressions();
                    }};
          }};
}

}  // namespace

std::vector<Ratio> ratios() {
  std::vector<Ratio> out;
  for (const Subject& subject : subjects()) {
    out.push_back(against_parser(subject));
    if (!subject.kept.empty()) out.push_back(against_sanitizing_tree(subject));
  }
  out.push_back(against_bare_tree(subjects().front()));
  out.push_back(pseudonym());
  for (Ratio& ratio : bulk_ratios()) out.push_back(std::move(ratio));
  return out;
}

}  // namespace zoom_proxy::bench
