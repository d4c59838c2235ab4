// Any text as a request body. Without tokens it stays byte for byte; what comes out is JSON again,
// of the same shape.

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>

#include "rules/body_tokens.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;

/// The same containers, keys and scalars but strings, in the same order.
bool same_shape(const boost::json::value& a, const boost::json::value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), same_shape);
  }
  if (!a.is_object()) return a.is_string() || a == b;
  return std::ranges::equal(
      a.get_object(), b.get_object(), [](const auto& left, const auto& right) {
        return left.key() == right.key() && same_shape(left.value(), right.value());
      });
}

void check_json(const std::string& body, const TokenCodec& codec) {
  const auto result = decode_json_body(body, codec);
  const auto* decoded = std::get_if<DecodedText>(&result);
  if (decoded == nullptr) return;
  must(!decoded->values.empty() || decoded->text == body, "a body without tokens stays as it is");
  boost::json::parse_options options;
  options.max_depth = 1000;
  boost::json::error_code error;
  const boost::json::value before = boost::json::parse(body, error, {}, options);
  if (error) return;  // half a surrogate pair, or a number that Boost.JSON does not take
  const boost::json::value after = boost::json::parse(decoded->text, error, {}, options);
  must(!error && same_shape(before, after), "what comes out has the shape of what came in");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const TokenCodec> codec =
      fuzz::codec(PseudonymAlgorithm::hmac_sha256);
  std::string body(data, data + size);
  // `#` stands for a token, which the fuzzer could never make.
  std::string token;
  codec->append_token("a\"\\b", true, false, token);
  for (std::size_t at = body.find('#'); at != body.npos && body.size() < 4096;) {
    body.replace(at, 1, token);
    at = body.find('#', at);
  }
  check_json(body, *codec);
  const auto form = decode_form_body(body, *codec);
  must(!form || !form->values.empty() || form->text == body,
       "a form without tokens stays as it is");
  must(!form || std::ranges::count(form->text, '&') == std::ranges::count(body, '&'),
       "a form keeps its fields");
  return 0;
}
