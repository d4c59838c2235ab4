// Golden cases: tests/vectors/<group>/<name>.txt through route table and sanitizer, in the peer's
// mode, with the built-in Zoom rules or those beside the case. tests/README.md has the format.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "rules/engine.hpp"
#include "tests/rules/json_values.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;

struct Vector {
  std::string method;
  std::string target;
  std::map<std::string, std::string> facts;
  std::optional<std::string> original;
  std::optional<std::string> sanitized;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What stands between the line `--- name` and the next marker or the end, without the last
/// newline.
std::optional<std::string> section(const std::string& text, const std::string& name) {
  const std::string marker = "\n--- " + name + "\n";
  const std::size_t start = text.find(marker);
  if (start == std::string::npos) return std::nullopt;
  const std::size_t from = start + marker.size();
  std::size_t to =
      name == "original" ? text.find("\n--- sanitized\n", from - 1) : std::string::npos;
  if (to == std::string::npos) to = text.size() - 1;
  return text.substr(from, std::max(from, to) - from);
}

Vector read_vector(const fs::path& path) {
  const std::string text = read_file(path);
  Vector vector;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const std::size_t blank = line.find(' ');
  vector.method = line.substr(0, blank);
  vector.target = line.substr(blank + 1);
  while (std::getline(lines, line) && !line.empty() && line.rfind("---", 0) != 0) {
    const std::size_t colon = line.find(": ");
    vector.facts[line.substr(0, colon)] = line.substr(colon + 2);
  }
  vector.original = section(text, "original");
  vector.sanitized = section(text, "sanitized");
  return vector;
}

/// The engine of a case's group: with the rules that stand beside it, else with the built-in ones.
const Engine& engine_of(const fs::path& vector) {
  static std::map<fs::path, Engine> engines;
  const fs::path own = vector.parent_path() / "rules.yaml";
  const fs::path rules = fs::exists(own) ? own : fs::path("zoom");
  const auto found = engines.find(rules);
  if (found != engines.end()) return found->second;
  return engines.try_emplace(rules, rules.string(), test::known_codec(), EgressGuard::off)
      .first->second;
}

/// The sanitized body when it comes in pieces of these sizes (the last repeats); nothing when it is
/// refused.
std::optional<std::string> sanitize(const Engine& engine, std::size_t endpoint,
                                    std::string_view body, std::vector<std::size_t> sizes) {
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  std::string out;
  for (std::size_t at = 0, piece = 0; at < body.size();) {
    const std::size_t size = sizes[std::min(piece++, sizes.size() - 1)];
    // A copy of its own, so that a view kept past its piece is caught by AddressSanitizer.
    const std::string copy(body.substr(at, size));
    if (!sanitizer.feed(copy, out)) return std::nullopt;
    at += size;
  }
  if (!sanitizer.finish(out)) return std::nullopt;
  return out;
}

class VectorTest : public testing::TestWithParam<fs::path> {};

TEST_P(VectorTest, GivesTheGoldenResultHoweverItIsCut) {
  const Vector vector = read_vector(GetParam());
  std::string target = vector.target;
  target.resize(
      std::min(target.find('#'), target.size()));  // a fragment is not sent (RFC 9110 7.1)
  const Engine& engine = engine_of(GetParam());
  const auto match = engine.match(vector.method, target);
  const auto fact = [&](const char* key) {
    const auto found = vector.facts.find(key);
    return found == vector.facts.end() ? std::string() : found->second;
  };
  if (fact("outcome") == "refused") {
    EXPECT_TRUE(std::holds_alternative<RouteRefusal>(match));
    return;
  }
  ASSERT_TRUE(std::holds_alternative<RouteMatch>(match));
  const std::size_t endpoint = std::get<RouteMatch>(match).endpoint;
  if (!fact("endpoint").empty()) {
    EXPECT_EQ(std::to_string(endpoint + 1), fact("endpoint"));
  }
  if (!vector.original) return;

  const std::string& body = *vector.original;
  const std::optional<std::string> whole = sanitize(engine, endpoint, body, {body.size() + 1});
  if (fact("outcome") == "error") {
    EXPECT_FALSE(whole.has_value()) << *whole;
  } else {
    ASSERT_TRUE(whole.has_value());
    ASSERT_TRUE(vector.sanitized.has_value());
    EXPECT_EQ(test::canonical_json(*whole), test::canonical_json(*vector.sanitized)) << *whole;
  }
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    ASSERT_EQ(sanitize(engine, endpoint, body, {cut, body.size()}), whole) << "cut at byte " << cut;
  }
  EXPECT_EQ(sanitize(engine, endpoint, body, {1}), whole) << "byte by byte";
}

std::vector<fs::path> all_vectors() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(TEST_DATA_DIR "/vectors")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name =
      info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, VectorTest, testing::ValuesIn(all_vectors()), test_name);

TEST(Vectors, AreThere) { EXPECT_GE(all_vectors().size(), 200U); }

}  // namespace
}  // namespace zoom_proxy
