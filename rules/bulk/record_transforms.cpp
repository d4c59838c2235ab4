#include "rules/bulk/record_transforms.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "rules/format/encoding.hpp"
#include "rules/identity/pseudonym.hpp"

namespace zoom_proxy {
namespace {

/// The key stays, unlike under the `redact` of API rules.
void make_null(const TransformOptions&, const TokenCodec&, Scalar& scalar) {
  scalar.kind = Scalar::Kind::null;
}

bool is_integer(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

/// Always the text of a token; blank texts stay. Of what is neither text nor integer null is left:
/// no reason to refuse a whole file, as the peer does.
template <bool kReversible>
void pseudonymize(const TransformOptions&, const TokenCodec& codec, Scalar& scalar) {
  const bool text = scalar.kind == Scalar::Kind::string;
  if (text && is_blank(scalar.text)) return;
  const bool integer = scalar.kind == Scalar::Kind::number && is_integer(scalar.text);
  if (!text && !integer) {
    scalar.kind = Scalar::Kind::null;
    return;
  }
  if (integer) scalar.text = number_text(scalar.text);
  scalar.scratch.clear();
  codec.append_token(scalar.text, kReversible, text, scalar.scratch);
  scalar.text.swap(scalar.scratch);
  scalar.kind = Scalar::Kind::string;
}

template <Effect kEffect>
Effect always(const TransformOptions&) {
  return kEffect;
}

constexpr std::array kOwnTypes = {
    TransformType{"redact", {}, "made null", always<Effect::reduced>, make_null},
    TransformType{"pseudonymize",
                  {},
                  "replaced by a stable pseudonym",
                  always<Effect::pseudonymized>,
                  pseudonymize<false>},
    TransformType{"tokenize",
                  {},
                  "replaced by a reversible token",
                  always<Effect::reversible>,
                  pseudonymize<true>},
};

}  // namespace

const TransformType* record_transform_type(std::string_view key) {
  for (const TransformType& type : kOwnTypes) {
    if (type.tag == key) return &type;
  }
  if (key != "textDigest" && key != "textDigestKeywords") return nullptr;
  return &*std::ranges::find(transform_types(), "textDigest", &TransformType::tag);
}

}  // namespace zoom_proxy
