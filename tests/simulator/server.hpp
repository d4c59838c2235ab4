#pragma once
// TLS on loopback: accepts, reads requests, writes replies with their faults. One thread.

#include "tests/simulator/options.hpp"

namespace zoom_simulator {

/// Serves until SIGTERM, SIGINT or (if asked for) the end of standard input. Announces itself by
/// one line of JSON on standard output and in DIRECTORY/ready.json. Throws on start-up errors.
void serve(const Options& options);

}  // namespace zoom_simulator
