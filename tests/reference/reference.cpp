#include "tests/reference/reference.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

namespace zoom_proxy::reference {
namespace {

namespace bj = boost::json;

/// A value's place: from the root down, the how-manieth member or element.
using Location = std::vector<std::size_t>;
using Locations = std::set<Location>;

// ---- the response schema ----

const Schema& resolve(const RuleSet& rules, const Schema& schema) {
  const Schema* at = &schema;
  while (!at->ref.empty()) at = &rules.definitions.at(at->ref);
  return *at;
}

bj::value integer(const bj::value& value) {
  if (value.is_int64()) return value;
  if (!value.is_double()) return nullptr;
  const double whole = std::trunc(value.get_double());
  if (whole < -0x1p63 || whole > 0x1p63) return nullptr;
  if (whole == 0x1p63) return INT64_MAX;  // Java's cast saturates, and 2^63 - 1 is no double
  return static_cast<std::int64_t>(whole);
}

/// What the schema leaves of a value; nothing when a constant in it meets another value.
using Filtered = std::optional<bj::value>;

Filtered filtered(const RuleSet& rules, const Schema& unresolved, const bj::value& value);

Filtered chosen(const RuleSet& rules, const Schema& schema, const bj::value& value) {
  for (const Schema& alternative : schema.any_of) {
    if (Filtered kept = filtered(rules, alternative, value)) return kept;
  }
  if (!schema.any_of.empty()) return bj::value(nullptr);
  if (filtered(rules, *schema.condition, value)) return filtered(rules, *schema.then_schema, value);
  return schema.else_schema ? filtered(rules, *schema.else_schema, value) : std::nullopt;
}

Filtered filtered_object(const RuleSet& rules, const Schema& schema, const bj::value& value) {
  if (!value.is_object()) return bj::value(nullptr);
  bj::object out;
  for (const auto& member : value.get_object()) {
    for (const auto& [name, property] : schema.properties) {
      if (name != std::string_view(member.key())) continue;
      const Filtered kept = filtered(rules, property, member.value());
      if (!kept) return std::nullopt;
      out.emplace(member.key(), *kept);
    }
  }
  return out;
}

bj::value filtered_array(const RuleSet& rules, const Schema& schema, const bj::value& value) {
  if (!value.is_array()) return nullptr;
  bj::array out;
  for (const bj::value& element : value.get_array()) {
    const Filtered kept = filtered(rules, schema.items ? *schema.items : Schema{}, element);
    if (kept && !kept->is_null()) out.push_back(*kept);
  }
  return out;
}

Filtered filtered(const RuleSet& rules, const Schema& unresolved, const bj::value& value) {
  const Schema& schema = resolve(rules, unresolved);
  if (!schema.any_of.empty() || schema.condition) return chosen(rules, schema, value);
  if (schema.constant) {
    const bool same = value.is_string() && std::string_view(value.get_string()) == *schema.constant;
    return same ? Filtered("") : std::nullopt;
  }
  switch (schema.type) {
    case Schema::Type::any:
      return value.is_structured() ? bj::value(nullptr) : value;
    case Schema::Type::string:
      return value.is_string() ? value : bj::value(nullptr);
    case Schema::Type::integer:
      return integer(value);
    case Schema::Type::number:
      return value.is_number() ? value : bj::value(nullptr);
    case Schema::Type::boolean:
      if (value.is_null()) return bj::value(false);
      return value.is_bool() ? value : bj::value(nullptr);
    case Schema::Type::null:
      return bj::value(nullptr);
    case Schema::Type::object:
      return filtered_object(rules, schema, value);
    case Schema::Type::array:
      return filtered_array(rules, schema, value);
  }
  return bj::value(nullptr);
}

// ---- places ----

std::size_t size_of(const bj::value& value) {
  if (value.is_object()) return value.get_object().size();
  return value.is_array() ? value.get_array().size() : 0;
}

const bj::value& child(const bj::value& value, std::size_t at) {
  return value.is_object() ? value.get_object().begin()[at].value() : value.get_array()[at];
}

/// Nothing when the place is not there any more.
bj::value* resolve(bj::value& root, const Location& location) {
  bj::value* at = &root;
  for (const std::size_t index : location) {
    if (index >= size_of(*at)) return nullptr;
    at = at->is_object() ? &at->get_object().begin()[index].value() : &at->get_array()[index];
  }
  return at;
}

bool equals(const bj::value& value, const JsonPathFilter::Literal& literal) {
  if (std::holds_alternative<std::nullptr_t>(literal)) return value.is_null();
  if (const bool* truth = std::get_if<bool>(&literal)) return value == bj::value(*truth);
  if (const auto* number = std::get_if<JsonPathFilter::Number>(&literal)) {
    return value.is_number() && value.to_number<double>() == std::stod(number->text);
  }
  return value.is_string() &&
         std::string_view(value.get_string()) == std::get<std::string>(literal);
}

bool meets(const JsonPathFilter& filter, const bj::value& value) {
  using Kind = JsonPathFilter::Kind;
  const auto holds = [&](const JsonPathFilter& part) { return meets(part, value); };
  if (filter.kind == Kind::all_of) return std::ranges::all_of(filter.parts, holds);
  if (filter.kind == Kind::any_of) return std::ranges::any_of(filter.parts, holds);
  if (filter.kind == Kind::negation) return !holds(filter.parts.front());
  const bj::value* at = &value;
  for (const std::string& name : filter.path) {
    at = at != nullptr && at->is_object() ? at->get_object().if_contains(name) : nullptr;
  }
  switch (filter.kind) {
    case Kind::exists:
      return at != nullptr;
    case Kind::equal:
      return at != nullptr && equals(*at, filter.literal);
    case Kind::not_equal:
      return at == nullptr || !equals(*at, filter.literal);
    default:
      return at != nullptr && at->is_string() &&
             filter.regex->matches(std::string_view(at->get_string()));
  }
}

bool in_slice(const JsonPathStep& step, std::int64_t at, std::int64_t length) {
  const auto absolute = [length](std::int64_t place) { return place < 0 ? place + length : place; };
  return (!step.first || at >= absolute(*step.first)) && (!step.last || at < absolute(*step.last));
}

bool in_indices(const JsonPathStep& step, std::int64_t at, std::int64_t length) {
  return std::ranges::any_of(
      step.indices, [&](std::int64_t index) { return at == index || at == index + length; });
}

Location below(Location location, std::size_t index) {
  location.push_back(index);
  return location;
}

/// What the step finds at one value, its descendants left aside, and of that what it finds by name.
void step_here(const JsonPathStep& step, const bj::value& value, const Location& location,
               const Locations& gone, Locations& found, Locations& named) {
  using Kind = JsonPathStep::Kind;
  if (step.kind == Kind::filter && value.is_object()) {
    if (meets(*step.filter, value)) found.insert(location);
    return;
  }
  const std::size_t length = size_of(value);
  std::int64_t count = 0;  // places count without what places before them have redacted
  for (std::size_t i = 0; i < length; ++i) count += gone.contains(below(location, i)) ? 0 : 1;
  std::int64_t at = -1;
  for (std::size_t i = 0; i < length; ++i) {
    if (gone.contains(below(location, i))) continue;
    ++at;
    bool picked = step.kind == Kind::wildcard;
    if (step.kind == Kind::names && value.is_object()) {
      const std::string key(value.get_object().begin()[i].key());
      picked = std::ranges::find(step.names, key) != step.names.end();
      if (picked) named.insert(below(location, i));
    } else if (value.is_array()) {
      picked = picked || (step.kind == Kind::indices && in_indices(step, at, count)) ||
               (step.kind == Kind::slice && in_slice(step, at, count)) ||
               (step.kind == Kind::filter && meets(*step.filter, child(value, i)));
    }
    if (picked) found.insert(below(location, i));
  }
}

void step_from(const JsonPathStep& step, const bj::value& value, const Location& location,
               const Locations& gone, Locations& found, Locations& named) {
  step_here(step, value, location, gone, found, named);
  if (!step.descend) return;
  for (std::size_t i = 0; i < size_of(value); ++i) {
    step_from(step, child(value, i), below(location, i), gone, found, named);
  }
}

Locations locate(const JsonPath& path, bj::value& root, const Locations& gone, Locations& named) {
  Locations at = {{}};
  for (const JsonPathStep& step : path.steps) {
    Locations found;
    for (const Location& location : at) {
      step_from(step, *resolve(root, location), location, gone, found, named);
    }
    at = std::move(found);
  }
  return at;
}

bool finds(const JsonPath& path, bj::value& root) {
  const bool definite = std::ranges::all_of(path.steps, [](const JsonPathStep& step) {
    return step.kind == JsonPathStep::Kind::names && step.names.size() == 1 && !step.descend;
  });
  Locations named;
  const Locations found = locate(path, root, {}, named);
  return !found.empty() && !(definite && resolve(root, *found.begin())->is_null());
}

// ---- transforms ----

/// A number as Java prints it, for doubles from a thousandth to ten million.
std::string number_text(const bj::value& value) {
  if (value.is_int64()) return std::to_string(value.get_int64());
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.begin(), buffer.end(), value.get_double(), std::chars_format::fixed);
  std::string text(buffer.data(), end.ptr);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

/// Blank as far as the generated documents go: ASCII white space.
bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

std::string digest(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  std::size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool space = std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
    words += !space && !in_word ? 1 : 0;
    in_word = !space;
  }
  if (words == 0 && !text.empty()) words = 1;  // nothing but blanks still counts as a piece
  return R"({"length":)" + std::to_string(units) + R"(,"word_count":)" + std::to_string(words) +
         "}";
}

enum class Left { value, nothing };

Left pseudonymize(const TransformOptions& options, const TokenCodec& codec, bj::value& value) {
  using Encoding = TransformOptions::Encoding;
  if (value.is_null()) return Left::value;
  if (!value.is_string() && !value.is_number()) return Left::nothing;
  const bool is_text = value.is_string();
  const std::string text = is_text ? std::string(value.get_string()) : number_text(value);
  if (is_text && blank(text)) {
    value = nullptr;
    return Left::value;
  }
  std::string one_way;
  codec.append_token(text, false, is_text, one_way);
  std::string reversible;
  if (options.include_reversible) codec.append_token(text, true, is_text, reversible);
  const std::string hash = one_way.substr(2, 43);
  if (options.encoding == Encoding::url_safe_hash_only) {
    value = hash;
  } else if (options.encoding == Encoding::url_safe_token) {
    value = options.include_reversible ? reversible : one_way;
  } else {
    bj::object form;
    const std::size_t at = one_way.find('@');
    if (at != std::string::npos) form["domain"] = one_way.substr(at + 1);
    form["hash"] = hash;
    if (options.include_original) form["original"] = text;
    if (options.include_reversible) form["reversible"] = reversible;
    value = bj::serialize(form);
  }
  return Left::value;
}

Left apply(const Operation& operation, const TokenCodec& codec, bj::value& value) {
  if (operation.type->tag == "redact") return Left::nothing;
  if (operation.type->tag == "pseudonymize") return pseudonymize(operation.options, codec, value);
  if (operation.type->tag != "textDigest") throw std::logic_error("not in the reference's domain");
  value = value.is_string() ? bj::value(digest(value.get_string())) : bj::value(nullptr);
  return Left::value;
}

/// What the transforms have met.
struct Met {
  Locations values;   ///< that a transform was applied to
  Locations named;    ///< members that a path or the schema names
  Locations removed;  ///< keep their places until the end
};

bool holds_at_sign(std::string_view text) { return text.find('@') != std::string_view::npos; }

void guard_names(const bj::value& value, const Location& location, Met& met) {
  for (std::size_t i = 0; i < size_of(value); ++i) {
    const Location place = below(location, i);
    if (value.is_object() && !met.named.contains(place) &&
        holds_at_sign(value.get_object().begin()[i].key())) {
      met.removed.insert(place);
    }
    guard_names(child(value, i), place, met);
  }
}

void guard_strings(bj::value& value, const Location& location, const Met& met) {
  if (met.values.contains(location)) return;
  if (value.is_string() && holds_at_sign(value.get_string())) value = nullptr;
  for (std::size_t i = 0; i < size_of(value); ++i) {
    guard_strings(*resolve(value, {i}), below(location, i), met);
  }
}

bj::value without(const bj::value& value, const Location& location, const Locations& removed) {
  if (!value.is_structured()) return value;
  bj::object object;
  bj::array array;
  for (std::size_t i = 0; i < size_of(value); ++i) {
    const Location place = below(location, i);
    if (removed.contains(place)) continue;
    bj::value kept = without(child(value, i), place, removed);
    if (value.is_object()) {
      object.emplace(value.get_object().begin()[i].key(), std::move(kept));
    } else {
      array.push_back(std::move(kept));
    }
  }
  return value.is_object() ? bj::value(object) : bj::value(array);
}

}  // namespace

