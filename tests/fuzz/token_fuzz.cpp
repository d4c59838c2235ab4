// Any text through the token decoder; what was encoded comes back; a token that was changed does
// not.

#include <cstdint>

#include "rules/format/encoding.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;

void round_trip(const TokenCodec& codec, const std::string& value, bool may_be_email) {
  std::string token;
  codec.append_token(value, true, may_be_email, token);
  must(codec.decode(token) == value, "a token decodes to its value");
  const auto text = decode_tokens("/a/" + token + "?b=" + token, codec, false);
  must(text && text->values == std::vector{value, value} &&
           text->text == "/a/" + value + "?b=" + value,
       "tokens in a text are replaced by their values");
  const auto target = decode_tokens(token, codec, true);
  must(target && target->text == percent_encode(value), "a target holds the value encoded");

  const std::size_t end = std::min(token.find('@'), token.size());
  const std::size_t at = 2 + static_cast<unsigned char>(value[0]) % (end - 2);
  token[at] = token[at] == 'A' ? 'B' : 'A';
  must(!codec.decode(token), "a changed token does not decode");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Algorithm = PseudonymAlgorithm;
  static const std::shared_ptr<const TokenCodec> codecs[] = {
      fuzz::codec(Algorithm::hmac_sha256), fuzz::codec(Algorithm::psoxy),
      fuzz::codec(Algorithm::hmac_sha256, EmailDomain::encrypt)};
  const std::string text(data, data + size);
  for (const auto& codec : codecs) {
    (void)codec->decode(text);
    (void)decode_tokens(text, *codec, false);
    const auto target = decode_tokens(text, *codec, true);
    must(!target || !target->values.empty() || target->text == text,
         "a text without tokens stays as it is");
    if (text.empty()) continue;
    round_trip(*codec, text, true);
    round_trip(*codec, text, false);
  }
  return 0;
}
