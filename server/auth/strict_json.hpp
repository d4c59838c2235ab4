#pragma once
// JSON of strangers, read strictly, with jansson: what two readers could take in two ways is none.

#include <jansson.h>

#include <memory>
#include <optional>
#include <string_view>

namespace zoom_proxy {

struct JsonRelease {
  void operator()(json_t* value) const { json_decref(value); }
};
using JsonObject = std::unique_ptr<json_t, JsonRelease>;

/// One JSON object (RFC 8259) and nothing behind it; null when the text is anything else, and for a
/// member given twice, U+0000 in a string or a number past a double's range.
[[nodiscard]] inline JsonObject parse_json_object(std::string_view text) {
  JsonObject value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  if (!json_is_object(value.get())) value.reset();
  return value;
}

/// The string's text, valid as long as it; nothing when `value` is null or no string.
[[nodiscard]] inline std::optional<std::string_view> json_text(const json_t* value) {
  if (!json_is_string(value)) return std::nullopt;
  return std::string_view(json_string_value(value), json_string_length(value));
}
[[nodiscard]] inline std::optional<std::string_view> json_text(const json_t* object,
                                                               const char* member) {
  return json_text(json_object_get(object, member));
}

}  // namespace zoom_proxy
