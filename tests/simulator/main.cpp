#include <exception>
#include <iostream>

#include "tests/simulator/options.hpp"
#include "tests/simulator/server.hpp"

int main(int argc, char** argv) try {
  int exit_code = 0;
  const auto options = zoom_simulator::parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  zoom_simulator::serve(*options);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "zoom-simulator: " << error.what() << '\n';
  return 1;
}
