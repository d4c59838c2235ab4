#pragma once
// One gzip member (RFC 1952) whose parts are compressed side by side: each on any thread, then
// joined in order. Parts know nothing of one another, which costs some tenths of a percent of size.

#include <cstdint>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// A compressed part: whole deflate blocks that end at a byte, none of them the last.
struct GzipPart {
  std::string deflated;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  ///< of its text
};

/// Thread-safe. Throws std::bad_alloc.
[[nodiscard]] GzipPart compress_part(std::string_view text);

/// Puts the parts of one member behind each other. Not thread-safe.
class GzipJoiner {
 public:
  /// Appends the part, before the first one the member's head.
  void append(const GzipPart& part, std::string& out);
  /// Appends the member's end.
  void finish(std::string& out);

 private:
  bool begun_ = false;
  std::uint32_t crc_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace zoom_proxy
