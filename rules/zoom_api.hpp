#pragma once
// What Zoom's own answers may say to a client. Zoom puts user ids, meeting ids and e-mail addresses
// into its error messages, so none is passed on: each is recognised and said again without them.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// A message that is safe to send and to log. `raw` is Zoom's `message`, `code` its `code` (both
/// from outside, any bytes). A known message comes out as its template without the identifiers; an
/// unknown one as what its code or, failing that, its status is known to mean. The one piece of
/// `raw` that passes is the list of missing OAuth scopes, when it holds nothing but scope names.
[[nodiscard]] std::string zoom_error_message(unsigned status, std::string_view code,
                                             std::string_view raw);

/// `{"code":1001,"message":"User does not exist."}`. The code only when it is a number of one to
/// nine digits.
[[nodiscard]] std::string zoom_error_body(unsigned status, std::string_view code,
                                          std::string_view raw_message);

}  // namespace zoom_proxy
