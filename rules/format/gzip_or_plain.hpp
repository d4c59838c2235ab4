#pragma once
// A text that may have come as gzip (RFC 1952), of any number of members: its first two bytes tell.

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/format/gzip.hpp"

namespace zoom_proxy {

/// What every gzip begins with.
inline constexpr std::string_view kGzipMagic = "\x1f\x8b";

/// Not thread-safe. Holds none of the text.
class GzipOrPlain {
 public:
  /// Takes from the front of `in`, which it shortens, and appends at most `room` bytes of text to
  /// `out`; call again, with an empty `in` too, until it appends nothing. False when the gzip is
  /// damaged; dead from there on.
  [[nodiscard]] bool take(std::string_view& in, std::size_t room, std::string& out);

  /// The input has ended: false when that cuts the gzip off. Appends a text too short to be told.
  [[nodiscard]] bool finish(std::string& out);

  /// The text came as gzip, as far as known.
  [[nodiscard]] bool is_gzip() const noexcept { return kind_ == Kind::gzip; }

 private:
  enum class Kind { unknown, plain, gzip };

  /// As take(), once the kind is known.
  [[nodiscard]] bool pass(std::string_view& in, std::size_t room, std::string& out);

  Kind kind_ = Kind::unknown;
  std::string begin_;  ///< the first bytes, until they are known or there is room for them
  Inflater inflater_{Inflater::Members::many};
};

}  // namespace zoom_proxy
