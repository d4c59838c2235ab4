#pragma once
// A case of tests/attacks/*.jsonl, whose format is told in tests/README.md.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy::test {

namespace bj = boost::json;

struct Attack : bj::object {};
/// What a failing case shows beside its name.
inline void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.at("why"); }

/// Those of a file, one a line; its name counts from the folder of the test program.
inline std::vector<Attack> read_attacks(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + '/' + name);
  std::vector<Attack> cases;
  for (std::string line; std::getline(file, line);) cases.push_back({bj::parse(line).as_object()});
  return cases;
}

inline std::string text(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(key);
  return value == nullptr ? "" : std::string(std::string_view(value->as_string()));
}

/// By OpenSSL, not by what is under test.
inline std::string decode_base64(std::string_view encoded) {
  std::string out(encoded.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(encoded.data()),
                                   static_cast<int>(encoded.size()));
  const std::size_t padding = encoded.size() - (encoded.find_last_not_of('=') + 1);
  if (size < 0 || padding > 2) throw std::runtime_error("a case is not base64");
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

/// The bytes of FIELD, FIELD_b64 or FIELD_parts.
inline std::string bytes(const bj::object& object, const std::string& field) {
  if (object.contains(field)) return text(object, field);
  if (object.contains(field + "_b64")) return decode_base64(text(object, field + "_b64"));
  std::string out;
  for (const bj::value& part : object.at(field + "_parts").as_array()) {
    const std::string_view encoded = part.at(0).as_string();
    const std::string piece = decode_base64(encoded);
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
