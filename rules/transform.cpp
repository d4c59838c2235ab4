#include "rules/transform.hpp"

#include <array>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {

namespace {

void pseudonymize(const TransformOptions& options, const TokenCodec& codec, Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::null:
    case Scalar::Kind::removed:
      return;
    case Scalar::Kind::boolean:
    case Scalar::Kind::container:
      scalar.kind = Scalar::Kind::removed;
      return;
    case Scalar::Kind::string:
      if (is_blank(scalar.text)) {
        scalar.kind = Scalar::Kind::null;
        return;
      }
      break;
    case Scalar::Kind::number:
      scalar.text = number_text(scalar.text);
      break;
  }
  scalar.scratch.clear();
  codec.append_token(scalar.text, options.include_reversible, scalar.kind == Scalar::Kind::string,
                     scalar.scratch);
  scalar.text.swap(scalar.scratch);
  scalar.kind = Scalar::Kind::string;
}

void digest(const TransformOptions&, const TokenCodec&, Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::removed) return;
  if (scalar.kind == Scalar::Kind::string) {
    scalar.text = text_digest(scalar.text);
  } else {
    scalar.kind = Scalar::Kind::null;
  }
}

/// Java's `\s`, and what Java's String.trim cuts (everything up to U+0020).
bool is_java_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_java_trimmed(char c) { return static_cast<unsigned char>(c) <= ' '; }

/// Pieces of the trimmed text between runs of white space. As in the peer, a blank text that is not
/// empty counts as one piece.
std::size_t word_count(std::string_view text) {
  if (text.empty()) return 0;
  while (!text.empty() && is_java_trimmed(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_java_trimmed(text.back())) text.remove_suffix(1);
  std::size_t words = 1;
  bool in_space = false;
  for (const char c : text) {
    const bool space = is_java_space(c);
    words += space && !in_space;
    in_space = space;
  }
  return words;
}

bool flag(const YamlNode& value) { return value.as_bool(); }

void refuse_if(bool wanted, const YamlNode& value) {
  if (wanted) value.fail("not supported by this version; remove this key");
}

void ignore(const YamlNode&, TransformOptions&) {}

constexpr std::array kPseudonymizeKeys = {
    TransformType::Key{"includeReversible",
                       [](const YamlNode& value, TransformOptions& options) {
                         options.include_reversible = flag(value);
                       }},
    TransformType::Key{"includeOriginal",
                       [](const YamlNode& value, TransformOptions&) {
                         if (!flag(value)) return;
                         value.fail("a token never includes the original; remove this key");
                       }},
    TransformType::Key{"encoding",
                       [](const YamlNode& value, TransformOptions&) {
                         refuse_if(value.as_string() != "URL_SAFE_TOKEN", value);
                       }},
    TransformType::Key{"onlyIfRegex", ignore},  // without effect, as in the peer
};

constexpr std::array kTextDigestKeys = {
    TransformType::Key{"isJsonEscaped", [](const YamlNode& value,
                                           TransformOptions&) { refuse_if(flag(value), value); }},
    TransformType::Key{
        "jsonPathToProcessWhenEscaped",
        [](const YamlNode& value, TransformOptions&) { refuse_if(!value.is_null(), value); }},
    TransformType::Key{"keywords",
                       [](const YamlNode& value, TransformOptions&) {
                         refuse_if(!value.elements().empty(), value);
                       }},
};

constexpr std::array kTypes = {
    TransformType{"pseudonymize", kPseudonymizeKeys, "replaced by a stable pseudonym",
                  [](const TransformOptions& options) {
                    return options.include_reversible ? Effect::reversible : Effect::pseudonymized;
                  },
                  pseudonymize},
    TransformType{
        "redact", {}, "removed", [](const TransformOptions&) { return Effect::removed; }, nullptr},
    TransformType{"textDigest", kTextDigestKeys, "replaced by its length and number of words",
                  [](const TransformOptions&) { return Effect::digested; }, digest},
};

}  // namespace

std::span<const TransformType> transform_types() { return kTypes; }

std::string_view to_string(Effect effect) {
  constexpr std::array<std::string_view, 5> kNames = {"pseudonymized", "reversible", "digested",
                                                      "reduced", "removed"};
  return kNames.at(static_cast<std::size_t>(effect));
}

std::string text_digest(std::string_view text) {
  return "{\"length\":" + std::to_string(utf16_length(text)) +
         ",\"word_count\":" + std::to_string(word_count(text)) + '}';
}

}  // namespace zoom_proxy
