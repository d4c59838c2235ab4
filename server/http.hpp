#pragma once
// HTTP/1.1 messages (RFC 9112) over a Stream, both sides. Beast parses; this keeps its templates in
// one translation unit and adds the checks that Beast leaves to its user.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy {

/// Header or trailer fields in their order. Names compare without regard to case.
class Fields {
 public:
  struct Field {
    std::string name;
    std::string value;
  };
  void add(std::string name, std::string value);
  /// The value of the first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

struct RequestHead {
  std::string method;
  std::string target;  ///< as on the wire
  Fields fields;
  bool http_1_0 = false;  ///< its sender knows no chunked coding
  bool keep_alive = true;
  bool has_body = false;
};

struct ResponseHead {
  unsigned status = 0;
  Fields fields;
  bool keep_alive = true;
  std::optional<std::uint64_t> content_length;
};

/// A message that breaks RFC 9112 or a limit. `status` is what to answer (400, 413, 414, 431, 505)
/// when it is a client's; the connection must be closed.
class HttpError : public std::exception {
 public:
  HttpError(unsigned status, std::string message) : status_(status), message_(std::move(message)) {}
  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  unsigned status_;
  std::string message_;
};

struct HttpLimits {
  std::size_t head_bytes = 0;
  std::size_t headers_count = 0;
  std::size_t target_bytes = 0;
  std::uint64_t body_bytes = 0;  ///< on the wire, after chunked decoding
};

/// Reads messages one after another from a Stream; keeps bytes read past one for the next. What
/// RFC 9112 calls ambiguous is refused on both sides: a length given twice or beside a transfer
/// coding, codings other than chunked, folded lines, bare CR or LF. A response without any framing
/// lasts until the stream's orderly end, which under TLS cannot be forged. Trailers are checked and
/// dropped; chunk extensions are, too, and may take as many bytes as a head.
/// The Stream must outlive it. Throws HttpError, or system_error from the stream (asio::error::eof
/// when it ended before the first byte of a response).
class HttpReader {
 public:
  HttpReader(Stream& stream, HttpLimits limits);
  ~HttpReader();

  /// The next request's head; nothing when the client closed instead of sending one. Sets the
  /// stream's deadline: `idle` until the first byte, then `head` for the rest. `any_length` tells
  /// of a head that its body may be longer than HttpLimits::body_bytes; empty: none may.
  Task<std::optional<RequestHead>> read_request_head(
      Seconds idle, Seconds head, std::function<bool(const RequestHead&)> any_length = {});

  /// The final response's head; interim 1xx answers (a bounded number) are passed over. `to_head`:
  /// the request was HEAD, so no body follows.
  Task<ResponseHead> read_response_head(bool to_head);

  /// Body bytes of the current message, chunked coding removed; 0 once it has ended whole. A body
  /// that ends too early throws HttpError.
  Task<std::size_t> read_body(std::span<char> into);
  /// All that is left of that body; HttpLimits::body_bytes bounds it.
  Task<std::string> read_whole_body();

  /// The moment at which any later operation fails with a time-out: the stream's.
  void expires_at(Clock::time_point when);

  /// True when the current message ended whole and bytes of another one have already come.
  [[nodiscard]] bool has_leftover() const;

  /// Any byte has been read from the stream, however useless.
  [[nodiscard]] bool received_any() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Serialized heads, ready for Stream::write. Throws std::invalid_argument when a field could break
/// the framing (CR, LF or NUL in it).
[[nodiscard]] std::string request_head_text(std::string_view method, std::string_view target,
                                            const Fields& fields);
[[nodiscard]] std::string response_head_text(unsigned status, const Fields& fields);

}  // namespace zoom_proxy
