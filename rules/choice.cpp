#include "rules/choice.hpp"

#include <algorithm>

namespace zoom_proxy {
namespace {

/// Whether no constant meets another value. Of repeated members each counts, as each is written.
bool fits(const Program& program, StateId id, const JsonNode& value) {
  if (id == kDropped) return false;  // no schema is left that the value could fit
  const Program::State& state = program.states[id];
  if (state.choice != Program::kNoChoice) {
    return fits(program, outcome(program, program.choices[state.choice], value), value);
  }
  if (state.accepts == Accepts::constant) {
    return value.kind == JsonNode::Kind::string && value.text == *state.constant;
  }
  return std::ranges::all_of(value.members, [&](const JsonMember& member) {
    const std::size_t listed = program.find_member(id, member.key);
    return listed == Program::kNoMember || fits(program, state.members[listed].state, member.value);
  });
}

bool answer(const Program& program, const Question& question, const JsonNode& value) {
  switch (question.kind) {
    case Question::Kind::meets:
      return meets(*question.filter, value);
    case Question::Kind::object_meets:
      return value.kind == JsonNode::Kind::object && meets(*question.filter, value);
    case Question::Kind::finds:
      return finds(*question.path, value);
    case Question::Kind::fits:
      return fits(program, question.state, value);
  }
  return false;
}

}  // namespace

StateId outcome(const Program& program, const Program::Choice& choice, const JsonNode& value) {
  std::size_t yes = 0;
  for (std::size_t i = 0; i < choice.questions.size(); ++i) {
    const bool is = answer(program, choice.questions[i], value);
    if (choice.first_yes && is) return choice.outcomes[i];
    yes |= std::size_t{is} << i;
  }
  return choice.first_yes ? choice.outcomes.back() : choice.outcomes[yes];
}

}  // namespace zoom_proxy
