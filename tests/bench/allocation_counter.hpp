#pragma once
// Linked into a program, it counts what reaches the heap, whoever asks: malloc and its kin take the
// place of the C library's in all of the process, so operator new and libcrypto come this way too.

#include <cstdint>

namespace zoom_proxy::bench {

/// Allocations and reallocations of this thread so far.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace zoom_proxy::bench
