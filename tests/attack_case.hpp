#pragma once
// A case of tests/attacks/*.jsonl, whose format is told in tests/README.md.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "rules/format/encoding.hpp"

namespace zoom_proxy::test {

namespace bj = boost::json;

struct Attack : bj::object {};
/// What a failing case shows beside its name.
inline void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.at("why"); }

/// Of tests/attacks/NAME, one a line.
inline std::vector<Attack> read_attacks(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/attacks/" + name);
  std::vector<Attack> cases;
  for (std::string line; std::getline(file, line);) cases.push_back({bj::parse(line).as_object()});
  return cases;
}

inline std::string text(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(key);
  return value == nullptr ? "" : std::string(std::string_view(value->as_string()));
}

/// The bytes of FIELD, FIELD_b64 or FIELD_parts.
inline std::string bytes(const bj::object& object, const std::string& field) {
  if (object.contains(field)) return text(object, field);
  if (object.contains(field + "_b64")) return decode_base64(text(object, field + "_b64")).value();
  std::string out;
  for (const bj::value& part : object.at(field + "_parts").as_array()) {
    const std::string_view encoded = part.at(0).as_string();
    const std::string piece = decode_base64(encoded).value();
    for (std::int64_t i = 0; i < part.at(1).as_int64(); ++i) out += piece;
  }
  return out;
}

inline std::string case_name(const ::testing::TestParamInfo<Attack>& info) {
  std::string name = text(info.param, "id");
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace zoom_proxy::test
