#include "rules/program.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

constexpr std::array<std::string_view, 10> kAcceptsNames = {
    "anything", "scalar", "string", "integer", "number",
    "boolean",  "object", "array",  "null",    "constant"};

std::string target(StateId state) {
  return state == kDropped ? std::string("dropped") : std::to_string(state);
}

std::string list(const std::string& title, const std::vector<StateId>& states) {
  std::string out = title;
  for (std::size_t i = 0; i < states.size(); ++i) out += (i == 0 ? "=" : "/") + target(states[i]);
  return out;
}

/// Cheap: a key is looked up once in a run.
std::size_t hash(std::string_view key) {
  if (key.empty()) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(key[at]); };
  return key.size() + 31U * byte(0) + 113U * byte(key.size() / 2) + 251U * byte(key.size() - 1);
}

static_assert(limits::kMembersOfState < 65'536, "State::places counts in 16 bits");

void place_members(Program::State& state) {
  if (state.members.empty()) return;
  state.places.assign(std::bit_ceil(2 * state.members.size()), 0);
  for (std::size_t i = 0; i < state.members.size(); ++i) {
    std::size_t at = hash(state.members[i].key);
    while (state.places[at & (state.places.size() - 1)] != 0) ++at;
    state.places[at & (state.places.size() - 1)] = static_cast<std::uint16_t>(i + 1);
  }
}

}  // namespace

std::size_t Program::find_member(StateId from, std::string_view key) const {
  const State& state = states[from];
  if (state.places.empty()) return kNoMember;
  for (std::size_t at = hash(key);; ++at) {  // ends: half of the places are empty
    const std::size_t place = state.places[at & (state.places.size() - 1)];
    if (place == 0) return kNoMember;
    if (state.members[place - 1].key == key) return place - 1;
  }
}

void Program::finish() {
  for (State& state : states) place_members(state);
  copies.assign(states.size(), 0);
  for (StateId id = 1; id < states.size(); ++id) {
    const State& state = states[id];
    if (state.choice != kNoChoice || !state.operations.empty()) continue;
    const bool any = state.accepts == Accepts::anything || state.accepts == Accepts::scalar;
    if (any || state.accepts == Accepts::string) copies[id] |= kStrings;
    if (any || state.accepts == Accepts::integer || state.accepts == Accepts::number) {
      copies[id] |= kPlainIntegers;
    }
  }
  for (StateId id = 1; id < states.size(); ++id) {
    const State& state = states[id];
    const bool plain = state.choice == kNoChoice && state.operations.empty() && state.picks.empty();
    const bool array = state.accepts == Accepts::array || state.accepts == Accepts::anything;
    if (plain && array && (copies[state.elements] & kStrings) != 0) copies[id] |= kArraysOfStrings;
  }
}

std::string Program::dump() const {
  std::string out;
  for (StateId id = 1; id < states.size(); ++id) {
    const State& state = states[id];
    out += std::to_string(id) + ": ";
    out += kAcceptsNames.at(static_cast<std::size_t>(state.accepts));
    for (const Operation* operation : state.operations) {
      out += ' ';
      out += operation->type->tag;
      if (operation->effect() == Effect::reversible) out += "-reversible";
    }
    for (const Member& member : state.members)
      out += " ." + member.key + "=" + target(member.state);
    if (state.other != kDropped) out += " .*=" + target(state.other);
    if (state.elements != kDropped) out += " [*]=" + target(state.elements);
    if (!state.picks.empty()) out += list(" picks", state.picked_elements);
    if (state.choice != kNoChoice) out += list(" choice", choices[state.choice].outcomes);
    out += '\n';
  }
  return out;
}

}  // namespace zoom_proxy