std::optional<std::string> sanitize(const RuleSet& rules, const Endpoint& endpoint,
                                    const TokenCodec& codec, EgressGuard guard,
                                    std::string_view body) {
  bj::value document = bj::parse({body.data(), body.size()});
  if (endpoint.response_schema) {
    const Filtered kept = filtered(rules, *endpoint.response_schema, document);
    if (!kept || kept->is_null()) return std::nullopt;
    document = *kept;
  }
  // Places are found in what the schema left; what is removed keeps its place until the end.
  bj::value result = document;
  Met met;
  Locations gone;  // of the removed, those that a place in an array has redacted
  for (const Transform& transform : endpoint.transforms) {
    if (transform.apply_only_when && !finds(*transform.apply_only_when, document)) continue;
    for (const JsonPath& path : transform.paths) {
      using Kind = JsonPathStep::Kind;
      const auto last = path.steps.empty() ? Kind::names : path.steps.back().kind;
      const bool by_place = last == Kind::indices || last == Kind::slice;
      const Locations found = locate(path, document, gone, met.named);
      for (const Location& location : found) {
        bj::value* value = resolve(result, location);
        if (value == nullptr || met.removed.contains(location)) continue;
        met.values.insert(location);
        if (apply(transform.operation, codec, *value) == Left::nothing) {
          met.removed.insert(location);
        }
        if (by_place && transform.operation.removes()) gone.insert(location);
      }
    }
  }
  if (met.removed.contains(Location{})) return "";
  if (guard == EgressGuard::redact) {
    if (!endpoint.response_schema) guard_names(document, {}, met);
    guard_strings(result, {}, met);
  }
  return bj::serialize(without(result, {}, met.removed));
}

}  // namespace zoom_proxy::reference
