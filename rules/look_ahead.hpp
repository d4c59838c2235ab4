#pragma once
// Questions about a value that must be seen as a whole before it is known what becomes of it: the
// conditions of JSONPath filters and of `applyOnlyWhen`, judged on a small tree. What rules say of
// JSON inside a text, and of a request's body, is judged on such a tree, too.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/json_path.hpp"

namespace zoom_proxy {

struct JsonMember;

/// A JSON value as a tree. Strings are unescaped; numbers keep their text.
struct JsonNode {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  std::string text;
  std::vector<JsonMember> members;  ///< in order, duplicates kept
  std::vector<JsonNode> elements;
};

struct JsonMember {
  std::string key;
  JsonNode value;
};

/// Nothing when the text, which must be UTF-8, is not exactly one JSON value.
[[nodiscard]] std::optional<JsonNode> parse_node(std::string_view json);

/// True when the value meets the condition. A member that is not there equals nothing.
[[nodiscard]] bool meets(const JsonPathFilter& filter, const JsonNode& value);

/// True when the path finds something in the document. A definite path (names alone) must find more
/// than a null.
[[nodiscard]] bool finds(const JsonPath& path, const JsonNode& document);

/// Every value that the path finds.
[[nodiscard]] std::set<const JsonNode*> find_all(const JsonPath& path, const JsonNode& document);

/// True when the step picks element `index` of an array of `length` elements.
[[nodiscard]] bool picks(const JsonPathStep& step, std::size_t index, std::size_t length);

/// True when the step can only be judged with the array's length at hand.
[[nodiscard]] bool needs_length(const JsonPathStep& step);

}  // namespace zoom_proxy
