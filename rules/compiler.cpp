#include "rules/compiler.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

/// How far along one path of one transform a position in the document is.
struct Progress {
  std::size_t transform = 0;
  std::size_t path = 0;
  std::size_t step = 0;
  auto operator<=>(const Progress&) const = default;
};

/// What distinguishes a position: the schema node that stands there (none: no schema, everything is
/// kept), and the paths under way.
struct Position {
  const Schema* schema = nullptr;
  std::vector<Progress> active;              ///< sorted; what children may still match
  std::vector<const Operation*> operations;  ///< of the paths that end here
  auto operator<=>(const Position&) const = default;
};

Accepts accepts_of(Schema::Type type) {
  switch (type) {
    case Schema::Type::untyped:
      return Accepts::scalar;
    case Schema::Type::string:
      return Accepts::string;
    case Schema::Type::integer:
      return Accepts::integer;
    case Schema::Type::number:
      return Accepts::number;
    case Schema::Type::boolean:
      return Accepts::boolean;
    case Schema::Type::object:
      return Accepts::object;
    case Schema::Type::array:
      return Accepts::array;
    case Schema::Type::null:
      return Accepts::null;
  }
  return Accepts::null;
}

/// The subset construction: positions become states, each once.
class Builder {
 public:
  Builder(const RuleSet& rules, const Endpoint& endpoint) : rules_(rules), endpoint_(endpoint) {}

  Program build() {
    program_.states.emplace_back();  // kDropped
    Position root;
    root.schema = endpoint_.response_schema ? resolve(&*endpoint_.response_schema) : nullptr;
    std::vector<Progress> reached;
    for (std::size_t t = 0; t < endpoint_.transforms.size(); ++t) {
      for (std::size_t p = 0; p < endpoint_.transforms[t].paths.size(); ++p) {
        reached.push_back({t, p, 0});
      }
    }
    const std::optional<Position> start = arrive(root.schema, reached);
    if (!start) {
      throw ConfigError(endpoint_.place,
                        "a redact transform with the path $ leaves nothing of the "
                        "response; remove the endpoint instead");
    }
    program_.root = state_of(*start, "$");
    for (StateId id = program_.root; id < program_.states.size(); ++id) expand(id, positions_[id]);
    return std::move(program_);
  }

 private:
  [[nodiscard]] const Transform& transform(const Progress& at) const {
    return endpoint_.transforms[at.transform];
  }

  [[nodiscard]] const JsonPath& path(const Progress& at) const {
    return transform(at).paths[at.path];
  }

  /// Follows `$ref` to the definition that stands there.
  const Schema* resolve(const Schema* schema) const {
    for (std::size_t hops = 0; !schema->ref.empty(); ++hops) {
      const auto found = rules_.definitions.find(schema->ref);
      if (found == rules_.definitions.end() || hops > rules_.definitions.size()) {
        throw ConfigError(schema->place, "$ref names the definition \"" + schema->ref +
                                             "\", which leads nowhere; add it under definitions");
      }
      schema = &found->second;
    }
    return schema;
  }

  /// The position of a value with this schema, reached by these paths; nothing when it is redacted.
  std::optional<Position> arrive(const Schema* schema, std::vector<Progress> reached) const {
    std::sort(reached.begin(), reached.end());
    reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
    Position position{schema, {}, {}};
    for (const Progress& at : reached) {
      if (at.step < path(at).steps.size()) {
        position.active.push_back(at);
      } else if (transform(at).operation.removes()) {
        return std::nullopt;
      } else {
        position.operations.push_back(&transform(at).operation);
      }
    }
    // Nothing below a scalar can match.
    const bool leaf = schema != nullptr && schema->type != Schema::Type::object &&
                      schema->type != Schema::Type::array;
    if (leaf) position.active.clear();
    return position;
  }

  /// Where the paths under way stand after a step to a member (`key`), to a member that no rule
  /// names or to an element (no key).
  std::vector<Progress> advance(const Position& from, const std::string* key) const {
    std::vector<Progress> reached;
    for (const Progress& at : from.active) {
      const JsonPathStep& step = path(at).steps[at.step];
      if (step.descend) reached.push_back(at);
      const bool named = step.kind == JsonPathStep::Kind::names && key != nullptr &&
                         std::find(step.names.begin(), step.names.end(), *key) != step.names.end();
      if (named || step.kind == JsonPathStep::Kind::wildcard) {
        reached.push_back({at.transform, at.path, at.step + 1});
      }
    }
    return reached;
  }

  StateId child(const Position& from, const Schema* schema, const std::string* key,
                const std::string& place) {
    const std::optional<Position> position = arrive(schema, advance(from, key));
    return position ? state_of(*position, place) : kDropped;
  }

  /// The state of a position; made, and named after the place, when it is met for the first time.
  StateId state_of(const Position& position, const std::string& place) {
    const auto [entry, is_new] =
        ids_.try_emplace(position, static_cast<StateId>(program_.states.size()));
    if (!is_new) return entry->second;
    if (program_.states.size() > limits::kProgramStates) {
      throw ConfigError(endpoint_.place, "the endpoint's transforms and schema need more than " +
                                             std::to_string(limits::kProgramStates) +
                                             " states; use fewer paths with `..`");
    }
    Program::State state;
    state.accepts = position.schema ? accepts_of(position.schema->type) : Accepts::anything;
    state.operations = position.operations;
    state.place = place;
    program_.states.push_back(std::move(state));
    positions_.push_back(position);
    return entry->second;
  }

  /// Fills in where a state's members and elements lead.
  void expand(StateId id, const Position& position) {
    std::vector<Program::Member> members;
    StateId other = kDropped;
    StateId elements = kDropped;
    const Schema* const schema = position.schema;
    const std::string here = program_.states[id].place;
    if (schema == nullptr) {
      for (const std::string& key : named_keys(position)) {
        members.push_back({key, child(position, nullptr, &key, here + "." + key)});
      }
      other = child(position, nullptr, nullptr, here + ".*");
      elements = other;
    } else if (schema->type == Schema::Type::object) {
      for (const auto& [key, property] : schema->properties) {
        members.push_back({key, child(position, resolve(&property), &key, here + "." + key)});
      }
    } else if (schema->type == Schema::Type::array) {
      const Schema* const items = schema->items ? resolve(&*schema->items) : &untyped_;
      elements = child(position, items, nullptr, here + "[]");
    }
    if (members.size() > limits::kMembersOfState) {
      throw ConfigError(endpoint_.place, "an object of the endpoint names more than " +
                                             std::to_string(limits::kMembersOfState) + " members");
    }
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    Program::State& state = program_.states[id];
    state.first_slot = program_.slots;
    program_.slots += members.size() + 1;
    state.members = std::move(members);
    state.other = other;
    state.elements = elements;
  }

  std::set<std::string> named_keys(const Position& position) const {
    std::set<std::string> keys;
    for (const Progress& at : position.active) {
      const JsonPathStep& step = path(at).steps[at.step];
      keys.insert(step.names.begin(), step.names.end());
    }
    return keys;
  }

  const RuleSet& rules_;
  const Endpoint& endpoint_;
  const Schema untyped_;
  Program program_;
  std::map<Position, StateId> ids_;
  /// By state. A deque, so that a position stays where it is while its children are added.
  std::deque<Position> positions_ = std::deque<Position>(1);
};

}  // namespace

Program compile(const RuleSet& rules, const Endpoint& endpoint) {
  return Builder(rules, endpoint).build();
}

}  // namespace zoom_proxy
