#pragma once
// A whole text through a BulkSanitizer, arriving in pieces of any size.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "rules/bulk/bulk_sanitizer.hpp"

namespace zoom_proxy::test {

struct BulkText {
  std::string text;
  BulkCounts counts;
  std::vector<std::string> warnings;
};

/// Throws BulkError. `step`: bytes that arrive at a time.
inline BulkText sanitize_text(BulkSanitizer& sanitizer, std::string_view text,
                              std::size_t step = std::size_t{64} << 10) {
  BulkText result;
  std::string buffer;
  BulkPiece piece;
  for (bool last = false; !last;) {
    last = text.size() <= step;
    buffer += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    while (sanitizer.cut(buffer, last, piece)) {
      sanitizer.sanitize(piece, result.text, result.counts);
    }
  }
  sanitizer.finish(result.text);
  result.warnings = sanitizer.warnings();
  return result;
}

}  // namespace zoom_proxy::test
