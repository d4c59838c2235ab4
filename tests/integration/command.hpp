#pragma once
// One command of zoom-proxy as a shell runs it: exit code, standard output and standard error.

#include <string>

#include "tests/integration/fixture.hpp"

namespace integration {

struct Outcome {
  int exit_code = -1;
  std::string output;
  std::string errors;
};

/// Runs `zoom-proxy ARGUMENTS` in a shell; `input` is a file.
inline Outcome run(const std::string& arguments, const Process::Environment& environment = {},
                   const std::string& input = "/dev/null") {
  Process process(
      {"/bin/sh", "-c", "exec " + proxy_program() + ' ' + arguments + " < '" + input + "'"},
      environment);
  const int exit_code = process.wait();
  return {exit_code, process.output(), process.errors()};
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace integration
