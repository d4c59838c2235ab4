// SHA256_Transform is deprecated in OpenSSL 3 and still the barest way to its assembler code, which
// picks SHA-NI, AVX2, … by itself.
#define OPENSSL_API_COMPAT 0x10100000L

#include "tests/bench/baselines.hpp"

#include <benchmark/benchmark.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <stdexcept>

#include "tests/bench/engines.hpp"

namespace zoom_proxy::bench {
namespace {

namespace json = boost::json;

struct NullHandler {
  static constexpr std::size_t max_object_size = ~std::size_t{0};
  static constexpr std::size_t max_array_size = ~std::size_t{0};
  static constexpr std::size_t max_key_size = ~std::size_t{0};
  static constexpr std::size_t max_string_size = ~std::size_t{0};
  using error_code = json::error_code;
  using string_view = json::string_view;
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

void put_token(json::value& value) {
  std::string token;
  if (value.is_string()) {
    const json::string& text = value.get_string();
    if (text.empty()) {  // a guest's: nobody's pseudonym
      value = nullptr;
      return;
    }
    codec()->append_token({text.data(), text.size()}, false, true, token);
  } else {
    codec()->append_token(json::serialize(value), false, false, token);
  }
  value = token;
}

void walk(json::value& value, const json::value& kept) {
  if (value.is_object() && kept.is_object()) {
    json::object& members = value.get_object();
    for (auto member = members.begin(); member != members.end();) {
      if (const json::value* what = kept.get_object().if_contains(member->key())) {
        walk(member->value(), *what);
        ++member;
      } else {
        member = members.erase(member);  // puts the last one in its place
      }
    }
  } else if (value.is_array() && kept.is_array()) {
    for (json::value& element : value.get_array()) walk(element, kept.get_array().at(0));
  } else if (kept.is_string() && kept.get_string() == "token") {
    put_token(value);
  }
}

}  // namespace

void parse_only(std::string_view body) {
  json::basic_parser<NullHandler> parser(json::parse_options{});
  json::error_code error;
  for (std::size_t at = 0; at < body.size() && !error; at += kChunkBytes) {
    const std::size_t size = std::min(kChunkBytes, body.size() - at);
    parser.write_some(at + size < body.size(), body.data() + at, size, error);
  }
  if (error || !parser.done()) throw std::runtime_error("the document of a benchmark is no JSON");
}

std::string parse_and_serialize(std::string_view body) {
  return json::serialize(json::parse({body.data(), body.size()}));
}

std::string parse_walk_serialize(std::string_view body, const json::value& kept) {
  json::value document = json::parse({body.data(), body.size()});
  walk(document, kept);
  return json::serialize(document);
}

void two_compressions() {
  static const SHA256_CTX fresh = [] {
    SHA256_CTX context;
    SHA256_Init(&context);
    return context;
  }();
  static constexpr unsigned char kBlock[SHA256_CBLOCK] = {};
  SHA256_CTX context = fresh;  // does not wait for the previous call's result: nor does a pseudonym
  SHA256_Transform(&context, kBlock);
  SHA256_Transform(&context, kBlock);
  benchmark::DoNotOptimize(context);
}

}  // namespace zoom_proxy::bench
