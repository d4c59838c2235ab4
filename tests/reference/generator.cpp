#include "tests/reference/generator.hpp"

#include <array>
#include <string_view>

namespace zoom_proxy::reference {
namespace {

constexpr std::array<std::string_view, 5> kKeys = {"a", "b", "c", "id", "email"};
/// Rules name it rarely, so that it stands for names that hold an address.
constexpr std::string_view kAddress = "bob@corp.test";

constexpr std::array<std::string_view, 20> kScalars = {
    "null",
    "true",
    "false",
    "0",
    "-7",
    "12.7",
    "-0.5",
    "1.0",
    "1e3",
    "9223372036854775807",
    R"("")",
    R"(" \t")",
    R"("x")",
    R"("x")",
    R"("\u0078")",
    R"("ann@corp.test")",
    R"("Ann <ann+x@Corp.TEST>")",
    R"("\u0061\"\\\/ b c\u20ac")",
    "\"\xC3\x84rger \xF0\x9F\x98\x80 y\"",
    R"("t~z8yAAAAA8bbb")",
};

constexpr std::array<std::string_view, 6> kLiterals = {
    "'x'", "'ann@corp.test'", "12.7", "null", "true", "0"};

}  // namespace

std::string GeneratedRules::yaml() const {
  std::string out = "definitions: " + definitions + "\nendpoints:\n  - pathTemplate: /v2/x\n";
  if (!schema.empty()) out += "    responseSchema: " + schema + "\n";
  if (!transforms.empty()) out += "    transforms:\n";
  for (const std::string& transform : transforms) out += transform;
  return out;
}

GeneratedRules Generator::rules() {
  GeneratedRules made;
  made.definitions = "{D0: " + schema(1, false) + ", D1: " + schema(2, true) + "}";
  top_is_array_ = chance(20);
  if (chance(15)) {
    made.schema = choice(3, true);
  } else if (chance(75)) {
    made.schema = top_is_array_ ? "{type: array, items: " + schema(2, true) + "}"
                                : "{type: object, properties: {a: " + schema(2, true) +
                                      ", b: " + schema(3, true) + ", email: {type: string}}}";
  }
  const std::size_t count = below(5);
  for (std::size_t i = 0; i < count; ++i) made.transforms.push_back(transform());
  return made;
}

std::string Generator::schema(int depth, bool may_refer) {
  constexpr std::array<std::string_view, 6> kTypes = {"string",  "integer", "number",
                                                      "boolean", "'null'",  ""};
  if (may_refer && chance(20)) {
    return chance(50) ? "{$ref: '#/definitions/D0'}" : "{$ref: '#/definitions/D1'}";
  }
  if (depth > 0 && chance(20)) return choice(depth, may_refer);
  if (chance(5)) return constant();
  if (depth == 0 || chance(30)) {
    const std::string_view type = kTypes.at(below(kTypes.size()));
    return type.empty() ? "{}" : "{type: " + std::string(type) + "}";
  }
  if (chance(40)) {
    return chance(10) ? "{type: array}"
                      : "{type: array, items: " + schema(depth - 1, may_refer) + "}";
  }
  return object(depth - 1, may_refer, chance(15) ? key() : "");
}

/// Perhaps with a constant at one of the members.
std::string Generator::object(int depth, bool may_refer, const std::string& constant_at) {
  std::string out = "{type: object, properties: {";
  for (const std::string_view key : kKeys) {
    if (key == constant_at) {
      out += std::string(key) + ": " + constant() + ", ";
    } else if (chance(50)) {
      out += std::string(key) + ": " + schema(depth, may_refer) + ", ";
    }
  }
  return out + "}}";
}

std::string Generator::constant() {
  return chance(80) ? "{type: string, const: x}" : "{type: string, const: ann@corp.test}";
}

/// A schema that is one of several, as the value's constants say.
std::string Generator::choice(int depth, bool may_refer) {
  const auto one = [&] { return schema(chance(70) ? depth : depth - 1, may_refer); };
  if (chance(40)) {
    const std::string condition =
        "{if: {properties: {" + key() + ": " + constant() + "}}, then: " + one();
    return chance(70) ? condition + ", else: " + one() + "}" : condition + "}";
  }
  std::string out = "{anyOf: [";
  for (std::size_t i = 1 + below(3); i > 0; --i) {
    out += (chance(70) ? object(depth - 1, may_refer, key()) : one()) + ", ";
  }
  return out + "]}";
}

