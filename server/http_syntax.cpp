#include "server/http_syntax.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

using Fault = std::optional<HeadFault>;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool one_of(char c, std::string_view set) noexcept { return set.find(c) != set.npos; }
bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Takes the next line off `rest`, without its CR LF; the caller knows that there is one.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

/// What the framing of a body depends on.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  bool http_1_0 = false;
};

/// uri-host [ ":" port ] (RFC 9110, 7.2); a list, a path or a scheme is none.
bool is_host(std::string_view text) noexcept {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || end == 1) return false;
    const std::string_view address = text.substr(1, end - 1);
    const auto fits = [](char c) { return one_of(ascii_lower(c), "0123456789abcdef:."); };
    if (!std::all_of(address.begin(), address.end(), fits)) return false;
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view name = text.substr(0, colon);
    const auto fits = [](char c) {
      return is_letter(c) || is_digit(c) || one_of(c, "-._~%!$&'()*+;=");
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) return false;
    port = text.substr(colon);
  }
  return port.empty() || (port.front() == ':' && (port.size() == 1 || all_digits(port.substr(1))));
}

Fault check_field(std::string_view line, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return HeadFault{400, "folded header line"};
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return HeadFault{400, "header line without a colon"};
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_token(name)) return HeadFault{400, "invalid character in a header's name"};
  if (!is_field_value(value)) return HeadFault{400, "control character in a header's value"};
  if (ascii_iequals(name, "Content-Length")) {
    ++framing.lengths;
    if (!all_digits(value)) return HeadFault{400, "Content-Length is not a number"};
    if (value.size() > 19) return HeadFault{413, "Content-Length is too large"};
  } else if (ascii_iequals(name, "Transfer-Encoding")) {
    ++framing.codings;
    if (!ascii_iequals(value, "chunked")) return HeadFault{400, "unknown Transfer-Encoding"};
  } else if (ascii_iequals(name, "Host")) {
    ++framing.hosts;
    if (!is_host(value)) return HeadFault{400, "invalid Host"};
  }
  return std::nullopt;
}

Fault check_fields(std::string_view rest, Framing& framing) {
  for (;;) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (const Fault fault = check_field(line, framing)) return fault;
  }
  if (framing.lengths > 1) return HeadFault{400, "more than one Content-Length"};
  if (framing.codings > 1) return HeadFault{400, "more than one Transfer-Encoding"};
  if (framing.lengths > 0 && framing.codings > 0) {
    return HeadFault{400, "Content-Length together with Transfer-Encoding"};
  }
  if (framing.codings > 0 && framing.http_1_0) {
    return HeadFault{400, "Transfer-Encoding in HTTP/1.0"};
  }
  return std::nullopt;
}

bool is_target_byte(char c) noexcept {
  // RFC 3986 with brackets, which common clients leave bare in a query.
  return c > 0x20 && c < 0x7f && !one_of(c, "\"#<>\\^`{|}");
}

Fault check_request_line(std::string_view line, std::size_t max_target_bytes, Framing& framing) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return HeadFault{400, "malformed request line"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return HeadFault{400, "invalid method"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool other_major = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[5] != '1' && version[6] == '.' &&
                             is_digit(version[7]);
    return HeadFault{other_major ? 505U : 400U, "neither HTTP/1.1 nor HTTP/1.0"};
  }
  framing.http_1_0 = version == "HTTP/1.0";
  if (target.size() > max_target_bytes) return HeadFault{414, "the request target is too long"};
  if (!target.starts_with('/')) return HeadFault{400, "the request target is not a path"};
  if (!std::all_of(target.begin(), target.end(), is_target_byte)) {
    return HeadFault{400, "invalid character in the request target"};
  }
  return std::nullopt;
}

Fault check_status_line(std::string_view line, Framing& framing) {
  constexpr HeadFault kMalformed{400, "malformed status line"};
  constexpr std::size_t kVersion = 9;  // "HTTP/1.x "
  if (line.size() < kVersion + 3) return kMalformed;
  if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) return kMalformed;
  framing.http_1_0 = line[7] == '0';
  const std::string_view code = line.substr(kVersion, 3);
  const std::string_view reason = line.substr(kVersion + 3);
  if (!all_digits(code) || code.front() < '1' || code.front() > '5') return kMalformed;
  if (!reason.empty() && reason.front() != ' ') return kMalformed;
  if (!is_field_value(reason)) return kMalformed;
  return std::nullopt;
}

}  // namespace

HeadScan::Step HeadScan::advance(std::string_view bytes, std::size_t max_head_bytes,
                                 std::size_t max_headers) {
  for (;;) {
    const std::size_t end = bytes.find('\n', scanned_);
    if (end == bytes.npos || end >= max_head_bytes) break;
    if (end == 0 || bytes[end - 1] != '\r') return {0, HeadFault{400, "a line ends without CR"}};
    scanned_ = end + 1;
    const bool empty = end == line_start_ + 1;
    line_start_ = scanned_;
    if (empty) return {scanned_, std::nullopt};
    if (++lines_ > max_headers + 1) return {0, HeadFault{431, "too many headers"}};
  }
  scanned_ = bytes.size();
  if (bytes.size() < max_head_bytes) return {};
  if (lines_ == 0) return {0, HeadFault{414, "the first line is too long"}};
  return {0, HeadFault{431, "the head is too long"}};
}

bool is_token(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || one_of(c, "!#$%&'*+-.^_`|~");
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view known_method(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 9> kKnown{"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                                   "DELETE", "OPTIONS", "TRACE", "CONNECT"};
  const auto known = std::ranges::find(kKnown, method);
  return known == kKnown.end() ? "OTHER" : *known;
}

std::string_view take_part(std::string_view& text, char delimiter) noexcept {
  const std::size_t end = std::min(text.find(delimiter), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<HeadFault> check_request_head(std::string_view head, std::size_t max_target_bytes) {
  Framing framing;
  const std::string_view line = take_line(head);
  if (const Fault fault = check_request_line(line, max_target_bytes, framing)) return fault;
  if (const Fault fault = check_fields(head, framing)) return fault;
  if (framing.hosts > 1) return HeadFault{400, "more than one Host"};
  if (framing.hosts == 0 && !framing.http_1_0) return HeadFault{400, "no Host"};
  return std::nullopt;
}

std::optional<HeadFault> check_response_head(std::string_view head) {
  Framing framing;
  const std::string_view line = take_line(head);
  if (const Fault fault = check_status_line(line, framing)) return fault;
  return check_fields(head, framing);
}

std::optional<HeadFault> check_trailers(std::string_view bytes) {
  Framing framing;
  if (bytes.starts_with("\r\n")) return std::nullopt;
  if (bytes.find("\r\n\r\n") == bytes.npos) return HeadFault{400, "unfinished trailers"};
  if (const Fault fault = check_fields(bytes, framing)) return fault;
  if (framing.hosts + framing.lengths + framing.codings > 0) {
    return HeadFault{400, "a trailer that belongs into the head"};
  }
  return std::nullopt;
}

}  // namespace zoom_proxy
