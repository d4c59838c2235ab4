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

inline const Process::Environment kPseudonyms = {
    {"PSOXY_SALT", "cli-salt-0123456789abcdef0123456789"},
    {"PSOXY_ENCRYPTION_KEY", "cli-key-0123456789abcdef01234567"}};

/// kPseudonyms and what a server in front of `simulator` needs besides.
inline Process::Environment server_environment(Simulator& simulator) {
  Process::Environment environment = kPseudonyms;
  environment["ZOOM_PROXY_INBOUND_AUTH_MODE"] = "platform";
  environment["PSOXY_ZOOM_ACCOUNT_ID"] = "simulator-account";
  environment["PSOXY_ZOOM_CLIENT_ID"] = "simulator-client";
  environment["PSOXY_ZOOM_CLIENT_SECRET"] = "simulator-secret";
  environment["TARGET_HOST"] = simulator.url();
  environment["ZOOM_PROXY_ZOOM_TOKEN_URL"] = simulator.url() + "/oauth/token";
  environment["ZOOM_PROXY_ZOOM_CA_FILE"] = simulator.ca_file();
  return environment;
}

}  // namespace integration
