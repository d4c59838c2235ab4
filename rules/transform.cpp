#include "rules/transform.hpp"

#include <array>
#include <set>
#include <utility>

#include "rules/format/encoding.hpp"
#include "rules/format/json.hpp"
#include "rules/ip_address.hpp"
#include "rules/look_ahead.hpp"
#include "rules/text_transforms.hpp"

namespace zoom_proxy {

namespace {

using Encoding = TransformOptions::Encoding;

/// The 43 characters of a token's hash, behind `t~`.
std::string hash_of(std::string_view token) { return std::string(token.substr(2, 43)); }

/// The peer's object form, whose keys stand in this order. `scalar.scratch` holds the token.
std::string as_json_pseudonym(const TransformOptions& options, const TokenCodec& codec,
                              const Scalar& scalar) {
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (out.size() > 1) out += ',';
    json::append_string(key, out);
    out += ':';
    json::append_string(value, out);
  };
  const std::size_t at = scalar.scratch.find('@');
  if (at != std::string::npos) add("domain", std::string_view(scalar.scratch).substr(at + 1));
  add("hash", hash_of(scalar.scratch));
  if (options.include_original) add("original", scalar.text);
  if (options.include_reversible) {
    std::string token;
    codec.append_token(scalar.text, true, scalar.kind == Scalar::Kind::string, token);
    add("reversible", token);
  }
  return out + "}";
}

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
  codec.append_token(scalar.text,
                     options.include_reversible && options.encoding == Encoding::url_safe_token,
                     scalar.kind == Scalar::Kind::string, scalar.scratch);
  if (options.encoding == Encoding::json) {
    scalar.scratch = as_json_pseudonym(options, codec, scalar);
  } else if (options.encoding == Encoding::url_safe_hash_only) {
    scalar.scratch = hash_of(scalar.scratch);
  }
  scalar.text.swap(scalar.scratch);
  scalar.kind = Scalar::Kind::string;
}

void remove(const TransformOptions&, const TokenCodec&, Scalar& scalar) {
  scalar.kind = Scalar::Kind::removed;
}

/// For the transforms of texts: a text becomes what `function` makes of it, every other value null.
/// A blank text stays as it is.
template <class Function>
void on_text(Scalar& scalar, Function&& function) {
  if (scalar.kind == Scalar::Kind::removed) return;
  if (scalar.kind != Scalar::Kind::string) {
    scalar.kind = Scalar::Kind::null;
    return;
  }
  if (is_blank(scalar.text)) return;
  std::optional<std::string> made = function(scalar.text);
  if (made) {
    scalar.text = std::move(*made);
  } else {
    scalar.kind = Scalar::Kind::null;
  }
}

/// For those that put pseudonyms in: what is neither text nor null is removed.
template <class Function>
void on_personal_text(Scalar& scalar, Function&& function) {
  if (scalar.kind == Scalar::Kind::null) return;
  if (scalar.kind != Scalar::Kind::string) {
    scalar.kind = Scalar::Kind::removed;
    return;
  }
  on_text(scalar, function);
}

/// Digests the texts that a path finds in a JSON text; the rest of it stays.
class InnerDigest {
 public:
  InnerDigest(const TransformOptions& options, const JsonNode& root)
      : options_(options), found_(find_all(*options.inner_path, root)) {}

  void append(const JsonNode& node, std::string& out) const {
    if (found_.contains(&node)) {
      if (node.kind != JsonNode::Kind::string) return void(out += "null");
      return json::append_string(text_digest(node.text, options_.words), out);
    }
    switch (node.kind) {
      case JsonNode::Kind::null:
        return void(out += "null");
      case JsonNode::Kind::boolean:
        return void(out += node.truth ? "true" : "false");
      case JsonNode::Kind::number:
        return void(out += node.text);
      case JsonNode::Kind::string:
        return json::append_string(node.text, out);
      case JsonNode::Kind::array:
      case JsonNode::Kind::object:
        return append_container(node, out);
    }
  }

