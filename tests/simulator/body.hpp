#pragma once
// Response bodies, made piece by piece, and what can be done to them on the way out.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace zoom_simulator {

class Body {
 public:
  virtual ~Body() = default;
  /// The next piece; empty at the end.
  virtual std::string next() = 0;
  /// All bytes, where that is known beforehand; the response is chunked where it is not.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
};

[[nodiscard]] std::unique_ptr<Body> text_body(std::string text);
/// `before`, then `block` so often that all is about `bytes` long, joined by commas, then `after`.
[[nodiscard]] std::unique_ptr<Body> repeated_body(std::string before, std::string block,
                                                  std::string after, std::uint64_t bytes);
[[nodiscard]] std::unique_ptr<Body> gzip_body(std::unique_ptr<Body> source);
/// The first `bytes` of the source.
[[nodiscard]] std::unique_ptr<Body> cut_body(std::unique_ptr<Body> source, std::uint64_t bytes);
/// The source with `garbage` written over it at `offset`, or at its end when it is shorter.
[[nodiscard]] std::unique_ptr<Body> spoilt_body(std::unique_ptr<Body> source, std::uint64_t offset,
                                                std::string garbage);

}  // namespace zoom_simulator
