// Any text as a JSONPath: a ConfigError, or a path at which the engine and the slow, obvious second
// opinion redact and pseudonymize the same.

#include <algorithm>
#include <cstdint>

#include "rules/compiler.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/reference/reference.hpp"
#include "tests/rules/json_values.hpp"

namespace {

using namespace zoom_proxy;

constexpr const char* kDocuments[] = {
    R"({"a":[{"b":"x","c":1},{"b":"y","c":{"a":[1,2,3]}},"s",[4,[5,"d"]],null],)"
    R"("b":{"a":"x","b":{}},"c":"d","d":true})",
    R"([{"a":"d"},{"a":"x","b":["x","y",{"c":false}]},[[{"a":{"a":{"b":"c"}}}]],7,"x"])",
};

void compare(const JsonPath& path, std::string_view tag, const TokenCodec& codec) {
  RuleSet rules;
  Endpoint& endpoint = rules.endpoints.emplace_back();
  endpoint.path_template = "/";
  Transform& transform = endpoint.transforms.emplace_back();
  transform.operation.type = &*std::ranges::find(transform_types(), tag, &TransformType::tag);
  transform.paths.push_back(path);
  const Program program = compile(rules, endpoint);
  for (const char* document : kDocuments) {
    const fuzz::Sanitized made =
        fuzz::sanitize(Sanitizer(program, codec, EgressGuard::off), document);
    const auto reference = reference::sanitize(rules, endpoint, codec, EgressGuard::off, document);
    const auto canonical = [](bool ok, std::string_view json) {
      return ok ? test::canonical_json(json) : "refused";
    };
    const std::string ours = canonical(made.ok, made.out);
    const std::string theirs = canonical(reference.has_value(), reference.value_or(""));
    if (ours == theirs) continue;
    std::fprintf(stderr, "%s\nengine:    %s\nreference: %s\n", document, ours.c_str(),
                 theirs.c_str());
    fuzz::must(false, "the engine and the reference make the same of a document");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto codec = fuzz::codec(PseudonymAlgorithm::hmac_sha256);
  try {
    const JsonPath path = parse_json_path(std::string(data, data + size), Place{"r.yaml", 1, 1});
    // Each `..` multiplies the states and the time; four show what there is to see.
    if (std::ranges::count(path.steps, true, &JsonPathStep::descend) > 4) return 0;
    compare(path, "redact", *codec);
    compare(path, "pseudonymize", *codec);
  } catch (const ConfigError&) {
  }
  return 0;
}
