#pragma once
// The rules of an HTTP/1.1 message head (RFC 9112, 9110) that a lenient parser lets pass and that
// two lenient parsers understand differently: the ground of request smuggling. Pure functions.

#include <cstddef>
#include <optional>
#include <string_view>

namespace zoom_proxy {

/// Why a head is refused. The text holds nothing of the head.
struct HeadFault {
  unsigned status = 400;  ///< what a client is answered
  const char* message = "";
};

/// Finds the end of a head in bytes that arrive piece by piece, looking at each once.
class HeadScan {
 public:
  struct Step {
    std::size_t head_size = 0;  ///< with the empty line at its end; 0: not yet complete
    std::optional<HeadFault> fault;
  };
  /// `bytes`: all that has come since the head began. Lines must end with CR LF.
  [[nodiscard]] Step advance(std::string_view bytes, std::size_t max_head_bytes,
                             std::size_t max_headers);

 private:
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
};

/// RFC 9110, 5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
/// No control characters but tab (RFC 9110, 5.5).
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;
/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
/// The part before `delimiter`, or all of it, trimmed; `text` becomes what follows the delimiter.
[[nodiscard]] std::string_view take_part(std::string_view& text, char delimiter) noexcept;

/// The method itself when it is one that HTTP knows (RFC 9110, 9.3, and PATCH), else `OTHER`: a
/// client may call its method anything, and logs and metrics tell only names that we know.
[[nodiscard]] std::string_view known_method(std::string_view method) noexcept;

/// Checks a complete head as HeadScan delimits it. Requests: origin-form targets only, exactly one
/// sound Host (HTTP/1.0 may do without).
[[nodiscard]] std::optional<HeadFault> check_request_head(std::string_view head,
                                                          std::size_t max_target_bytes);
[[nodiscard]] std::optional<HeadFault> check_response_head(std::string_view head);

/// Checks the trailer fields that `bytes` begin with, up to the empty line after them (RFC 9112,
/// 7.1.2); there may be none. None may speak about framing or the host (RFC 9110, 6.5.1).
[[nodiscard]] std::optional<HeadFault> check_trailers(std::string_view bytes);

}  // namespace zoom_proxy
