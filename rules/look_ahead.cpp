#include "rules/look_ahead.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include "rules/format/json.hpp"

namespace zoom_proxy {

namespace {

/// Builds the tree from the tokenizer's calls.
class TreeBuilder : public json::ForeseesNothing {
 public:
  explicit TreeBuilder(JsonNode& root) : open_{&root} {}

  bool dropping() const { return false; }
  json::Enter on_object(const char*) { return enter(JsonNode::Kind::object); }
  json::Enter on_array(const char*) { return enter(JsonNode::Kind::array); }
  void on_object_end(const char*) { open_.pop_back(); }
  void on_array_end(const char*) { open_.pop_back(); }
  void on_key(std::string_view raw, bool) {
    key_.clear();
    json::unescape(raw.substr(1, raw.size() - 2), key_);
  }
  void on_colon(const char*) {}
  void on_string(std::string_view raw, json::Marks) {
    JsonNode& node = add(JsonNode::Kind::string);
    json::unescape(raw.substr(1, raw.size() - 2), node.text);
  }
  void on_number(std::string_view raw, bool) { add(JsonNode::Kind::number).text = raw; }
  void on_literal(std::string_view raw) {
    if (raw == "null") {
      add(JsonNode::Kind::null);
    } else {
      add(JsonNode::Kind::boolean).truth = raw == "true";
    }
  }
  void on_comma(const char*) {}
  void on_dropped() {}
  void on_document_end() { ++documents_; }
  void suspend() {}
  BodyFault fault() const { return BodyFault::none; }
  [[nodiscard]] std::size_t documents() const { return documents_; }

 private:
  json::Enter enter(JsonNode::Kind kind) {
    open_.push_back(&add(kind));
    return json::Enter::yes;
  }

  /// The next value: of the innermost open container, or the root itself. Pointers to open
  /// containers stay good, as only the innermost one's list grows.
  JsonNode& add(JsonNode::Kind kind) {
    JsonNode* node = open_.back();
    if (open_.size() > 1) {
      node = node->kind == JsonNode::Kind::object
                 ? &node->members.emplace_back(JsonMember{key_, JsonNode{}}).value
                 : &node->elements.emplace_back();
    }
    node->kind = kind;
    return *node;
  }

