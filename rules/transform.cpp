#include "rules/transform.hpp"

#include <array>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {

namespace {

void pseudonymize(const TokenCodec& codec, bool reversible, Scalar& scalar) {
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
  codec.append_token(scalar.text, reversible, scalar.kind == Scalar::Kind::string, scalar.scratch);
  scalar.text.swap(scalar.scratch);
  scalar.kind = Scalar::Kind::string;
}

void digest(Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::removed) return;
  if (scalar.kind == Scalar::Kind::string) {
    scalar.text = text_digest(scalar.text);
  } else {
    scalar.kind = Scalar::Kind::null;
  }
}

struct Row {
  Operation operation;
  std::string_view name;
  void (*function)(const TokenCodec&, Scalar&);
};

constexpr std::array kTable = {
    Row{Operation::pseudonymize, "pseudonymize",
        [](const TokenCodec& codec, Scalar& scalar) { pseudonymize(codec, false, scalar); }},
    Row{Operation::pseudonymize_reversible, "pseudonymize-reversible",
        [](const TokenCodec& codec, Scalar& scalar) { pseudonymize(codec, true, scalar); }},
    Row{Operation::text_digest, "text-digest",
        [](const TokenCodec&, Scalar& scalar) { digest(scalar); }},
};

constexpr const Row& row(Operation operation) {
  return kTable.at(static_cast<std::size_t>(operation));
}

static_assert(row(Operation::pseudonymize).operation == Operation::pseudonymize);
static_assert(row(Operation::text_digest).operation == Operation::text_digest);

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

}  // namespace

std::string_view name(Operation operation) { return row(operation).name; }

void apply(Operation operation, const TokenCodec& codec, Scalar& scalar) {
  row(operation).function(codec, scalar);
}

std::string text_digest(std::string_view text) {
  return "{\"length\":" + std::to_string(utf16_length(text)) +
         ",\"word_count\":" + std::to_string(word_count(text)) + '}';
}

}  // namespace zoom_proxy
