#include "tests/simulator/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

namespace zoom_simulator {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// Results instead of exceptions: here a broken connection is nothing out of the ordinary.
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

constexpr std::uint64_t kGzipFrom = 1024;
constexpr std::chrono::milliseconds kCloseWait{200};
constexpr std::chrono::milliseconds kLookForRelease{5};

Request to_request(const http::request<http::string_body>& message) {
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.fields += std::string(field.name_string()) + ": " + std::string(field.value()) + "\n";
  }
  const auto query = request.target.find('?');
  request.path = request.target.substr(0, query);
  if (query != std::string::npos) request.query = request.target.substr(query + 1);
  request.authorization = std::string(message[http::field::authorization]);
  request.accept_encoding = std::string(message[http::field::accept_encoding]);
  request.body = message.body();
  return request;
}

void compress_if_wanted(const Request& request, Reply& reply) {
  Response& response = reply.response;
  const auto size = response.body->size();
  const bool asked = request.accept_encoding.find("gzip") != std::string::npos;
  const bool coded = response.headers.end() !=
                     std::find_if(response.headers.begin(), response.headers.end(),
                                  [](const auto& h) { return h.first == "Content-Encoding"; });
  const bool worthwhile = size && *size >= kGzipFrom;
  if (coded || !reply.delivery.gzip.value_or(asked && worthwhile)) return;
  response.body = gzip_body(std::move(response.body));
  response.set("Content-Encoding", "gzip");
}

}  // namespace

Connection::Connection(Tcp::socket socket, asio::ssl::context& tls, Service& service,
                       Registry& registry)
    : stream_(std::move(socket), tls), service_(service), registry_(registry) {
  registry_.insert(this);
}

Connection::~Connection() {
  registry_.erase(this);
  if (counted_) --service_.stats().connections_open;
}

Connection::Task<> Connection::run(std::shared_ptr<Connection> self) {
  boost::system::error_code ignored;
  self->stream_.next_layer().set_option(Tcp::no_delay(true), ignored);
  const auto [error] =
      co_await self->stream_.async_handshake(asio::ssl::stream_base::server, kAsTuple);
  if (error) {
    ++self->service_.stats().handshakes_failed;
    co_return;
  }
  co_await self->serve();
}

Connection::Task<> Connection::serve() {
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    busy_ = false;
    const auto [error, size] = co_await http::async_read(stream_, buffer, parser, kAsTuple);
    busy_ = true;
    if (error == http::error::end_of_stream) co_await close(Delivery());
    if (error) co_return;
    const Request request = to_request(parser.get());
    Stats& stats = service_.stats();
    const bool control = Service::is_control(request);
    if (!control && !counted_) {
      counted_ = true;
      ++stats.connections;
      ++stats.connections_open;
    }
    if (!control) stats.max_in_flight = std::max(stats.max_in_flight, ++stats.in_flight);
    const bool again = co_await deliver(request, service_.answer(request));
    if (!control) --stats.in_flight;
    if (!again) co_return;
  }
}

Connection::Task<bool> Connection::deliver(const Request& request, Reply reply) {
  const Delivery& delivery = reply.delivery;
  if (delivery.latency.count() > 0) co_await pause(delivery.latency);
  if (delivery.hold) co_await wait_for_release();
  if (delivery.stall) {
    co_await wait_for_the_peer_to_leave();
    co_return false;
  }
  bool chunked = false;
  bool fine = !delivery.close_unanswered;
  if (fine) {
    compress_if_wanted(request, reply);
    fine = co_await write_head(request, reply, chunked);
  }
  if (fine && request.method != "HEAD") {
    fine = co_await write_body(*reply.response.body, delivery, chunked);
  }
  if (fine && !delivery.close_after) co_return true;
  co_await close(delivery);
  co_return false;
}

Connection::Task<bool> Connection::write_head(const Request&, Reply& reply, bool& chunked) {
  Response& response = reply.response;
  const auto size = response.body->size();
  chunked = reply.delivery.chunked || !size;
  if (chunked) {
    response.set("Transfer-Encoding", "chunked");
  } else {
    const auto length = static_cast<std::int64_t>(*size) + reply.delivery.content_length_error;
    response.set("Content-Length", std::to_string(std::max<std::int64_t>(length, 0)));
  }
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(http::obsolete_reason(http::int_to_status(response.status))) +
                     "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  head += "\r\n";
  co_return co_await write(head);
}

Connection::Task<bool> Connection::write_body(Body& body, const Delivery& delivery, bool chunked) {
  std::uint64_t sent = 0;
  for (std::string piece = body.next(); !piece.empty(); piece = body.next()) {
    const auto left = delivery.break_after.value_or(UINT64_MAX) - sent;
    const bool breaks = left <= piece.size();
    if (breaks) piece.resize(static_cast<std::size_t>(left));
    if (!co_await write_piece(piece, delivery, chunked) || breaks) co_return false;
    sent += piece.size();
  }
  if (chunked) co_return co_await write("0\r\n\r\n");
  co_return true;
}

Connection::Task<bool> Connection::write_piece(std::string_view piece, const Delivery& delivery,
                                               bool chunked) {
  while (!piece.empty()) {
    const auto part = piece.substr(0, delivery.drip_bytes != 0 ? delivery.drip_bytes : piece.npos);
    piece.remove_prefix(part.size());
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), part.size(), 16);
    const std::string framed = std::string(digits.data(), end.ptr) + "\r\n" + std::string(part);
    if (!co_await write(chunked ? framed + "\r\n" : part)) co_return false;
    service_.stats().bytes_sent += counted_ ? part.size() : 0;
    if (delivery.drip_interval.count() > 0) co_await pause(delivery.drip_interval);
  }
  co_return true;
}

Connection::Task<bool> Connection::write(std::string_view bytes) {
  auto& writes = service_.stats().writes_under_way;
  const auto began = writes.insert(Stats::Clock::now());
  const auto [error, size] =
      co_await asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  writes.erase(began);
  co_return !error;
}

Connection::Task<> Connection::pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(stream_.get_executor(), time);
  co_await timer.async_wait(kAsTuple);
}

Connection::Task<> Connection::wait_for_release() {
  const std::uint64_t before = service_.releases();
  ++service_.stats().held;
  while (service_.releases() == before) co_await pause(kLookForRelease);
  --service_.stats().held;
}

Connection::Task<> Connection::wait_for_the_peer_to_leave() {
  std::array<char, 512> ignored{};
  for (;;) {
    const auto [error, size] = co_await stream_.async_read_some(asio::buffer(ignored), kAsTuple);
    if (error) co_return;
  }
}

Connection::Task<> Connection::close(const Delivery& delivery) {
  if (delivery.reset) {
    drop(true);
  } else if (delivery.close_notify) {
    // close_notify goes out at once; the peer's own is not worth a long wait.
    asio::steady_timer timer(stream_.get_executor(), kCloseWait);
    timer.async_wait([this](boost::system::error_code error) {
      if (!error) drop(false);
    });
    co_await stream_.async_shutdown(kAsTuple);
  }
}

void Connection::drop(bool reset) {
  boost::system::error_code ignored;
  auto& socket = stream_.next_layer();
  if (reset) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace zoom_simulator
