// Any text as a rules file: a ConfigError, or an Engine that sanitizes a document the same however
// it is cut.

#include <cstdint>

#include "rules/engine.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zoom_proxy;
  static const auto codec = fuzz::codec(PseudonymAlgorithm::hmac_sha256);
  static const std::string document =
      R"({"a":"x","b":[1,true,"ann@corp.test",{"a":"y","id":1.50},[[null]]],"id":"1 two 3",)"
      R"("users":[{"id":"u","email":"Ann <ann@corp.test>"},{"id":"v"}],"d":{"d":{"d":{}}}})";
  try {
    const Engine engine(RulesText{std::string(data, data + size), "fuzz.yaml"}, codec);
    for (std::size_t i = 0; i < engine.rules().endpoints.size() && i < 3; ++i) {
      (void)engine.match("GET", engine.rules().endpoints[i].name());
      const fuzz::Sanitized whole = fuzz::sanitize(engine.sanitizer(i), document);
      const fuzz::Sanitized cut = fuzz::sanitize(engine.sanitizer(i), document, 3);
      fuzz::must(whole.ok == cut.ok && (!whole.ok || whole.out == cut.out),
                 "the output is the same however the body is cut");
    }
  } catch (const ConfigError& error) {
    fuzz::must(std::string_view(error.what()).starts_with("fuzz.yaml"), "an error has its place");
  }
  return 0;
}
