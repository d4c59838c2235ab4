#include "rules/compiler.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "rules/constants.hpp"
#include "rules/limits.hpp"
#include "rules/look_ahead.hpp"

namespace zoom_proxy {

namespace {

using Kind = JsonPathStep::Kind;

/// How far along one path of one transform a position in the document is.
struct Progress {
  std::size_t transform = 0;
  std::size_t path = 0;
  std::size_t step = 0;
  bool asked = false;  ///< its filter has been asked about the value that stands here
  auto operator<=>(const Progress&) const = default;
};

/// Progress that is made only where a question is answered with yes.
struct Asked {
  std::vector<Progress> then;
  Question question;
  auto operator<=>(const Asked&) const = default;
};

/// What is known of the constants of the schema that stands at a position.
enum class Fit {
  unknown,  ///< or there are none
  fits,
  asked,  ///< no value to be sanitized: the position is part of a question
};

/// What distinguishes a position: the schema node that stands there (none: no schema, everything is
/// kept), and the paths that have come so far.
struct Position {
  const Schema* schema = nullptr;
  std::vector<Progress> reached;  ///< sorted
  std::vector<Asked> asked;       ///< sorted
  bool counted = false;           ///< an element whose place matters: judged even when redacted
  Fit fit = Fit::unknown;
  auto operator<=>(const Position&) const = default;
};

/// A step down: to a member by its key, to a member that no rule names, or to an element.
struct Step {
  const std::string* key = nullptr;
  bool element = false;
  std::set<const JsonPathStep*> picked = {};  ///< steps that pick this element by its place
};

Accepts accepts_of(const Schema& schema) {
  if (schema.constant) return Accepts::constant;
  switch (schema.type) {
    case Schema::Type::any:
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

bool may_hold(const Schema* schema, Schema::Type container) {
  return schema == nullptr || schema->type == container;
}

/// The subset construction: positions become states, each once.
class Builder {
 public:
  Builder(const RuleSet& rules, const Endpoint& endpoint)
      : endpoint_(endpoint), constants_(rules, endpoint) {
    null_.type = Schema::Type::null;
  }

  Program build() {
    program_.states.emplace_back();  // kDropped
    const std::optional<Position> start = start_position();
    if (!start) {
      throw ConfigError(endpoint_.place,
                        "a redact transform with the path $ leaves nothing of the "
                        "response; remove the endpoint instead");
    }
    program_.root = state_of(*start, "$");
    for (StateId id = program_.root; id < program_.states.size(); ++id) expand(id, positions_[id]);
    for (const auto& [names, choices] : telling_) add_telling_state(names, choices);
    program_.finish();
    return std::move(program_);
  }

 private:
  [[nodiscard]] const Transform& transform(const Progress& at) const {
    return endpoint_.transforms[at.transform];
  }
  [[nodiscard]] const JsonPath& path(const Progress& at) const {
    return transform(at).paths[at.path];
  }
  [[nodiscard]] bool ended(const Progress& at) const { return at.step == path(at).steps.size(); }
  [[nodiscard]] const JsonPathStep& step(const Progress& at) const {
    return path(at).steps[at.step];
  }
  static Progress next(const Progress& at) { return {at.transform, at.path, at.step + 1, false}; }

  /// True while a value must be looked at before it is known which schema stands here, or whether
  /// any does.
  [[nodiscard]] bool undecided(const Schema* schema, Fit fit) const {
    return schema != nullptr && (!schema->any_of.empty() || schema->condition ||
                                 (fit == Fit::unknown && constants_.may_fail(schema)));
  }

  std::optional<Position> start_position() const {
    std::vector<Progress> reached;
    std::vector<Asked> asked;
    for (std::size_t t = 0; t < endpoint_.transforms.size(); ++t) {
      std::vector<Progress> all;
      for (std::size_t p = 0; p < endpoint_.transforms[t].paths.size(); ++p) all.push_back({t, p});
      if (const auto& when = endpoint_.transforms[t].apply_only_when) {
        asked.push_back({std::move(all), {Question::Kind::finds, nullptr, &*when}});
      } else {
        reached.insert(reached.end(), all.begin(), all.end());
      }
    }
    const auto& schema = endpoint_.response_schema;
    return arrive(schema ? constants_.resolve(&*schema) : nullptr, std::move(reached),
                  std::move(asked));
  }

  /// The position of a value with this schema, reached so; nothing when it is redacted for certain.
  /// Where elements are counted, a redacted one is judged by its type like any other.
  std::optional<Position> arrive(const Schema* schema, std::vector<Progress> reached,
                                 std::vector<Asked> asked, bool counted = false,
                                 Fit fit = Fit::unknown) const {
    Position position{schema, {}, std::move(asked), counted, fit_of(schema, fit)};
    const bool open = undecided(schema, fit);
    const bool leaf =
        !open && !may_hold(schema, Schema::Type::object) && !may_hold(schema, Schema::Type::array);
    for (Progress& at : reached) {
      if (ended(at)) {
        if (transform(at).operation.removes() && !counted) return std::nullopt;
      } else if (leaf) {
        continue;  // nothing below a scalar can match
      } else if (!open && !at.asked && step(at).kind == Kind::filter &&
                 may_hold(schema, Schema::Type::object)) {
        at.asked = true;
        position.asked.push_back(
            {{next(at)}, {Question::Kind::object_meets, step(at).filter.get(), nullptr}});
      }
      position.reached.push_back(at);
    }
    const auto tidy = [](auto& list) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    tidy(position.reached);
    tidy(position.asked);
    return position;
  }

  /// Nothing needs to be known where there are no constants.
  [[nodiscard]] Fit fit_of(const Schema* schema, Fit fit) const {
    return constants_.may_fail(schema) ? fit : Fit::unknown;
  }

  /// The state of a value of which the schema alone counts.
  StateId plain_state(const Schema* schema, Fit fit, const std::string& place) {
    return state_of(Position{schema, {}, {}, false, fit_of(schema, fit)}, place);
  }

  StateId child(const Position& from, const Schema* schema, const Step& down,
                const std::string& place) {
    std::vector<Progress> reached;
    std::vector<Asked> asked;
    for (const Progress& at : from.reached) {
      if (ended(at)) continue;
      const JsonPathStep& want = step(at);
      // A filter is asked about elements here, and about other objects where they stand.
      const bool asks = want.kind == Kind::filter && down.element;
      if (want.descend) reached.push_back({at.transform, at.path, at.step, asks});
      const bool named =
          want.kind == Kind::names && down.key != nullptr &&
          std::find(want.names.begin(), want.names.end(), *down.key) != want.names.end();
      if (named || want.kind == Kind::wildcard || down.picked.contains(&want)) {
        reached.push_back(next(at));
      } else if (asks) {
        asked.push_back({{next(at)}, {Question::Kind::meets, want.filter.get(), nullptr}});
      }
    }
    const bool counted = down.element && !picking_steps(from).empty();
    const Fit fit = down.element ? Fit::unknown : from.fit;
    const auto position = arrive(schema, std::move(reached), std::move(asked), counted, fit);
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
                                             " states; use fewer paths with `..` or filters");
    }
    Program::State state;
    state.accepts = position.schema ? accepts_of(*position.schema) : Accepts::anything;
    if (state.accepts == Accepts::constant) state.constant = &*position.schema->constant;
    for (const Progress& at : position.reached) {
      if (ended(at)) state.operations.push_back(&transform(at).operation);
    }
    state.place = place;
    program_.states.push_back(std::move(state));
    positions_.push_back(position);
    return entry->second;
  }

  /// Fills in where a state leads: to the outcomes of its questions, or to members and elements.
  void expand(StateId id, const Position& position) {
    const std::string place = program_.states[id].place;
    if (undecided(position.schema, position.fit)) return expand_schema(id, position, place);
    if (!position.asked.empty()) return expand_choice(id, position, place);
    if (may_hold(position.schema, Schema::Type::object)) expand_members(id, position, place);
    if (may_hold(position.schema, Schema::Type::array)) expand_elements(id, position, place);
  }

  /// The first schema that the value fits stands here; null where there is none.
  void expand_schema(StateId id, const Position& position, const std::string& place) {
    const Schema& schema = *position.schema;
    Program::Choice choice;
    choice.first_yes = true;
    std::set<std::string> names;
    const auto outcome = [&](const Schema* then, Fit fit) {
      const auto there =
          arrive(constants_.resolve(then), position.reached, position.asked, position.counted, fit);
      choice.outcomes.push_back(there ? state_of(*there, place) : kDropped);
    };
    const auto ask = [&](const Schema* whether) {
      names.merge(constants_.telling_members(whether));
      choice.questions.push_back(
          {Question::Kind::fits, nullptr, nullptr, plain_state(whether, Fit::asked, place)});
    };
    if (!schema.any_of.empty()) {
      for (const Schema& alternative : schema.any_of) {
        const Schema* const one = constants_.resolve(&alternative);
        if (constants_.may_fail(one)) ask(one);
        outcome(one, Fit::fits);
        if (!constants_.may_fail(one)) break;
      }
      if (choice.outcomes.size() == choice.questions.size()) outcome(&null_, Fit::unknown);
    } else if (position.fit == Fit::unknown && constants_.may_fail(&schema)) {
      ask(&schema);
      outcome(&schema, Fit::fits);
      outcome(&null_, Fit::unknown);
    } else {
      ask(&*schema.condition);
      outcome(&*schema.then_schema, position.fit);
      if (schema.else_schema) outcome(&*schema.else_schema, position.fit);
      if (!schema.else_schema) choice.outcomes.push_back(kDropped);
    }
    program_.states[id].choice = program_.choices.size();
    telling_[names].push_back(program_.choices.size());
    program_.choices.push_back(std::move(choice));
  }

  /// Lets members of these names stand at any depth, and no elements.
  void add_telling_state(const std::set<std::string>& names,
                         const std::vector<std::size_t>& choices) {
    const auto id = static_cast<StateId>(program_.states.size());
    Program::State state;
    for (const std::string& name : names) state.members.push_back({name, id});
    program_.states.push_back(std::move(state));
    for (const std::size_t choice : choices) program_.choices[choice].plain = id;
  }

  void expand_choice(StateId id, const Position& position, const std::string& place) {
    check_questions(position.asked.size(), place);
    Program::Choice choice;
    for (const Asked& one : position.asked) choice.questions.push_back(one.question);
    for (std::size_t mask = 0; mask < std::size_t{1} << position.asked.size(); ++mask) {
      std::vector<Progress> reached = position.reached;
      for (std::size_t i = 0; i < position.asked.size(); ++i) {
        const std::vector<Progress>& then = position.asked[i].then;
        if ((mask >> i & 1) != 0) reached.insert(reached.end(), then.begin(), then.end());
      }
      const auto outcome =
          arrive(position.schema, std::move(reached), {}, position.counted, position.fit);
      choice.outcomes.push_back(outcome ? state_of(*outcome, place) : kDropped);
    }
    choice.plain = plain_state(position.schema, position.fit, place);
    program_.states[id].choice = program_.choices.size();
    program_.choices.push_back(std::move(choice));
  }

  void check_questions(std::size_t count, const std::string& place) const {
    if (count <= limits::kQuestions) return;
    throw ConfigError(endpoint_.place, "more than " + std::to_string(limits::kQuestions) +
                                           " filters, indices or conditions meet at " + place +
                                           "; split the rules or use simpler paths");
  }

  void expand_members(StateId id, const Position& position, const std::string& place) {
    std::vector<Program::Member> members;
    StateId other = kDropped;
    if (position.schema == nullptr) {
      for (const std::string& key : named_keys(position)) {
        members.push_back({key, child(position, nullptr, {&key}, place + "." + key)});
      }
      other = child(position, nullptr, {}, place + ".*");
    } else {
      for (const auto& [key, property] : position.schema->properties) {
        const Schema* const inner = constants_.resolve(&property);
        if (position.fit == Fit::asked && !constants_.may_fail(inner)) continue;
        members.push_back({key, child(position, inner, {&key}, place + "." + key)});
      }
    }
    if (members.size() > limits::kMembersOfState) {
      throw ConfigError(endpoint_.place, "an object of the endpoint names more than " +
                                             std::to_string(limits::kMembersOfState) + " members");
    }
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    Program::State& state = program_.states[id];
    state.members = std::move(members);
    state.other = other;
  }

  void expand_elements(StateId id, const Position& position, const std::string& place) {
    const Schema* items = nullptr;
    if (position.schema != nullptr) {
      items = position.schema->items ? constants_.resolve(&*position.schema->items) : &untyped_;
    }
    const std::vector<Program::Pick> list = picking_steps(position);
    check_questions(list.size(), place);
    check_removals(position, place);
    std::vector<StateId> states;
    for (std::size_t mask = 0; mask < std::size_t{1} << list.size(); ++mask) {
      Step down{nullptr, true, {}};
      for (std::size_t i = 0; i < list.size(); ++i) {
        if ((mask >> i & 1) != 0) down.picked.insert(list[i].step);
      }
      states.push_back(child(position, items, down, place + "[]"));
    }
    Program::State& state = program_.states[id];
    state.elements = states.front();
    state.needs_length = std::any_of(list.begin(), list.end(),
                                     [](const auto& one) { return needs_length(*one.step); });
    if (!list.empty()) state.picked_elements = std::move(states);
    state.picks = list;
    if (state.needs_length) {
      const StateId plain = plain_state(position.schema, position.fit, place);
      program_.states[id].plain = plain;
    }
  }

  [[nodiscard]] bool counts(const Progress& at) const {
    return step(at).kind == Kind::indices || step(at).kind == Kind::slice;
  }
  [[nodiscard]] bool removes_here(const Progress& at) const {
    return at.step + 1 == path(at).steps.size() && transform(at).operation.removes();
  }

  /// Paths are applied one after another, so a place counts what paths before it have left. We go
  /// through the array once: where a filter or wildcard would have to be known for that, the rules
  /// are refused.
  void check_removals(const Position& position, const std::string& place) const {
    bool removes = false;
    for (const Progress& at : position.reached) {
      if (ended(at)) continue;
      if (counts(at) && removes) {
        throw ConfigError(transform(at).place,
                          "the path " + path(at).text + " counts elements of " + place +
                              ", from which a path before it removes some by [*] or a filter; put "
                              "the one that counts first");
      }
      removes = removes || (removes_here(at) && step(at).names.empty() && !counts(at));
    }
  }

  /// Steps under way that pick elements by their place, each once, in the order of the rules.
  std::vector<Program::Pick> picking_steps(const Position& position) const {
    std::vector<Program::Pick> list;
    for (const Progress& at : position.reached) {
      if (ended(at) || !counts(at)) continue;
      const auto same = [&](const Program::Pick& one) { return one.step == &step(at); };
      if (std::none_of(list.begin(), list.end(), same)) {
        list.push_back({&step(at), removes_here(at)});
      }
    }
    return list;
  }

  std::set<std::string> named_keys(const Position& position) const {
    std::set<std::string> keys;
    for (const Progress& at : position.reached) {
      if (!ended(at)) keys.insert(step(at).names.begin(), step(at).names.end());
    }
    return keys;
  }

  const Endpoint& endpoint_;
  const Constants constants_;
  const Schema untyped_;
  Schema null_;
  Program program_;
  std::map<Position, StateId> ids_;
  /// Choices between schemas, by the names of the members that tell.
  std::map<std::set<std::string>, std::vector<std::size_t>> telling_;
  /// By state. A deque, so that a position stays where it is while its children are added.
  std::deque<Position> positions_ = std::deque<Position>(1);
};

}  // namespace

Program compile(const RuleSet& rules, const Endpoint& endpoint) {
  return Builder(rules, endpoint).build();
}

void check_key(const Endpoint& endpoint, const TokenCodec& codec) {
  if (codec.reversible()) return;
  for (const Transform& transform : endpoint.transforms) {
    if (transform.operation.effect() == Effect::reversible) {
      throw ConfigError(
          transform.place,
          "the rules ask for reversible pseudonyms, but no encryption key is set; set "
          "PSOXY_ENCRYPTION_KEY or pseudonyms.encryption_key");
    }
  }
}

}  // namespace zoom_proxy
