#include "rules/format/skip.hpp"

#include <cstddef>

#include "rules/format/scan.hpp"

namespace zoom_proxy::scan {

namespace {

constexpr std::ptrdiff_t kBlock = 64;  // bytes that skip_avx2 takes at a time

/// From inside a string to behind its closing quote.
const char* string_rest(const char* at, const char* end, Skip& skip) {
  while (at != end) {
    if (skip.escaped) {
      skip.escaped = false;
      if (static_cast<unsigned char>(*at) < 0x20) break;
      ++at;
      continue;
    }
    at = string_special(at, end);
    if (at == end) return at;
    if (*at == '"') {
      skip.in_string = false;
      return at + 1;
    }
    if (*at != '\\') break;
    skip.escaped = true;
    ++at;
  }
  if (at != end) skip.fault = BodyFault::syntax;  // a control character
  return at;
}

}  // namespace

const char* skip_portable(const char* at, const char* end, Skip& skip, json::Nesting& nesting) {
  while (at != end && skip.fault == BodyFault::none) {
    if (skip.in_string) {
      at = string_rest(at, end, skip);
      continue;
    }
    const char c = *at++;
    switch (c) {
      case '"':
        skip.in_string = true;
        break;
      case '{':
      case '[':
        if (nesting.full()) {
          skip.fault = BodyFault::limit;
        } else {
          nesting.push(c == '[');
        }
        break;
      case '}':
      case ']':
        if (nesting.in_array() != (c == ']')) {
          skip.fault = BodyFault::syntax;
          break;
        }
        nesting.pop();
        if (nesting.depth() == skip.floor) return at;
        break;
      case '\\':
        skip.fault = BodyFault::syntax;
        break;
      default:
        break;
    }
  }
  return at;
}

const char* skip(const char* at, const char* end, Skip& skip, json::Nesting& nesting) {
  static const bool kBlocks = has_avx2();
  const auto done = [&] { return skip.fault != BodyFault::none || nesting.depth() == skip.floor; };
  while (at != end && !done()) {
    if (kBlocks) {
      at = skip_avx2(at, end, skip, nesting);
      if (done()) break;
    }
    // The rest, or the one block that needs a closer look.
    at = skip_portable(at, kBlocks && end - at > kBlock ? at + kBlock : end, skip, nesting);
  }
  return at;
}

}  // namespace zoom_proxy::scan
