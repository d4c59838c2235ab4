#include "server/client_body.hpp"

#include <algorithm>
#include <memory>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {

Task<> ask_for_body(const RequestHead& head, ResponseWriter& writer) {
  const auto expect = head.fields.find("expect");
  const bool waits = head.has_body && expect && ascii_iequals(*expect, "100-continue");
  if (waits) co_await writer.send_continue();
}

Task<std::string> read_client_body(HttpReader& reader, Clock::time_point deadline,
                                   Clock::duration idle) {
  std::string body;
  const auto piece = std::make_unique_for_overwrite<char[]>(kReadBytes);
  const std::span<char> into(piece.get(), kReadBytes);
  for (;;) {
    reader.expires_at(std::min(deadline, Clock::now() + idle));
    const std::size_t count = co_await reader.read_body(into);
    if (count == 0) co_return body;
    body.append(piece.get(), count);
  }
}

}  // namespace zoom_proxy
