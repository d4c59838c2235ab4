#include "server/http.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "rules/format/encoding.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using boost::system::system_error;
using RequestParser = http::request_parser<http::buffer_body>;
using ResponseParser = http::response_parser<http::buffer_body>;

/// One TLS record: more never comes from one read.
constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

/// Interim answers to one request. Zoom sends none; a hundred-continue here and there is legal.
constexpr int kMaxInterim = 16;

[[noreturn]] void refuse(const HeadFault& fault) { throw HttpError(fault.status, fault.message); }

/// Beast's reason in its own words: they never quote the message.
[[noreturn]] void refuse(error_code error) {
  const bool too_long = error == http::error::body_limit;
  throw HttpError(too_long ? 413 : 400, error.message());
}

template <class Message>
Fields copy_fields(const Message& message) {
  Fields fields;
  for (const auto& field : message) {
    fields.add(std::string(field.name_string()), std::string(field.value()));
  }
  return fields;
}

}  // namespace

void Fields::add(std::string name, std::string value) {
  fields_.push_back(Field{std::move(name), std::move(value)});
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (ascii_iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const {
  const auto same = [&](const Field& field) { return ascii_iequals(field.name, name); };
  return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), same));
}

struct HttpReader::Impl {
  Impl(Stream& s, HttpLimits l) : stream(s), limits(l) {}

  [[nodiscard]] std::string_view unread() const { return {buffer.data() + begin, end - begin}; }

  /// Reads once, at the end of the unread bytes; false at the stream's orderly end.
  Task<bool> fill();
  /// Reads until a whole head lies unread and returns its size; 0 when the stream ended before the
  /// first byte.
  Task<std::size_t> fill_head();

  /// Has Beast read the head that lies unread, and takes it off.
  template <class Parser>
  Parser& parse_head(std::size_t size, boost::optional<std::uint64_t> body_limit);

  template <class Parser>
  Task<std::size_t> read_body(Parser& body_parser, std::span<char> into);

  /// Bounds the body of a request whose head has been read. Throws HttpError for a Content-Length
  /// that is longer.
  void limit_body(RequestParser& head_parser) const;

  /// What Beast lets pass in a chunked body: control characters in quoted extensions, extensions
  /// without end, folded lines in trailers.
  void check_chunk(std::uint64_t size, std::string_view extensions, error_code& error);

  Stream& stream;
  HttpLimits limits;
  std::vector<char> buffer;  ///< bounded by fill()
  std::size_t begin = 0;
  std::size_t end = 0;
  bool received = false;
  std::size_t extension_bytes = 0;  ///< of all chunks of the current body
  /// Called by the parser, which must not outlive it, at each chunk's size line.
  std::function<void(std::uint64_t, boost::beast::string_view, error_code&)> on_chunk =
      [this](std::uint64_t size, boost::beast::string_view extensions, error_code& error) {
        check_chunk(size, {extensions.data(), extensions.size()}, error);
      };
  std::variant<std::monostate, RequestParser, ResponseParser> parser;
};

Task<bool> HttpReader::Impl::fill() {
  if (begin > 0) {
    std::memmove(buffer.data(), buffer.data() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  if (end == buffer.size()) {
    // Only a head, a chunk's size line or trailers must lie in the buffer as a whole.
    const std::size_t most = std::max(limits.head_bytes, kReadBytes);
    if (end >= most) throw HttpError(431, "a line or the trailers are too long");
    buffer.resize(std::min(std::max(kReadBytes, 2 * buffer.size()), most));
  }
  const std::span<char> room(buffer.data() + end, buffer.size() - end);
  const std::size_t count = co_await stream.read_some(room);
  end += count;
  received = received || count > 0;
  co_return count > 0;
}

Task<std::size_t> HttpReader::Impl::fill_head() {
  HeadScan scan;
  for (;;) {
    if (begin < end) {
      const HeadScan::Step step = scan.advance(unread(), limits.head_bytes, limits.headers_count);
      if (step.fault) refuse(*step.fault);
      if (step.head_size > 0) co_return step.head_size;
    }
    const bool more = co_await fill();
    if (!more && begin == end) co_return 0;
    if (!more) throw HttpError(400, "the head was cut off");
  }
}

template <class Parser>
Parser& HttpReader::Impl::parse_head(std::size_t size, boost::optional<std::uint64_t> body_limit) {
  Parser& head_parser = std::get<Parser>(parser);
  head_parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes));
  head_parser.body_limit(body_limit);
  head_parser.on_chunk_header(on_chunk);
  extension_bytes = 0;
  error_code error;
  const std::size_t used =
      head_parser.put(boost::asio::const_buffer(buffer.data() + begin, size), error);
  if (error) refuse(error);
  if (used != size || !head_parser.is_header_done()) throw HttpError(400, "malformed head");
  begin += size;
  head_parser.eager(true);
  return head_parser;
}

void HttpReader::Impl::limit_body(RequestParser& head_parser) const {
  const auto length = head_parser.content_length();
  if (length && *length > limits.body_bytes) refuse(http::error::body_limit);
  head_parser.body_limit(limits.body_bytes);
}

template <class Parser>
Task<std::size_t> HttpReader::Impl::read_body(Parser& body_parser, std::span<char> into) {
  auto& body = body_parser.get().body();
  body.data = into.data();
  body.size = into.size();
  body.more = true;
  while (!body_parser.is_done()) {
    error_code error;
    std::size_t used = 0;
    if (begin < end) {
      used = body_parser.put(boost::asio::const_buffer(buffer.data() + begin, end - begin), error);
      begin += used;
      if (error == http::error::need_more || error == http::error::need_buffer) error = {};
      if (error) refuse(error);
      if (body.size < into.size() || body_parser.is_done()) break;
      if (used > 0 && begin < end) continue;
    }
    const bool more = co_await fill();
    if (more) continue;
    body_parser.put_eof(error);
    if (error) throw HttpError(400, "the body was cut off");
  }
  co_return into.size() - body.size;
}

