#include "server/response_writer.hpp"

#include <charconv>
#include <ctime>

#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

/// Room in front of the body for a chunk's size in hex and CRLF.
constexpr std::size_t kSizeLine = 18;

/// A shorter answer that is whole fits a packet or two anyway; the peer draws the line here too.
constexpr std::size_t kWorthCompressing = 2048;

Clock::duration to_clock(Seconds seconds) {
  return std::chrono::duration_cast<Clock::duration>(seconds);
}

/// IMF-fixdate (RFC 9110 section 5.6.7). Own words, as strftime's depend on the locale.
std::string date_text() {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                   utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

ResponseWriter::ResponseWriter(Stream& stream, Options options)
    : stream_(stream), options_(options), buffer_(kSizeLine, '\0'), coded_(kSizeLine, '\0') {}

Task<> ResponseWriter::send_continue() { return write("HTTP/1.1 100 Continue\r\n\r\n"); }

void ResponseWriter::begin(unsigned status, Fields fields, Body body) {
  status_ = status;
  fields_ = std::move(fields);
  body_ = body;
  gzip_.reset();
  buffer_.resize(kSizeLine);
  coded_.resize(kSizeLine);
}

std::string_view ResponseWriter::unsent_body() const noexcept {
  return std::string_view(buffer_).substr(kSizeLine);
}

void ResponseWriter::add_field(std::string name, std::string value) {
  if (!committed_) fields_.add(std::move(name), std::move(value));
}

bool ResponseWriter::full() const noexcept { return pending() >= options_.buffer_bytes; }

bool ResponseWriter::bodiless() const noexcept {
  return options_.head_request || status_ == 204 || status_ == 304;  // RFC 9112 section 6.3
}

std::size_t ResponseWriter::pending() const noexcept { return buffer_.size() - kSizeLine; }

void ResponseWriter::choose_coding(bool whole) {
  if (body_ == Body::as_is) return;
  fields_.add("Vary", "Accept-Encoding");
  const bool worth_it = !whole || pending() >= kWorthCompressing;
  if (options_.gzip_wanted && options_.chunked_allowed && worth_it && !bodiless()) {
    gzip_.emplace();
    fields_.add("Content-Encoding", "gzip");
  }
}

std::string ResponseWriter::take_head(bool whole) {
  choose_coding(whole);
  fields_.add("Date", date_text());
  if (!options_.keep_alive) fields_.add("Connection", "close");
  chunked_ = !whole || gzip_;
  if (chunked_) {
    fields_.add("Transfer-Encoding", "chunked");
  } else if (!bodiless()) {
    fields_.add("Content-Length", std::to_string(pending()));
  }
  return response_head_text(status_, fields_);
}

std::string& ResponseWriter::encode(bool last) {
  if (!gzip_) return buffer_;
  gzip_->deflate(std::string_view(buffer_).substr(kSizeLine), coded_);
  if (last) gzip_->finish(coded_);
  buffer_.resize(kSizeLine);
  return coded_;
}

std::string_view ResponseWriter::frame_chunk(std::string& body, bool last) {
  std::size_t start = kSizeLine;
  const std::size_t size = body.size() - kSizeLine;
  if (size > 0) {  // a chunk of size 0 would end the body
    char digits[16];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), size, 16).ptr;
    const auto length = static_cast<std::size_t>(end - digits);
    start -= length + 2;
    body.replace(start, length, digits, length);
    body.replace(start + length, 2, "\r\n");
    body += "\r\n";
  }
  if (last) body += "0\r\n\r\n";
  return std::string_view(body).substr(start);
}

Task<> ResponseWriter::write(std::string_view bytes) {
  stream_.expires_at(Clock::now() + to_clock(options_.write_timeout));
  co_await stream_.write(bytes);
}

Task<> ResponseWriter::send(bool last) {
  std::string first;
  if (!committed_) {
    first = take_head(last);
    committed_ = true;
  }
  std::string& body = encode(last);
  body_bytes_ += body.size() - kSizeLine;
  std::string_view bytes =
      chunked_ ? frame_chunk(body, last) : std::string_view(body).substr(kSizeLine);
  if (!first.empty()) bytes = first += bytes;
  if (!bytes.empty()) co_await write(bytes);  // compression may hold everything back
  body.resize(kSizeLine);
}

Task<> ResponseWriter::flush() {
  if (bodiless() || pending() == 0) {
    buffer_.resize(kSizeLine);
    co_return;
  }
  if (!committed_ && !options_.chunked_allowed) {
    throw Failure(Cause::invalid_request, "the answer is too long for HTTP/1.0, use HTTP/1.1");
  }
  co_await send(false);
}

Task<> ResponseWriter::finish() {
  if (bodiless()) buffer_.resize(kSizeLine);
  co_await send(true);
}

}  // namespace zoom_proxy
