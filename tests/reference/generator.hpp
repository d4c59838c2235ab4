#pragma once
// Made-up rules, and documents that fit them roughly, from a seed. Everything stays inside the
// domain of tests/reference/reference.hpp.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace zoom_proxy::reference {

/// An endpoint's rules in parts, so that a failing case can be made smaller.
struct GeneratedRules {
  std::string definitions;              ///< YAML flow map
  std::string schema;                   ///< YAML flow map; empty: no response schema
  std::vector<std::string> transforms;  ///< YAML list items

  [[nodiscard]] std::string yaml() const;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] GeneratedRules rules();
  /// JSON text, with white space and escapes where they may stand.
  [[nodiscard]] std::string document();
  /// 0 … bound - 1.
  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  [[nodiscard]] bool chance(std::size_t percent) { return below(100) < percent; }
  std::string schema(int depth, bool may_refer);
  std::string choice(int depth, bool may_refer);
  std::string object(int depth, bool may_refer, const std::string& constant_at);
  std::string constant();
  std::string path();
  std::string condition(int depth);
  std::string transform();
  std::string value(int depth);
  std::string container(int depth, bool object);
  std::string space();
  std::string key();

  std::mt19937_64 random_;
  bool top_is_array_ = false;
};

}  // namespace zoom_proxy::reference
