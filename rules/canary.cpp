#include "rules/canary.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace zoom_proxy {

namespace {

namespace json = boost::json;

/// Documents of one filling: as many as are needed to take every branch of `anyOf` and `if`.
constexpr std::size_t kMostDocuments = 64;

/// Definitions that contain themselves are followed this far.
constexpr std::size_t kDeepest = 12;

/// The member that is added to every object, and that no rules list.
constexpr std::string_view kUnlistedKey = "unlisted_canary_field";

/// A step from a value to one inside it: a member's name, or nothing for an array's element.
using Step = std::optional<std::string>;
using Path = std::vector<Step>;

std::string text_of(const Path& path) {
  std::string text = "$";
  for (const Step& step : path) text += step ? '.' + *step : std::string("[]");
  return text;
}

/// True when the steps, from `step` on, lead to the value at `path`, from `depth` on, or to one
/// that contains it.
bool leads_to(const std::vector<JsonPathStep>& steps, std::size_t step, const Path& path,
              std::size_t depth) {
  if (step == steps.size()) return true;
  const JsonPathStep& want = steps[step];
  for (; depth < path.size(); ++depth) {
    const Step& have = path[depth];
    const bool fits = want.kind == JsonPathStep::Kind::wildcard ||
                      (have && std::ranges::find(want.names, *have) != want.names.end());
    if (fits && leads_to(steps, step + 1, path, depth + 1)) return true;
    if (!want.descend) return false;
  }
  return false;
}

bool is_transformed(const Endpoint& endpoint, const Path& path) {
  return std::ranges::any_of(endpoint.transforms, [&](const Transform& transform) {
    return std::ranges::any_of(transform.paths, [&](const JsonPath& json_path) {
      return leads_to(json_path.steps, 0, path, 0);
    });
  });
}

bool is_container(const Schema& schema) {
  return schema.type == Schema::Type::object || schema.type == Schema::Type::array;
}

/// Without a response schema: one that has what the transforms name.
void add_path(Schema& schema, const std::vector<JsonPathStep>& steps, std::size_t step) {
  if (step == steps.size()) return;
  if (steps[step].kind == JsonPathStep::Kind::wildcard) {
    if (schema.type == Schema::Type::object) return;
    Schema items = schema.items ? *schema.items : Schema{};
    add_path(items, steps, step + 1);
    schema.type = Schema::Type::array;
    schema.items = std::make_shared<const Schema>(std::move(items));
    return;
  }
  if (schema.type == Schema::Type::array) return;
  schema.type = Schema::Type::object;
  for (const std::string& name : steps[step].names) {
    auto found = std::ranges::find(schema.properties, name, &Property::key);
    if (found == schema.properties.end()) {
      found = schema.properties.insert(found, Property{name, Schema{}});
    }
    add_path(found->schema, steps, step + 1);
  }
}

Schema schema_of_transforms(const Endpoint& endpoint) {
  Schema schema;
  schema.type = Schema::Type::object;
  for (const Transform& transform : endpoint.transforms)
    for (const JsonPath& path : transform.paths) add_path(schema, path.steps, 0);
  return schema;
}

/// How a document is filled.
enum class Filling {
  ids,         ///< every value of its type, texts that look like ids
  emails,      ///< the same, texts that are e-mail addresses
  scalars,     ///< every scalar a scalar of another type
  containers,  ///< every scalar an object or an array
  collapsed,   ///< the containers in the topmost object or array: texts
};

/// A canary, and where it sits.
struct Planted {
  Path path = {};
  bool listed = true;
  bool fits = true;  ///< of a type that the rules take at this place
  bool is_email = false;
};

/// Which branches of `anyOf` and `if` were taken; each schema takes its own in turn.
class Branches {
 public:
  /// The next of `count` branches of a schema.
  std::size_t next(const Schema& schema, std::size_t count) {
    Taken& taken = taken_[&schema];
    taken.of = count;
    return taken.times++ % count;
  }
  [[nodiscard]] bool all_taken() const {
    return std::ranges::all_of(
        taken_, [](const auto& entry) { return entry.second.times >= entry.second.of; });
  }

