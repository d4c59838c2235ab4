#include "rules/bulk/record_passes.hpp"

#include <algorithm>
#include <vector>

#include "rules/compiler.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

/// A filter like `$[?(@.a == 1)]` may hit the record itself.
bool changes_record(const Program& program) {
  return std::ranges::any_of(record_states(program), [&](StateId state) {
    return !program.states[state].operations.empty();
  });
}

/// Nothing but one whole record.
void pass(Sanitizer& sanitizer, std::string_view record, std::uint64_t records, std::uint64_t line,
          std::string& out) {
  out.clear();
  if (!sanitizer.feed(record, out)) fail_record(line, sanitizer.fault());
  if (!sanitizer.finish(out)) {
    fail_at_line(line, "the record ends too early; a record is one whole JSON object");
  }
  if (sanitizer.documents() != records) {
    fail_at_line(line, "more than one JSON object stands there; put each in a line of its own");
  }
}

/// Sanitizers put the line break between two values before the second.
std::string_view without_break(std::string_view text) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  return text;
}

}  // namespace

void fail_at_line(std::uint64_t line, const std::string& why) {
  throw BulkError("line " + std::to_string(line) + ": " + why);
}

void fail_record(std::uint64_t line, BodyFault fault) {
  switch (fault) {
    case BodyFault::encoding:
      fail_at_line(line, "the record is not UTF-8; convert the file and try again");
    case BodyFault::limit:
      fail_at_line(line, "the record nests deeper than " + std::to_string(limits::kJsonDepth) +
                             " values, or holds a number or text that is too long; take it out");
    case BodyFault::top_level:
      fail_at_line(line,
                   "nothing of the record is left by outputSchemaFilter; correct the rules or take "
                   "the record out");
    default:
      fail_at_line(line, "the record is no valid JSON; correct it or take it out");
  }
}

std::vector<StateId> record_states(const Program& program) {
  std::vector<StateId> states = {program.root};
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Program::State& state = program.states[states[i]];
    if (state.choice == Program::kNoChoice) continue;
    for (const StateId next : program.choices[state.choice].outcomes) {
      if (std::ranges::find(states, next) == states.end()) states.push_back(next);
    }
  }
  return states;
}

RecordPrograms compile_records(const RecordRules& rules, const TokenCodec& codec) {
  const Endpoint& transforms = rules.transforms.endpoints.front();
  check_key(transforms, codec);
  RecordPrograms programs{&rules, compile(rules.transforms, transforms), std::nullopt};
  if (changes_record(programs.transforms)) {
    throw ConfigError(transforms.place,
                      "a path of the transforms finds the record as a whole; name what in it is "
                      "meant, as in $.email");
  }
  if (rules.schema) programs.schema = compile(*rules.schema, rules.schema->endpoints.front());
  return programs;
}

// The guard belongs to the first pass: there, and only there, what a transform has made is told
// apart from what is kept, and a pseudonym with its domain looks like an address.
RecordPasses::RecordPasses(const RecordPrograms& programs, const TokenCodec& codec,
                           EgressGuard guard)
    : programs_(programs), transforms_(programs.transforms, codec, guard) {
  if (programs.schema) schema_.emplace(*programs.schema, codec, EgressGuard::off);
}

std::string_view RecordPasses::sanitize(std::string_view record, std::uint64_t line) {
  if (!record.starts_with('{')) {
    fail_at_line(line, "a record must be a JSON object, `{…}`; check the format in the rules");
  }
  ++records_;
  pass(transforms_, record, records_, line, transformed_);
  if (!schema_) return without_break(transformed_);
  pass(*schema_, transformed_, records_, line, filtered_);
  return without_break(filtered_);
}

void RecordPasses::add_to(BulkCounts& counts) const {
  ValueCounts values = transforms_.counts();
  if (schema_) {
    values.dropped += schema_->counts().dropped;
    values.nulled += schema_->counts().nulled;
  }
  const auto add = [&](const char* name, std::uint64_t count) {
    if (count != 0) counts.changed[name] += count;
  };
  add("pseudonymized", values.pseudonymized);
  add("digested", values.digested);
  add("dropped", values.dropped);
  add("null", values.nulled);
  for (const auto& [state, hits] : transforms_.guard_hits()) {
    counts.addresses[programs_.transforms.states[state].place] += hits;
  }
}

}  // namespace zoom_proxy
