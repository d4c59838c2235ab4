#pragma once
// Passing over a container that nobody wants: strings and brackets count, nothing else is looked
// at. 64 bytes at a time where the machine can, chosen at run time.

#include <cstdint>

#include "rules/error.hpp"
#include "rules/format/nesting.hpp"

namespace zoom_proxy::scan {

/// How far the passing has come; a text may come in pieces.
struct Skip {
  std::size_t floor = 0;  ///< done when no more containers than these are open
  bool in_string = false;
  bool escaped = false;               ///< a backslash in a string was the last byte
  BodyFault fault = BodyFault::none;  ///< syntax, or limit of depth: dead
};

/// Goes on from `at` until the container is closed (then `nesting.depth() == skip.floor`), a fault,
/// or `end`; returns the place after the last byte taken.
const char* skip(const char* at, const char* end, Skip& skip, json::Nesting& nesting);

/// The same on any machine.
const char* skip_portable(const char* at, const char* end, Skip& skip, json::Nesting& nesting);

/// The same as far as whole blocks of 64 bytes reach; needs AVX2 and PCLMULQDQ.
const char* skip_avx2(const char* at, const char* end, Skip& skip, json::Nesting& nesting);

/// True when this machine can run skip_avx2.
[[nodiscard]] bool has_avx2();

}  // namespace zoom_proxy::scan