std::string Generator::key() { return std::string(kKeys.at(below(kKeys.size()))); }

std::string Generator::condition(int depth) {
  if (depth > 0 && chance(30)) {
    return condition(depth - 1) + (chance(50) ? " && " : " || ") + condition(depth - 1);
  }
  if (depth > 0 && chance(15)) return "!(" + condition(depth - 1) + ")";
  const std::string subject = chance(15) ? "@" : "@." + key() + (chance(15) ? "." + key() : "");
  switch (below(4)) {
    case 0:
      return subject == "@" ? "@ == 'x'" : subject;
    case 1:
      return subject + " =~ /.*CORP.*/i";
    default:
      return subject + (chance(50) ? " == " : " != ") + std::string(kLiterals.at(below(6)));
  }
}

std::string Generator::path() {
  constexpr std::array<std::string_view, 6> kPlaces = {"[0]",   "[0,2]", "[-1]",
                                                       "[1:3]", "[-2:]", "[:1]"};
  std::string out = "$";
  const std::size_t steps = 1 + below(3);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::string dots = chance(20) ? ".." : "";
    switch (below(8)) {
      case 0:
      case 1:
        out += dots + "[*]";
        break;
      case 2:
        out += dots + "['" + key() + "','" + (chance(20) ? std::string(kAddress) : key()) + "']";
        break;
      case 3:
        out += dots + std::string(kPlaces.at(below(kPlaces.size())));
        break;
      case 4:
        out += dots + "[?(" + condition(2) + ")]";
        break;
      default:
        out += (dots.empty() ? "." : dots) + key();
    }
  }
  return out;
}

std::string Generator::transform() {
  constexpr std::array<std::string_view, 7> kTransforms = {
      "redact",
      "redact",
      "textDigest",
      "pseudonymize",
      "pseudonymize\n        includeReversible: true",
      "pseudonymize\n        encoding: URL_SAFE_HASH_ONLY",
      "pseudonymize\n        encoding: JSON\n        includeOriginal: true\n        "
      "includeReversible: true"};
  std::string out =
      "      - method: " + std::string(kTransforms.at(below(kTransforms.size()))) + "\n";
  if (chance(10)) out += "        applyOnlyWhen: \"" + path() + "\"\n";
  out += "        jsonPaths:\n";
  const std::size_t paths = 1 + below(2);
  for (std::size_t i = 0; i < paths; ++i) out += "          - \"" + path() + "\"\n";
  return out;
}

std::string Generator::space() {
  constexpr std::array<std::string_view, 3> kSpaces = {" ", "\n", "\t\r "};
  return chance(90) ? "" : std::string(kSpaces.at(below(kSpaces.size())));
}

std::string Generator::document() { return container(4, chance(95) != top_is_array_); }

std::string Generator::value(int depth) {
  if (depth > 0 && chance(45)) return container(depth, chance(55));
  return std::string(kScalars.at(below(kScalars.size())));
}

std::string Generator::container(int depth, bool object) {
  std::string out = object ? "{" : "[";
  const auto add = [&](const std::string& item) {
    if (out.size() > 1) out += ',';
    out += space() + item + space();
  };
  if (object) {
    const std::size_t from = below(kKeys.size());
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (chance(40)) continue;
      std::string name(kKeys.at((from + i) % kKeys.size()));
      if (name == "a" && chance(20)) name = "\\u0061";
      add("\"" + name + "\"" + space() + ":" + space() + value(depth - 1));
    }
    if (chance(20)) add("\"+unlisted\":" + value(depth - 1));
    if (chance(10)) add("\"" + std::string(kAddress) + "\":" + value(depth - 1));
    if (chance(5)) add(R"("ann\u0040corp.test":)" + value(depth - 1));
  } else {
    const std::size_t count = below(5);
    for (std::size_t i = 0; i < count; ++i) add(value(depth - 1));
  }
  return out + (object ? "}" : "]");
}

}  // namespace zoom_proxy::reference
