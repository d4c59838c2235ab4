// Constant memory, and none of it fetched on the way: once warm, a chunk costs no allocation.

#include "tests/bench/allocations.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "tests/bench/allocation_counter.hpp"

namespace zoom_proxy::bench {
namespace {

/// Allocations during `work`.
template <typename Work>
std::uint64_t during(Work work) {
  const std::uint64_t before = allocations();
  work();
  return allocations() - before;
}

TEST(AllocationCounter, CountsTheCLibrary) {
  EXPECT_EQ(during([] {
              void* volatile block = std::malloc(10);
              block = std::realloc(block, 100'000);
              std::free(block);
            }),
            2U);
  EXPECT_EQ(during([] {
              void* volatile block = std::calloc(10, 10);
              std::free(block);
            }),
            1U);
}

TEST(AllocationCounter, CountsOperatorNew) {
  struct alignas(64) Wide {
    char bytes[64];
  };
  EXPECT_EQ(during([] {
              const int* volatile number = new int(1);
              delete number;
            }),
            1U);
  EXPECT_EQ(during([] {
              const Wide* volatile wide = new Wide;
              delete wide;
            }),
            1U);
  EXPECT_EQ(during([] { const std::string text(1'000, 'x'); }), 1U);
}

TEST(AllocationCounter, CountsInsideLibcrypto) {
  EXPECT_GE(during([] { EVP_MD_CTX_free(EVP_MD_CTX_new()); }), 1U);
}

TEST(AllocationCounter, CountsNothingElse) {
  int volatile number = 0;
  EXPECT_EQ(during([&] { number = number + 1; }), 0U);
}

class Allocations : public testing::TestWithParam<AllocationCase> {};

TEST_P(Allocations, NoneInAChunkOnceWarm) {
  const std::vector<double> counts = allocations_per_chunk(GetParam(), 1);
  ASSERT_GE(counts.size(), 20U) << "the body is too short to say anything";
  EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 0)
      << "at most; on average "
      << std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
}

INSTANTIATE_TEST_SUITE_P(, Allocations, testing::ValuesIn(allocation_cases()),
                         [](const auto& what) { return std::string(what.param.name); });

}  // namespace
}  // namespace zoom_proxy::bench