void HttpReader::Impl::check_chunk(std::uint64_t size, std::string_view extensions,
                                   error_code& error) {
  extension_bytes += extensions.size();
  if (!is_field_value(extensions) || extension_bytes > limits.head_bytes) {
    error = http::error::bad_chunk_extension;
    return;
  }
  if (size > 0) return;
  // The last one: Beast has found the end of the trailers, and shows the buffer's own bytes.
  const char* const buffer_end = buffer.data() + end;
  const char* const line_end = extensions.data() + extensions.size();
  const std::less_equal<const char*> ordered;
  const bool inside = ordered(buffer.data() + begin, line_end) && ordered(line_end + 2, buffer_end);
  if (!inside || check_trailers({line_end + 2, buffer_end})) error = http::error::bad_field;
}

HttpReader::HttpReader(Stream& stream, HttpLimits limits)
    : impl_(std::make_unique<Impl>(stream, limits)) {}
HttpReader::~HttpReader() = default;

Task<std::optional<RequestHead>> HttpReader::read_request_head(
    Seconds idle, Seconds head, std::function<bool(const RequestHead&)> any_length) {
  Impl& my = *impl_;
  const auto in = [](Seconds s) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(s);
  };
  if (my.begin == my.end) {
    my.buffer = {};  // an idle connection holds no memory
    my.begin = my.end = 0;
    my.stream.expires_at(in(idle));
    const bool more = co_await my.fill();
    if (!more) co_return std::nullopt;
  }
  my.stream.expires_at(in(head));
  std::size_t size = co_await my.fill_head();
  if (my.unread().starts_with("\r\n")) {  // RFC 9112, 2.2: one empty line before it is ignored
    my.begin += 2;
    size = co_await my.fill_head();
  }
  if (size == 0) co_return std::nullopt;
  if (const auto fault = check_request_head(my.unread().substr(0, size), my.limits.target_bytes)) {
    refuse(*fault);
  }
  my.parser.emplace<RequestParser>();
  RequestParser& parser = my.parse_head<RequestParser>(size, boost::none);
  RequestHead result;
  result.method = std::string(parser.get().method_string());
  result.target = std::string(parser.get().target());
  result.fields = copy_fields(parser.get());
  result.http_1_0 = parser.get().version() == 10;
  result.keep_alive = parser.keep_alive();
  result.has_body = !parser.is_done();
  if (!any_length || !any_length(result)) my.limit_body(parser);
  co_return result;
}

Task<ResponseHead> HttpReader::read_response_head(bool to_head) {
  Impl& my = *impl_;
  for (int interim = 0; interim <= kMaxInterim; ++interim) {
    const std::size_t size = co_await my.fill_head();
    if (size == 0 && my.received) throw HttpError(400, "the answer was cut off");
    if (size == 0) throw system_error(boost::asio::error::eof);
    if (const auto fault = check_response_head(my.unread().substr(0, size))) refuse(*fault);
    my.parser.emplace<ResponseParser>().skip(to_head);
    ResponseParser& parser = my.parse_head<ResponseParser>(size, my.limits.body_bytes);
    ResponseHead result;
    result.status = parser.get().result_int();
    if (result.status == 101) throw HttpError(400, "an upgrade that nobody asked for");
    if (result.status / 100 == 1) continue;
    result.fields = copy_fields(parser.get());
    result.keep_alive = parser.keep_alive();
    const auto length = parser.content_length();
    if (length) result.content_length = *length;
    co_return result;
  }
  throw HttpError(400, "too many interim answers");
}

Task<std::size_t> HttpReader::read_body(std::span<char> into) {
  if (auto* request = std::get_if<RequestParser>(&impl_->parser)) {
    co_return co_await impl_->read_body(*request, into);
  }
  if (auto* response = std::get_if<ResponseParser>(&impl_->parser)) {
    co_return co_await impl_->read_body(*response, into);
  }
  throw std::logic_error("read_body before a head");
}

Task<std::string> HttpReader::read_whole_body() {
  std::string body;
  std::array<char, 4096> piece{};
  for (;;) {
    const std::size_t count = co_await read_body(piece);
    if (count == 0) co_return body;
    body.append(piece.data(), count);
  }
}

void HttpReader::expires_at(Clock::time_point when) { impl_->stream.expires_at(when); }

bool HttpReader::has_leftover() const { return impl_->begin < impl_->end; }

bool HttpReader::received_any() const { return impl_->received; }

namespace {

void append_fields(std::string& text, const Fields& fields) {
  for (const Fields::Field& field : fields) {
    if (!is_token(field.name) || !is_field_value(field.value)) {
      throw std::invalid_argument("a header field that would break the framing");
    }
    text.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  text.append("\r\n");
}

}  // namespace

std::string request_head_text(std::string_view method, std::string_view target,
                              const Fields& fields) {
  const bool visible =
      std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_token(method) || !target.starts_with('/') || !visible) {
    throw std::invalid_argument("a request line that would break the framing");
  }
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  append_fields(text, fields);
  return text;
}

std::string response_head_text(unsigned status, const Fields& fields) {
  const auto reason = http::obsolete_reason(http::int_to_status(status));
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.append(reason.data(), reason.size()).append("\r\n");
  append_fields(text, fields);
  return text;
}

}  // namespace zoom_proxy