  std::vector<JsonNode*> open_;  ///< the root, then the containers that are open
  std::string key_;
  std::size_t documents_ = 0;
};

const JsonNode* find_member(const JsonNode& node, const std::string& key) {
  const auto found =
      std::find_if(node.members.rbegin(), node.members.rend(),  // of duplicates the last counts
                   [&](const auto& member) { return member.key == key; });
  return found == node.members.rend() ? nullptr : &found->value;
}

const JsonNode* follow(const JsonNode& from, const std::vector<std::string>& path) {
  const JsonNode* at = &from;
  for (const std::string& key : path) {
    at = find_member(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::optional<double> number_of(const std::string& text) {
  if (!json::valid_number(text)) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

/// As the peer compares: a text that is a number equals that number.
bool equals(const JsonNode& value, const JsonPathFilter::Literal& literal) {
  if (std::holds_alternative<std::nullptr_t>(literal)) return value.kind == JsonNode::Kind::null;
  if (const bool* truth = std::get_if<bool>(&literal)) {
    return value.kind == JsonNode::Kind::boolean && value.truth == *truth;
  }
  if (value.kind != JsonNode::Kind::string && value.kind != JsonNode::Kind::number) return false;
  if (const auto* text = std::get_if<std::string>(&literal)) return value.text == *text;
  const std::optional<double> number = number_of(value.text);
  return number && number == number_of(std::get<JsonPathFilter::Number>(literal).text);
}

bool matches(const Regex& regex, const JsonNode& value) {
  switch (value.kind) {
    case JsonNode::Kind::string:
    case JsonNode::Kind::number:
      return regex.matches(value.text);
    case JsonNode::Kind::boolean:
      return regex.matches(value.truth ? "true" : "false");
    default:
      return false;
  }
}

/// Walks the steps of a path over a tree; true once something is found, or never where all that is
/// found is wanted.
class Finder {
 public:
  explicit Finder(const JsonPath& path, std::set<const JsonNode*>* all = nullptr)
      : steps_(path.steps), all_(all) {
    definite_ = std::all_of(steps_.begin(), steps_.end(), [](const JsonPathStep& step) {
      return step.kind == JsonPathStep::Kind::names && !step.descend && step.names.size() == 1;
    });
  }

  bool at(const JsonNode& node, std::size_t index) const {
    if (index == steps_.size()) {
      if (all_ == nullptr) return !definite_ || node.kind != JsonNode::Kind::null;
      all_->insert(&node);
      return false;
    }
    const JsonPathStep& step = steps_[index];
    if (here(node, step, index)) return true;
    if (!step.descend) return false;
    const auto below = [&](const JsonNode& child) { return at(child, index); };
    return std::any_of(node.elements.begin(), node.elements.end(), below) ||
           std::any_of(node.members.begin(), node.members.end(),
                       [&](const auto& member) { return below(member.value); });
  }

 private:
  bool here(const JsonNode& node, const JsonPathStep& step, std::size_t index) const {
    if (step.kind == JsonPathStep::Kind::filter && node.kind == JsonNode::Kind::object &&
        meets(*step.filter, node) && at(node, index + 1)) {
      return true;
    }
    for (const auto& [key, value] : node.members) {
      const bool named = step.kind == JsonPathStep::Kind::names &&
                         std::find(step.names.begin(), step.names.end(), key) != step.names.end();
      if ((named || step.kind == JsonPathStep::Kind::wildcard) && at(value, index + 1)) return true;
    }
    for (std::size_t i = 0; i < node.elements.size(); ++i) {
      const bool taken =
          step.kind == JsonPathStep::Kind::wildcard ||
          (step.kind == JsonPathStep::Kind::filter && meets(*step.filter, node.elements[i])) ||
          picks(step, i, node.elements.size());
      if (taken && at(node.elements[i], index + 1)) return true;
    }
    return false;
  }

  const std::vector<JsonPathStep>& steps_;
  std::set<const JsonNode*>* all_;
  bool definite_ = true;
};

}  // namespace

std::optional<JsonNode> parse_node(std::string_view json) {
  JsonNode root;
  TreeBuilder builder(root);
  json::Tokenizer<TreeBuilder> tokenizer(builder);
  if (!tokenizer.feed(json) || !tokenizer.finish() || builder.documents() != 1) return std::nullopt;
  return root;
}

bool meets(const JsonPathFilter& filter, const JsonNode& value) {
  using Kind = JsonPathFilter::Kind;
  const auto part = [&](const JsonPathFilter& one) { return meets(one, value); };
  switch (filter.kind) {
    case Kind::all_of:
      return std::all_of(filter.parts.begin(), filter.parts.end(), part);
    case Kind::any_of:
      return std::any_of(filter.parts.begin(), filter.parts.end(), part);
    case Kind::negation:
      return !meets(filter.parts.front(), value);
    default:
      break;
  }
  const JsonNode* const operand = follow(value, filter.path);
  switch (filter.kind) {
    case Kind::exists:
      return operand != nullptr;
    case Kind::equal:
      return operand != nullptr && equals(*operand, filter.literal);
    case Kind::not_equal:
      return operand == nullptr || !equals(*operand, filter.literal);
    default:
      return operand != nullptr && matches(*filter.regex, *operand);
  }
}

bool finds(const JsonPath& path, const JsonNode& document) { return Finder(path).at(document, 0); }

std::set<const JsonNode*> find_all(const JsonPath& path, const JsonNode& document) {
  std::set<const JsonNode*> all;
  Finder(path, &all).at(document, 0);
  return all;
}

bool picks(const JsonPathStep& step, std::size_t index, std::size_t length) {
  const auto position = static_cast<std::int64_t>(index);
  const auto from_start = [&](std::int64_t bound) {
    return bound >= 0 ? bound : bound + static_cast<std::int64_t>(length);
  };
  if (step.kind == JsonPathStep::Kind::indices) {
    return std::any_of(step.indices.begin(), step.indices.end(),
                       [&](std::int64_t wanted) { return from_start(wanted) == position; });
  }
  if (step.kind != JsonPathStep::Kind::slice) return false;
  return (!step.first || position >= from_start(*step.first)) &&
         (!step.last || position < from_start(*step.last));
}

bool needs_length(const JsonPathStep& step) {
  const auto negative = [](std::int64_t bound) { return bound < 0; };
  return std::any_of(step.indices.begin(), step.indices.end(), negative) ||
         (step.first && negative(*step.first)) || (step.last && negative(*step.last));
}

}  // namespace zoom_proxy
