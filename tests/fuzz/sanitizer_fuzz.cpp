// Any bytes as a body. The first byte chooses the rules (0-9: endpoints of zoom, A-J: of
// zoom-strict, a-o: of rules.yaml), the second the cuts; the rest is the body.

#include <boost/json.hpp>

#include "rules/engine.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;
using fuzz::Sanitized;

class Choice {
 public:
  explicit Choice(std::uint8_t byte) {
    static const auto codec = fuzz::codec(PseudonymAlgorithm::hmac_sha256);
    static const Engine zoom("zoom", codec);
    static const Engine strict("zoom-strict", codec);
    static const Engine own(FUZZ_RULES, codec);
    const bool own_rules = byte >= 'a';
    engine_ = own_rules ? &own : byte >= 'A' ? &strict : &zoom;
    const unsigned first = own_rules ? 'a' : byte >= 'A' ? 'A' : '0';
    endpoint_ = (byte + 256U - first) % engine_->rules().endpoints.size();
  }
  [[nodiscard]] Sanitizer sanitizer() const { return engine_->sanitizer(endpoint_); }

 private:
  const Engine* engine_;
  std::size_t endpoint_;
};

/// Boost.JSON refuses lone surrogates and exponents beyond an int, which may stand in kept values:
/// they are put right first. White space outside of strings is a fault.
std::string for_boost(std::string_view line) {
  std::string out;
  bool in_string = false;
  std::size_t exponent = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string && c == '\\' && i + 1 < line.size()) {
      const bool surrogate = line.substr(i, 2) == "\\u" && i + 3 < line.size() &&
                             (line[i + 2] == 'd' || line[i + 2] == 'D') && line[i + 3] >= '8';
      out += surrogate ? "\\u0" : line.substr(i, 2);
      i += surrogate ? 2 : 1;
      continue;
    }
    if (c == '"') in_string = !in_string;
    must(in_string || (c != ' ' && c != '\t' && c != '\r'), "the output is compact");
    if (in_string) {
      exponent = 0;
    } else if (c == 'e' || c == 'E') {
      exponent = 1;
    } else if (exponent > 0) {
      exponent = c >= '0' && c <= '9' ? exponent + 1 : c == '+' || c == '-' ? exponent : 0;
    }
    if (exponent < 4) out += c;
  }
  return out;
}

void must_be_json_lines(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    boost::json::error_code error;
    boost::json::parse_options options;
    options.max_depth = 2000;
    boost::json::parse(for_boost(line), error, {}, options);
    must(!error, "every line of the output is JSON");
  }
}

/// The body with one more member at the begin of every object.
std::string plant(std::string_view body, std::string_view member) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    out += c;
    if (in_string) {
      if (c == '\\' && i + 1 < body.size()) out += body[++i];
    }
    if (c == '"') in_string = !in_string;
    if (c != '{' || in_string) continue;
    out += member;
    const std::size_t next = body.find_first_not_of(" \t\r\n", i + 1);
    if (next != std::string_view::npos && body[next] != '}') out += ',';
  }
  return out;
}

constexpr std::string_view kRemoved[] = {
    R"("secret":"canary")",
    R"("\u0073ecret":"canary@leak.test")",
    R"("secret":["canary",{"person":"canary"}])",
    R"("secret":{"id":"canary","list":[{"name":"canary"}],"canary":1})",
    R"("canary@leak.test":1)",
};
constexpr std::string_view kPseudonymized[] = {
    R"("person":"canary")",
    R"("person":"\u0063anary <canary@leak.test>")",
    R"("p\u0065rson":{"id":["canary"]})",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Choice choice(data[0]);
  const unsigned seed = data[1];
  const std::size_t longest = 1 + seed % 40;
  const std::string body(data + 2, data + size);

  const Sanitized whole = fuzz::sanitize(choice.sanitizer(), body);
  if (whole.ok) must_be_json_lines(whole.out);
  const Sanitized cut = fuzz::sanitize(choice.sanitizer(), body, longest, seed);
  must(whole.ok == cut.ok, "a body is refused, or not, however it is cut");
  must(!whole.ok || whole.out == cut.out, "the output is the same however the body is cut");
  must(cut.out.starts_with(whole.out) || whole.out.starts_with(cut.out),
       "until a fault the output is the same however the body is cut");

  if (body.find("canary") != std::string::npos) return 0;
  const Sanitized removed = fuzz::sanitize(
      choice.sanitizer(), plant(body, kRemoved[seed % std::size(kRemoved)]), longest, seed);
  must(removed.out.find("canary") == std::string::npos, "what the rules remove does not come out");
  must(removed.ok == whole.ok && (!whole.ok || removed.out == whole.out),
       "what the rules remove has no effect");

  const Sanitized pseudonymized =
      fuzz::sanitize(choice.sanitizer(),
                     plant(body, kPseudonymized[seed % std::size(kPseudonymized)]), longest, seed);
  must(pseudonymized.out.find("canary") == std::string::npos,
       "what the rules pseudonymize does not come out");
  must(pseudonymized.ok == whole.ok, "what the rules pseudonymize makes no body bad");
  return 0;
}
