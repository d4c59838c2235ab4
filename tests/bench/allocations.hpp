#pragma once
// How often sanitizing reaches for the heap once it is under way.

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "tests/bench/engines.hpp"

namespace zoom_proxy::bench {

struct AllocationCase {
  const char* name;
  Rules rules;
  const char* target;
  std::string (*document)(std::uint64_t seed);  ///< of several MiB
};

/// How GoogleTest names it.
inline std::ostream& operator<<(std::ostream& out, const AllocationCase& what) {
  return out << what.name;
}

[[nodiscard]] const std::vector<AllocationCase>& allocation_cases();

/// Allocations during each chunk of kChunkBytes. The body holds the document twice (a body may hold
/// many values): all of the first warms up, the second counts. The output is reserved beforehand
/// and cleared after each chunk.
[[nodiscard]] std::vector<double> allocations_per_chunk(const AllocationCase& what,
                                                        std::uint64_t seed);

}  // namespace zoom_proxy::bench
