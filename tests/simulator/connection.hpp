#pragma once
// One TLS connection: request after request, each reply written as its Delivery says.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <set>
#include <string_view>

#include "tests/simulator/service.hpp"

namespace zoom_simulator {

class Connection {
 public:
  using Tcp = boost::asio::ip::tcp;
  template <class T = void>
  using Task = boost::asio::awaitable<T>;
  using Registry = std::set<Connection*>;

  Connection(Tcp::socket socket, boost::asio::ssl::context& tls, Service& service,
             Registry& registry);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static Task<> run(std::shared_ptr<Connection> self);

  /// Waiting for the next request of somebody who is not the test itself.
  [[nodiscard]] bool idle() const { return counted_ && !busy_; }
  void drop(bool reset);

 private:
  Task<> serve();
  /// False when the connection must not be used again.
  Task<bool> deliver(const Request& request, Reply reply);
  Task<bool> write_head(const Request& request, Reply& reply, bool& chunked);
  Task<bool> write_body(Body& body, const Delivery& delivery, bool chunked);
  Task<bool> write_piece(std::string_view piece, const Delivery& delivery, bool chunked);
  Task<bool> write(std::string_view bytes);
  Task<> pause(std::chrono::milliseconds time);
  Task<> wait_for_release();
  Task<> wait_for_the_peer_to_leave();
  Task<> close(const Delivery& delivery);

  boost::asio::ssl::stream<Tcp::socket> stream_;
  Service& service_;
  Registry& registry_;
  bool counted_ = false;
  bool busy_ = true;
};

}  // namespace zoom_simulator
