#pragma once
// What can be set on the command line.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zoom_simulator {

struct Options {
  std::string directory;   ///< gets ca.pem and ready.json
  std::uint16_t port = 0;  ///< 0: any free one
  std::uint64_t seed = 1;
  std::uint32_t users = 3000;
  std::string client_id = "simulator-client";
  std::string client_secret = "simulator-secret";
  std::string account_id = "simulator-account";
  std::uint32_t token_lifetime_seconds = 3600;
  std::uint32_t page_token_lifetime_seconds = 900;
  std::uint32_t list_megabytes = 0;  ///< not 0: every GET /v2/users answers with that much
  std::vector<std::string> faults;   ///< JSON, as for POST /control
  bool expired_certificate = false;
  bool wrong_host_certificate = false;
  bool until_stdin_closes = false;
};

/// Nothing when the process should end with `exit_code` (help shown or usage wrong).
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace zoom_simulator
