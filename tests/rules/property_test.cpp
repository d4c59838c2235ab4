// The engine against tests/reference, on rules and documents made from a seed; and what must hold
// of every output. PROPERTY_CASES=100000 for a long run, PROPERTY_SEED=N to see one seed again.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "rules/engine.hpp"
#include "tests/reference/generator.hpp"
#include "tests/reference/reference.hpp"
#include "tests/rules/json_values.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

using reference::GeneratedRules;
using reference::Generator;

constexpr std::uint64_t kDefaultCases = 5'000;
constexpr int kDocumentsOfRules = 4;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Nothing when the rules are refused.
std::unique_ptr<Engine> engine_of(const GeneratedRules& rules, EgressGuard guard) {
  try {
    return std::make_unique<Engine>(RulesText{rules.yaml(), "made.yaml"}, test::known_codec(),
                                    guard);
  } catch (const ConfigError&) {
    return nullptr;
  }
}

/// In pieces of 1 to `longest` bytes; nothing when the body is refused.
std::optional<std::string> run(const Engine& engine, std::string_view body, std::size_t longest,
                               Generator& random) {
  Sanitizer sanitizer = engine.sanitizer(0);
  std::string out;
  while (!body.empty()) {
    const std::string piece(body.substr(0, 1 + random.below(longest)));
    if (!sanitizer.feed(piece, out)) return std::nullopt;
    body.remove_prefix(piece.size());
  }
  if (!sanitizer.finish(out)) return std::nullopt;
  return out;
}

std::optional<std::string> by_engine(const Engine& engine, const std::string& body) {
  Sanitizer sanitizer = engine.sanitizer(0);
  std::string out;
  if (!sanitizer.feed(body, out) || !sanitizer.finish(out)) return std::nullopt;
  return out;
}

std::optional<std::string> by_reference(const Engine& engine, EgressGuard guard,
                                        const std::string& body) {
  const RuleSet& rules = engine.rules();
  return reference::sanitize(rules, rules.endpoints.front(), *test::known_codec(), guard, body);
}

bool agree(const GeneratedRules& rules, EgressGuard guard, const std::string& body) {
  const auto engine = engine_of(rules, guard);
  if (engine == nullptr) return true;
  const auto canonical = [](const std::optional<std::string>& json) {
    return json ? test::canonical_json(*json) : "refused";
  };
  return canonical(by_engine(*engine, body)) == canonical(by_reference(*engine, guard, body));
}

/// The document without one of its values, in every way.
void smaller(const boost::json::value& whole, boost::json::value& part,
             std::vector<std::string>& out) {
  if (auto* object = part.if_object()) {
    const boost::json::object copy = *object;
    for (const auto& member : copy) {
      object->erase(member.key());
      out.push_back(boost::json::serialize(whole));
      *object = copy;
      smaller(whole, (*object)[member.key()], out);
    }
  } else if (auto* array = part.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      const boost::json::array copy = *array;
      array->erase(array->begin() + static_cast<std::ptrdiff_t>(i));
      out.push_back(boost::json::serialize(whole));
      *array = copy;
      smaller(whole, (*array)[i], out);
    }
  }
}

/// Leaves out transforms and values as long as the two still disagree.
void shrink(GeneratedRules& rules, EgressGuard guard, std::string& body) {
  for (bool shrunk = true; shrunk;) {
    shrunk = false;
    for (std::size_t i = 0; i < rules.transforms.size() && !shrunk; ++i) {
      GeneratedRules fewer = rules;
      fewer.transforms.erase(fewer.transforms.begin() + static_cast<std::ptrdiff_t>(i));
      if (agree(fewer, guard, body)) continue;
      rules = fewer;
      shrunk = true;
    }
    boost::json::value document = boost::json::parse(body);
    std::vector<std::string> candidates;
    smaller(document, document, candidates);
    for (const std::string& candidate : candidates) {
      if (shrunk || agree(rules, guard, candidate)) continue;
      body = candidate;
      shrunk = true;
    }
  }
}

std::string report(std::uint64_t seed, GeneratedRules rules, EgressGuard guard, std::string body) {
  shrink(rules, guard, body);
  const auto engine = engine_of(rules, guard);
  return "PROPERTY_SEED=" + std::to_string(seed) + "\n" + rules.yaml() + "document:  " + body +
         "\nengine:    " + by_engine(*engine, body).value_or("refused") +
         "\nreference: " + by_reference(*engine, guard, body).value_or("refused") + "\n";
}

TEST(Property, TheEngineAgreesWithTheReference) {
  const std::uint64_t cases = from_environment("PROPERTY_CASES", kDefaultCases);
  const std::uint64_t first = from_environment("PROPERTY_SEED", 1);
  const bool one = std::getenv("PROPERTY_SEED") != nullptr;
  std::uint64_t compared = 0;
  std::uint64_t refused_rules = 0;
  for (std::uint64_t seed = first; compared < cases && (!one || seed == first); ++seed) {
    Generator random(seed);
    const GeneratedRules rules = random.rules();
    const EgressGuard guard = random.below(2) == 0 ? EgressGuard::off : EgressGuard::redact;
    const auto engine = engine_of(rules, guard);
    refused_rules += engine == nullptr ? 1 : 0;
    for (int i = 0; engine != nullptr && i < kDocumentsOfRules; ++i) {
      const std::string body = random.document();
      ++compared;
      ASSERT_TRUE(agree(rules, guard, body)) << report(seed, rules, guard, body);
      const auto whole = by_engine(*engine, body);
      ASSERT_EQ(run(*engine, body, 1 + random.below(20), random), whole)
          << "cut in pieces: " << report(seed, rules, guard, body);
      if (whole && !whole->empty()) {
        boost::json::error_code error;
        boost::json::parse(*whole, error);
        ASSERT_FALSE(error) << "no JSON: " << report(seed, rules, guard, body);
      }
    }
  }
  EXPECT_LT(refused_rules * kDocumentsOfRules, compared) << "most rules must load";
  RecordProperty("compared", std::to_string(compared));
  RecordProperty("refused_rules", std::to_string(refused_rules));
}

}  // namespace
}  // namespace zoom_proxy
