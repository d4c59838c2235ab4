#include "tests/bench/allocations.hpp"

#include <stdexcept>

#include "tests/bench/allocation_counter.hpp"
#include "tests/bench/documents.hpp"

namespace zoom_proxy::bench {
namespace {

std::string users(std::uint64_t seed) { return list_users(seed, 5'000); }
std::string past(std::uint64_t seed) { return participants(seed, 10'000, false); }
std::string reported(std::uint64_t seed) { return participants(seed, 10'000, true); }
std::string dropped(std::uint64_t seed) { return meeting(seed, 20'000); }

}  // namespace

const std::vector<AllocationCase>& allocation_cases() {
  static const std::vector<AllocationCase> cases = {
      {"hashing", Rules::hashing, "/v2/users", users},
      {"redacting", Rules::redacting, "/v2/users", users},
      {"reversible", Rules::zoom, "/v2/users", users},
      {"past_participants", Rules::zoom, "/v2/past_meetings/1/participants", past},
      {"report_participants", Rules::zoom, "/v2/report/meetings/1/participants", reported},
      {"drop_heavy", Rules::zoom, "/v2/meetings/1", dropped},
  };
  return cases;
}

std::vector<double> allocations_per_chunk(const AllocationCase& what, std::uint64_t seed) {
  const Engine& rules = engine(what.rules);
  const std::string document = what.document(seed);
  const std::string body = document + document;
  Sanitizer sanitizer = rules.sanitizer(endpoint(rules, what.target));
  std::string out;
  out.reserve(4 * kChunkBytes);
  std::vector<double> counts;
  for (std::size_t at = 0; at < body.size(); at += kChunkBytes) {
    const std::string_view chunk = std::string_view(body).substr(at, kChunkBytes);
    const std::uint64_t before = allocations();
    const bool ok = sanitizer.feed(chunk, out);
    const std::uint64_t after = allocations();
    if (!ok) throw std::runtime_error("a body was refused");
    if (at >= document.size()) counts.push_back(static_cast<double>(after - before));
    out.clear();
  }
  if (!sanitizer.finish(out)) throw std::runtime_error("a body was refused");
  return counts;
}

}  // namespace zoom_proxy::bench