 private:
  void append_container(const JsonNode& node, std::string& out) const {
    const bool array = node.kind == JsonNode::Kind::array;
    out += array ? '[' : '{';
    const char* comma = "";
    for (const JsonNode& element : node.elements) {
      out += std::exchange(comma, ",");
      append(element, out);
    }
    for (const JsonMember& member : node.members) {
      out += std::exchange(comma, ",");
      json::append_string(member.key, out);
      out += ':';
      append(member.value, out);
    }
    out += array ? ']' : '}';
  }

  const TransformOptions& options_;
  std::set<const JsonNode*> found_;
};

/// Nothing when the text is no JSON.
std::optional<std::string> digest_inside(const TransformOptions& options, const std::string& text) {
  const std::optional<JsonNode> root = parse_node(text);
  if (!root) return std::nullopt;
  std::string out;
  InnerDigest(options, *root).append(*root, out);
  return out;
}

bool is_inner(const TransformOptions& options) {
  return options.is_json && options.inner_path.has_value();
}

void digest(const TransformOptions& options, const TokenCodec&, Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::removed) return;
  std::optional<std::string> made;
  if (scalar.kind == Scalar::Kind::string) {
    made = is_inner(options) ? digest_inside(options, scalar.text)
                             : text_digest(scalar.text, options.words);
  }
  scalar.kind = made ? Scalar::Kind::string : Scalar::Kind::null;
  if (made) scalar.text = std::move(*made);
}

void pseudonymize_header(const TransformOptions& options, const TokenCodec& codec, Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::string && is_blank(scalar.text)) scalar.text.clear();
  on_personal_text(scalar, [&](const std::string& text) {
    return pseudonymize_addresses(text, options.encoding == Encoding::json, codec);
  });
}

void pseudonymize_parts(const TransformOptions& options, const TokenCodec& codec, Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::string && is_blank(scalar.text)) {
    scalar.kind = Scalar::Kind::null;
  }
  on_personal_text(scalar, [&](const std::string& text) {
    return pseudonymize_matches(text, *options.regexes.front(), options.include_reversible, codec);
  });
}

void redact_parts(const TransformOptions& options, const TokenCodec&, Scalar& scalar) {
  on_text(scalar, [&](const std::string& text) { return redact_matches(text, options.regexes); });
}

void keep_exceptions(const TransformOptions& options, const TokenCodec&, Scalar& scalar) {
  on_text(scalar,
          [&](const std::string& text) { return keep_longest_match(text, options.regexes); });
}

void keep_allowed_phrases(const TransformOptions& options, const TokenCodec&, Scalar& scalar) {
  on_text(scalar, [&](const std::string& text) { return keep_phrases(text, options.regexes); });
}

void filter_tokens(const TransformOptions& options, const TokenCodec&, Scalar& scalar) {
  on_text(scalar, [&](const std::string& text) {
    return keep_words(text, options.delimiter.get(), options.regexes);
  });
}

void tokenize_text(const TransformOptions& options, const TokenCodec& codec, Scalar& scalar) {
  on_text(scalar, [&](const std::string& text) {
    return tokenize(text, options.regexes.empty() ? nullptr : options.regexes.front().get(), codec);
  });
}

template <bool kReversible>
void pseudonymize_ip(const TransformOptions&, const TokenCodec& codec, Scalar& scalar) {
  on_text(scalar, [&](const std::string& text) -> std::optional<std::string> {
    const std::optional<std::string> address = canonical_ip_address(text);
    if (!address) return std::nullopt;
    std::string token;
    codec.append_token(*address, kReversible, false, token);
    return token;
  });
}

// ---- keys ----

std::shared_ptr<const Regex> text_regex(const YamlNode& value, const std::string& pattern,
                                        Regex::Case letter_case, Regex::Extent extent) {
  try {
    return std::make_shared<const Regex>(pattern, letter_case, extent, Place{}, Regex::Units::utf8);
  } catch (const ConfigError& error) {
    value.fail(error.what());  // with the key's name and place
  }
}

