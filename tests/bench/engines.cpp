#include "tests/bench/engines.hpp"

#include <stdexcept>
#include <variant>

namespace zoom_proxy::bench {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) {
    throw std::runtime_error("the built-in rules changed: adapt the variants of the benchmark");
  }
  for (; at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
  }
}

RulesText variant(Rules rules) {
  RulesText text = load_rules_text("zoom");
  if (rules != Rules::zoom) replace_all(text.yaml, "        includeReversible: true\n", "");
  if (rules == Rules::redacting) {
    replace_all(text.yaml, "        encoding: URL_SAFE_TOKEN\n", "");
    replace_all(text.yaml, "!<pseudonymize>", "!<redact>");
  }
  return text;
}

}  // namespace

std::shared_ptr<const TokenCodec> codec() {
  static const auto instance = [] {
    PseudonymOptions options;
    options.salt = "a salt of thirty-two characters!";
    options.encryption_key = "a key for the benchmark";
    return std::make_shared<const TokenCodec>(options);
  }();
  return instance;
}

const Engine& engine(Rules rules) {
  static const Engine zoom(variant(Rules::zoom), codec());
  static const Engine hashing(variant(Rules::hashing), codec());
  static const Engine redacting(variant(Rules::redacting), codec());
  switch (rules) {
    case Rules::hashing:
      return hashing;
    case Rules::redacting:
      return redacting;
    case Rules::zoom:
      break;
  }
  return zoom;
}

std::size_t endpoint(const Engine& engine, std::string_view target) {
  const auto match = engine.match("GET", target);
  if (!std::holds_alternative<RouteMatch>(match)) {
    throw std::runtime_error("no rule for the target of a benchmark");
  }
  return std::get<RouteMatch>(match).endpoint;
}

ValueCounts sanitize(const Engine& engine, std::size_t endpoint, std::string_view body,
                           std::string& out) {
  out.clear();
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  bool ok = true;
  for (std::size_t at = 0; ok && at < body.size(); at += kChunkBytes) {
    ok = sanitizer.feed(body.substr(at, kChunkBytes), out);
  }
  if (!ok || !sanitizer.finish(out)) throw std::runtime_error("a benchmark's body was refused");
  return sanitizer.counts();
}

}  // namespace zoom_proxy::bench
