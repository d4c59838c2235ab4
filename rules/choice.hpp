#pragma once
// Answers the questions of a Program about a value that is held as a whole.

#include "rules/look_ahead.hpp"
#include "rules/program.hpp"

namespace zoom_proxy {

/// The outcome of a choice of `program` for `value`, which is what Choice::plain lets stand of it.
[[nodiscard]] StateId outcome(const Program& program, const Program::Choice& choice,
                              const JsonNode& value);

}  // namespace zoom_proxy