/// Reads a list of texts into regexes made from each by `make`.
template <class Make>
void read_regexes(const YamlNode& value, TransformOptions& options, Regex::Case letter_case,
                  Regex::Extent extent, Make&& make) {
  const std::vector<std::string> texts = value.as_strings();
  for (const std::string& text : texts) {
    if (text.empty()) value.fail("an empty text matches everywhere; remove it");
    options.regexes.push_back(text_regex(value, make(text), letter_case, extent));
  }
}

constexpr auto kAsIs = [](const std::string& text) { return text; };

void read_reversible(const YamlNode& value, TransformOptions& options) {
  options.include_reversible = value.as_bool();
}

void read_encoding(const YamlNode& value, TransformOptions& options) {
  const std::string& word = value.as_string();
  if (word == "URL_SAFE_TOKEN") {
    options.encoding = Encoding::url_safe_token;
  } else if (word == "URL_SAFE_HASH_ONLY") {
    options.encoding = Encoding::url_safe_hash_only;
  } else if (word == "JSON") {
    options.encoding = Encoding::json;
  } else {
    value.fail("unknown encoding; use URL_SAFE_TOKEN, URL_SAFE_HASH_ONLY or JSON");
  }
}

void ignore(const YamlNode&, TransformOptions&) {}

using Key = TransformType::Key;

constexpr std::array kPseudonymizeKeys = {
    Key{"includeReversible", read_reversible},
    Key{"includeOriginal",
        [](const YamlNode& value, TransformOptions& options) {
          options.include_original = value.as_bool();
        }},
    Key{"encoding", read_encoding}, Key{"onlyIfRegex", ignore},  // without effect, as in the peer
};
constexpr std::array kHeaderKeys = {Key{"encoding", read_encoding}};
constexpr std::array kMatchesKeys = {
    Key{"includeReversible", read_reversible},
    Key{"regex",
        [](const YamlNode& value, TransformOptions& options) {
          options.regexes.push_back(text_regex(value, value.as_string(), Regex::Case::sensitive,
                                               Regex::Extent::anywhere));
        }},
};
constexpr std::array kRedactMatchesKeys = {
    Key{"redactions", [](const YamlNode& value, TransformOptions& options) {
          read_regexes(value, options, Regex::Case::sensitive, Regex::Extent::anywhere, kAsIs);
        }}};
constexpr std::array kExceptionKeys = {Key{
    "exceptions", [](const YamlNode& value, TransformOptions& options) {
      read_regexes(value, options, Regex::Case::sensitive, Regex::Extent::whole, exception_regex);
    }}};
constexpr std::array kPhraseKeys = {
    Key{"allowedPhrases", [](const YamlNode& value, TransformOptions& options) {
          read_regexes(value, options, Regex::Case::ignored, Regex::Extent::anywhere, phrase_regex);
        }}};
constexpr std::array kFilterKeys = {
    Key{"delimiter",
        [](const YamlNode& value, TransformOptions& options) {
          options.delimiter.reset();
          if (value.is_null()) return;
          options.delimiter =
              text_regex(value, value.as_string(), Regex::Case::sensitive, Regex::Extent::anywhere);
        }},
    Key{"filters", [](const YamlNode& value, TransformOptions& options) {
          read_regexes(value, options, Regex::Case::sensitive, Regex::Extent::whole, kAsIs);
        }}};
constexpr std::array kTokenizeKeys = {
    Key{"regex", [](const YamlNode& value, TransformOptions& options) {
          if (value.is_null()) return;
          options.regexes.push_back(
              text_regex(value, value.as_string(), Regex::Case::sensitive, Regex::Extent::whole));
        }}};
constexpr std::array kTextDigestKeys = {
    Key{"isJsonEscaped", [](const YamlNode& value,
                            TransformOptions& options) { options.is_json = value.as_bool(); }},
    Key{"jsonPathToProcessWhenEscaped",
        [](const YamlNode& value, TransformOptions& options) {
          if (value.is_null()) return;
          options.inner_path = parse_json_path(value.as_string(), value.place());
        }},
    Key{"keywords",
        [](const YamlNode& value, TransformOptions& options) {
          for (const std::string& word : value.as_strings()) {
            options.words.push_back(ascii_lower(word));
          }
        }},
};