 private:
  struct Taken {
    std::size_t times = 0;
    std::size_t of = 0;
  };
  std::map<const Schema*, Taken> taken_;
};

/// Writes a document that fits a schema, as far as the filling wants it to. Constants are always
/// right: they decide what the rules make of the rest.
class Planter {
 public:
  Planter(const RuleSet& rules, Filling filling, Branches& branches)
      : rules_(rules), filling_(filling), branches_(branches) {}

  json::value document(const Schema& schema) { return value(schema); }
  [[nodiscard]] const std::vector<Planted>& planted() const noexcept { return planted_; }

  /// The canary's text and number forms: each as long as any other, so that none holds another.
  static std::string name(std::size_t index) { return "canary" + std::to_string(100'000 + index); }
  static std::int64_t number(std::size_t index) {
    return 7'300'000'000'000 + static_cast<std::int64_t>(index);
  }

 private:
  json::value value(const Schema& schema) {
    if (!schema.ref.empty()) {
      const auto found = rules_.definitions.find(schema.ref);
      if (found == rules_.definitions.end() || path_.size() > kDeepest) return nullptr;
      return value(found->second);
    }
    if (!schema.any_of.empty()) return alternative(schema);
    if (schema.condition) return conditional(schema);
    if (schema.constant) return json::value(*schema.constant);
    if (is_container(schema)) {
      if (filling_ == Filling::collapsed && !path_.empty()) return text({.fits = false});
      return schema.type == Schema::Type::object ? object(schema) : array(schema);
    }
    if (filling_ == Filling::containers) {
      if (planted_.size() % 2 == 0) return json::array{text({.fits = false})};
      return json::object{{"canary", text({.fits = false})}};
    }
    return scalar(schema.type);
  }

  /// Whether no constant of the schema meets another value.
  bool fits(const Schema& schema, const json::value& made) const {
    if (!schema.ref.empty()) {
      const auto found = rules_.definitions.find(schema.ref);
      return found != rules_.definitions.end() && fits(found->second, made);
    }
    if (!schema.any_of.empty()) return true;
    if (schema.condition) {
      if (fits(*schema.condition, made)) return fits(*schema.then_schema, made);
      return schema.else_schema && fits(*schema.else_schema, made);
    }
    if (schema.constant) return made.is_string() && made.as_string() == *schema.constant;
    return !made.is_object() || std::ranges::all_of(schema.properties, [&](const auto& property) {
      const json::value* const member = made.as_object().if_contains(property.key);
      return member == nullptr || fits(property.schema, *member);
    });
  }

  /// A value by one of the alternatives; null where the rules would take it for another one.
  json::value alternative(const Schema& schema) {
    const std::size_t branch = branches_.next(schema, schema.any_of.size());
    const std::size_t before = planted_.size();
    json::value made = value(schema.any_of[branch]);
    for (std::size_t i = 0; i <= branch; ++i) {
      if (fits(schema.any_of[i], made) == (i == branch)) continue;
      planted_.resize(before);
      return nullptr;
    }
    return made;
  }

  json::value conditional(const Schema& schema) {
    const auto& [key, wanted] = schema.condition->properties.front();
    const bool meets = branches_.next(schema, schema.else_schema ? 2 : 1) == 0;
    const std::size_t before = planted_.size();
    if (meets) constants_[key] = *wanted.constant;
    json::value made = value(meets ? *schema.then_schema : *schema.else_schema);
    constants_.clear();
    if (!meets && made.is_object() && !made.as_object().contains(key)) {
      path_.emplace_back(key);
      made.as_object()[key] = text({.listed = false});
      path_.pop_back();
    }
    if (fits(*schema.condition, made) == meets) return made;
    planted_.resize(before);
    return nullptr;
  }

  json::value object(const Schema& schema) {
    json::object out;
    const std::map<std::string, std::string> constants = std::exchange(constants_, {});
    for (const auto& [key, text] : constants) out[key] = text;
    for (const auto& [key, inner] : schema.properties) {
      if (constants.contains(key)) continue;
      path_.emplace_back(key);
      out[key] = value(inner);
      path_.pop_back();
    }
    path_.emplace_back(std::string(kUnlistedKey));
    out[kUnlistedKey] = json::object{{"email", text({.listed = false})},
                                     {"list", json::array{text({.listed = false})}}};
    path_.pop_back();
    return out;
  }

  json::value array(const Schema& schema) {
    constants_.clear();
    path_.emplace_back(std::nullopt);
    json::value inner = schema.items ? value(*schema.items) : value(Schema{});
    path_.pop_back();
    return json::array{std::move(inner)};
  }

  json::value scalar(Schema::Type type) {
    const bool wrong = filling_ == Filling::scalars;
    switch (type) {
      case Schema::Type::any:
        return text({});
      case Schema::Type::string:
        return wrong ? numeral({.fits = false}) : text({});
      case Schema::Type::integer:
      case Schema::Type::number:
        return wrong ? text({.fits = false}) : numeral({});
      default:
        break;
    }
    if (wrong) return text({.fits = false});
    plant({});
    if (type == Schema::Type::boolean) return true;
    return nullptr;
  }

  json::value text(Planted canary) {
    std::string out = name(planted_.size());
    canary.is_email = filling_ == Filling::emails;
    if (canary.is_email) out += "@canary.example";
    plant(std::move(canary));
    return json::value(out);
  }

  json::value numeral(Planted canary) {
    plant(std::move(canary));
    return number(planted_.size() - 1);
  }

  void plant(Planted canary) {
    canary.path = path_;
    planted_.push_back(std::move(canary));
  }

  const RuleSet& rules_;
  Filling filling_;
  Branches& branches_;
  /// Members of the next object that a condition asks for.
  std::map<std::string, std::string> constants_;
  Path path_;
  std::vector<Planted> planted_;
};

/// What the sanitizer makes of a text; also after a fault.
struct Sanitized {
  std::string text;
  BodyFault fault = BodyFault::none;
};

Sanitized sanitize(const Engine& engine, std::size_t endpoint, const std::string& body) {
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  Sanitized out;
  if (sanitizer.feed(body, out.text)) (void)sanitizer.finish(out.text);
  out.fault = sanitizer.fault();
  return out;
}

bool holds(const std::string& text, std::size_t canary) {
  return text.find(Planter::name(canary)) != std::string::npos ||
         text.find(std::to_string(Planter::number(canary))) != std::string::npos;
}

/// The value at `path`; nothing when it, or a value around it, is not there.
const json::value* find(const json::value& root, const Path& path) {
  const json::value* at = &root;
  for (const Step& step : path) {
    if (step) {
      at = at->is_object() ? at->as_object().if_contains(*step) : nullptr;
    } else {
      at = at->is_array() ? at->as_array().if_contains(0) : nullptr;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

Fate fate_of(const json::value* value, bool was_null) {
  if (value == nullptr || (value->is_null() && !was_null)) return Fate::removed;
  if (!value->is_string()) return value->is_object() ? Fate::digested : Fate::kept;
  const std::string_view text = value->as_string();
  if (text.starts_with("t~") || text.starts_with("p~")) return Fate::pseudonymized;
  return text.starts_with("canary") ? Fate::kept : Fate::digested;
}

/// Flies one endpoint's documents, one after another, into a report.
class Flight {
 public:
  Flight(const Engine& engine, std::size_t endpoint, const RuleSet& rules, EgressGuard guard)
      : engine_(engine),
        index_(endpoint),
        rules_(rules),
        endpoint_(rules.endpoints[endpoint]),
        guard_(guard) {
    report_.has_schema = endpoint_.response_schema.has_value();
    schema_ = report_.has_schema ? *endpoint_.response_schema : schema_of_transforms(endpoint_);
  }

  CanaryReport run() {
    fly(Filling::ids);
    fly(Filling::emails);
    if (report_.has_schema) {
      for (const Filling wrong : {Filling::scalars, Filling::containers, Filling::collapsed})
        fly(wrong);
      fly_top_level();
    }
    return std::move(report_);
  }

 private:
  void fly(Filling filling) {
    Branches branches;
    std::size_t documents = 0;
    do {
      fly(filling, branches);
    } while (!branches.all_taken() && ++documents < kMostDocuments);
  }

  void fly(Filling filling, Branches& branches) {
    Planter planter(rules_, filling, branches);
    const json::value document = planter.document(schema_);
    if (document.is_null()) return;
    const Sanitized out = sanitize(engine_, index_, json::serialize(document));
    if (out.fault != BodyFault::none)
      leak("$", "a document that fits the rules is refused: " + std::string(to_string(out.fault)));
    for (std::size_t i = 0; i < planter.planted().size(); ++i) {
      const Planted& canary = planter.planted()[i];
      if (holds(out.text, i) && !may_pass(canary)) leak(text_of(canary.path), why(canary));
    }
    if (filling == Filling::ids && out.fault == BodyFault::none)
      record_fates(planter, document, out);
  }

  /// Whether the rules, as written, let this value out as it is.
  bool may_pass(const Planted& canary) const {
    if (is_transformed(endpoint_, canary.path)) return false;
    if (!canary.listed && report_.has_schema) return false;
    return canary.fits && !(canary.is_email && guard_ == EgressGuard::redact);
  }

  const Schema* resolve(const Schema* schema) const {
    if (schema->ref.empty()) return schema;
    const auto found = rules_.definitions.find(schema->ref);
    return found == rules_.definitions.end() ? nullptr : resolve(&found->second);
  }

  std::string why(const Planted& canary) const {
    if (!canary.listed && report_.has_schema) return "a field that the rules do not list comes out";
    if (is_transformed(endpoint_, canary.path)) return "a value that the rules transform comes out";
    if (!canary.fits) return "a value of a type that the rules do not allow comes out";
    return "an e-mail address comes out in a text that is kept";
  }

  void record_fates(const Planter& planter, const json::value& document, const Sanitized& out) {
    const json::value sanitized = out.text.empty() ? json::value() : json::parse(out.text);
    for (const Planted& canary : planter.planted()) {
      if (!canary.listed) continue;
      const json::value* const before = find(document, canary.path);
      const Fate fate =
          fate_of(find(sanitized, canary.path), before != nullptr && before->is_null());
      const CanaryReport::Field field{text_of(canary.path), fate};
      if (std::ranges::find(report_.fields, field) == report_.fields.end()) {
        report_.fields.push_back(field);
      }
    }
  }

  /// A text where the answer's object or list should be: refused as a whole.
  void fly_top_level() {
    const Schema* const schema = resolve(&schema_);
    if (schema == nullptr || !is_container(*schema)) return;
    const Sanitized out = sanitize(engine_, index_, '"' + Planter::name(0) + '"');
    if (out.fault != BodyFault::top_level || !out.text.empty())
      leak("$", "an answer of a type that the rules do not allow is not refused");
  }

  void leak(const std::string& place, const std::string& what) {
    report_.leaks.push_back(place + ": " + what);
  }

  const Engine& engine_;
  std::size_t index_;
  const RuleSet& rules_;
  const Endpoint& endpoint_;
  EgressGuard guard_;
  Schema schema_;
  CanaryReport report_;
};

}  // namespace

std::size_t CanaryReport::count(Fate fate) const {
  return static_cast<std::size_t>(std::ranges::count(fields, fate, &Field::fate));
}

CanaryReport fly_canaries(const Engine& engine, std::size_t endpoint, const RuleSet& rules,
                          EgressGuard guard) {
  return Flight(engine, endpoint, rules, guard).run();
}

}  // namespace zoom_proxy
