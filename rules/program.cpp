#include "rules/program.hpp"

#include <algorithm>
#include <array>

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

}  // namespace

std::size_t Program::find_member(StateId from, std::string_view key) const {
  const std::vector<Member>& members = states[from].members;
  const auto found = std::lower_bound(
      members.begin(), members.end(), key,
      [](const Member& member, std::string_view wanted) { return member.key < wanted; });
  if (found == members.end() || found->key != key) return kNoMember;
  return static_cast<std::size_t>(found - members.begin());
}

void Program::finish() {
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
