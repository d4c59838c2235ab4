#pragma once
// One response to a client. Holds a bounded amount of body before the head goes out (the commit
// point): an answer that ends before it has a Content-Length, and a failure before it can still
// become a clean error. A longer answer is chunked; a failure after the commit point can only
// abort the connection, which leaves a compressed body without the end of its gzip too.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/format/gzip.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// Not thread-safe; the Stream must outlive it. Writes fail as Stream::write does.
class ResponseWriter {
 public:
  struct Options {
    std::size_t buffer_bytes = 64 * 1024;  ///< body held before the head, and per chunk after it
    Seconds write_timeout{30};             ///< for each write
    bool head_request = false;             ///< the answer has no body
    bool chunked_allowed = true;           ///< false for HTTP/1.0
    bool keep_alive = true;                ///< false: the answer says `Connection: close`
    bool gzip_wanted = false;              ///< by the client: compressible bodies become gzip
  };
  ResponseWriter(Stream& stream, Options options);

  /// Tells a client that waits for it to send its body: 100 Continue, no answer yet.
  [[nodiscard]] Task<> send_continue();

  enum class Body {
    as_is,
    compressible,  ///< says so by `Vary: Accept-Encoding`; gzip, then chunked, where it is wanted
                   ///< and the body is not a small one
  };
  /// Sets status and fields; sends nothing. May be called again before the commit point, which also
  /// drops the body so far.
  void begin(unsigned status, Fields fields, Body body = Body::as_is);

  /// The body so far that has not been sent: append to it, never shorten it.
  [[nodiscard]] std::string& body() noexcept { return buffer_; }
  /// The same to read.
  [[nodiscard]] std::string_view unsent_body() const noexcept;
  /// A further field of the head, as long as that has not been sent.
  void add_field(std::string name, std::string value);
  /// True when flush() should be called before more is appended.
  [[nodiscard]] bool full() const noexcept;

  /// Sends what body() holds; the first call is the commit point. Throws Failure (invalid_request)
  /// for a client that cannot read a chunked body.
  [[nodiscard]] Task<> flush();
  /// The body is whole: sends what is left.
  [[nodiscard]] Task<> finish();

  /// Something has been sent, or tried.
  [[nodiscard]] bool committed() const noexcept { return committed_; }
  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] bool keep_alive() const noexcept { return options_.keep_alive; }
  void close_after() noexcept { options_.keep_alive = false; }
  /// Bytes of body sent, as compressed, without framing.
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }

 private:
  [[nodiscard]] bool bodiless() const noexcept;
  [[nodiscard]] std::size_t pending() const noexcept;
  void choose_coding(bool whole);
  [[nodiscard]] std::string take_head(bool whole);
  /// What is to be sent of body(): itself, or what compression made of it.
  [[nodiscard]] std::string& encode(bool last);
  /// Turns it into a chunk in place and returns it.
  [[nodiscard]] static std::string_view frame_chunk(std::string& body, bool last);
  [[nodiscard]] Task<> send(bool last);
  [[nodiscard]] Task<> write(std::string_view bytes);

  Stream& stream_;
  Options options_;
  unsigned status_ = 500;
  Fields fields_;
  Body body_ = Body::as_is;
  std::optional<Deflater> gzip_;  ///< from the commit point on, when it compresses
  std::string buffer_;            ///< room for a chunk's size line, then body
  std::string coded_;             ///< the same, compressed
  bool chunked_ = false;
  bool committed_ = false;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace zoom_proxy