void check_pseudonymize(const YamlNode& node, TransformOptions& options) {
  if (options.include_original && options.encoding != Encoding::json) {
    node.at("includeOriginal").fail("only the encoding JSON can include the original");
  }
  if (options.include_reversible && options.encoding == Encoding::url_safe_hash_only) {
    node.at("encoding").fail("a bare hash is not reversible; use URL_SAFE_TOKEN or JSON");
  }
}

template <std::size_t kIndex>
void need_regexes(const YamlNode& node, TransformOptions& options) {
  constexpr std::array<std::string_view, 5> kNames = {"regex", "redactions", "exceptions",
                                                      "allowedPhrases", "filters"};
  if (options.regexes.empty()) {
    node.fail("the key \"" + std::string(kNames[kIndex]) + "\" is missing or empty");
  }
}

void check_filters(const YamlNode& node, TransformOptions& options) {
  need_regexes<4>(node, options);
  if (!node.find("delimiter")) {
    options.delimiter = text_regex(node, "\\s+", Regex::Case::sensitive, Regex::Extent::anywhere);
  }
}

// ---- the table ----

Effect pseudonymized(const TransformOptions& options) {
  return options.include_reversible ? Effect::reversible : Effect::pseudonymized;
}
/// Inside JSON the rest of the text stays.
Effect digested(const TransformOptions& options) {
  return is_inner(options) ? Effect::reduced : Effect::digested;
}
template <Effect kEffect>
Effect always(const TransformOptions&) {
  return kEffect;
}

constexpr std::array kTypes = {
    TransformType{"pseudonymize", kPseudonymizeKeys, "replaced by a stable pseudonym",
                  pseudonymized, pseudonymize, check_pseudonymize},
    TransformType{"pseudonymizeEmailHeader", kHeaderKeys, "each address replaced by a pseudonym",
                  always<Effect::pseudonymized>, pseudonymize_header},
    TransformType{"pseudonymizeRegexMatches", kMatchesKeys, "what matches replaced by pseudonyms",
                  pseudonymized, pseudonymize_parts, need_regexes<0>},
    TransformType{"redact", {}, "removed", always<Effect::removed>, remove},
    TransformType{"redactRegexMatches", kRedactMatchesKeys, "what matches taken out",
                  always<Effect::reduced>, redact_parts, need_regexes<1>},
    TransformType{"redactExceptSubstringsMatchingRegexes", kExceptionKeys,
                  "reduced to what matches an exception", always<Effect::reduced>, keep_exceptions,
                  need_regexes<2>},
    TransformType{"redactExceptPhrases", kPhraseKeys, "reduced to allowed phrases",
                  always<Effect::reduced>, keep_allowed_phrases, need_regexes<3>},
    TransformType{"filterTokenByRegex", kFilterKeys, "reduced to words that match a filter",
                  always<Effect::reduced>, filter_tokens, check_filters},
    TransformType{"tokenize", kTokenizeKeys, "replaced by a reversible token",
                  always<Effect::reversible>, tokenize_text},
    TransformType{"textDigest", kTextDigestKeys, "replaced by its length and number of words",
                  digested, digest},
    TransformType{"hashIp",
                  {},
                  "an IP address replaced by a pseudonym",
                  always<Effect::pseudonymized>,
                  pseudonymize_ip<false>},
    TransformType{"encryptIp",
                  {},
                  "an IP address replaced by a reversible token",
                  always<Effect::reversible>,
                  pseudonymize_ip<true>},
};

}  // namespace

std::span<const TransformType> transform_types() { return kTypes; }

std::string_view to_string(Effect effect) {
  constexpr std::array<std::string_view, 5> kNames = {"pseudonymized", "reversible", "digested",
                                                      "reduced", "removed"};
  return kNames.at(static_cast<std::size_t>(effect));
}

}  // namespace zoom_proxy
