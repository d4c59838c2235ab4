#pragma once
// The accept loop: a cap on open connections, each handed to the next worker in turn.

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy {

/// Lives on one worker, whose thread runs the loop. Must outlive the connections it has accepted.
class Listener {
 public:
  /// A worker that takes connections. `serve` is called on the listener's thread and must hand the
  /// socket over to `executor`; each connection ends with one connection_ended().
  struct Seat {
    asio::any_io_executor executor;
    std::function<void(tcp::socket)> serve;
  };

  struct Place {
    std::string block;  ///< of the settings: listen or admin, for the text of an error
    std::string address;
    std::uint16_t port = 0;
  };

  /// Binds and listens, so that a client can connect from now on. Throws ConfigError when the
  /// address cannot be used. With port 0 the system chooses one.
  Listener(const asio::any_io_executor& executor, const Place& where, std::size_t max_connections);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Accepts until close(). While the cap is reached, new connections wait in the system's queue.
  [[nodiscard]] Task<> run(std::vector<Seat> seats);
  /// Hands over the connections that the system has already made, and ends run(): who could
  /// connect gets an answer. On the listener's thread only.
  void close();

  /// Thread-safe.
  void connection_ended();
  [[nodiscard]] std::size_t open_connections() const noexcept { return open_.load(); }

 private:
  [[nodiscard]] Task<> wait_for_room();
  void take_waiting();
  [[nodiscard]] const Seat& next_seat() noexcept;
  void hand_over(const Seat& seat, tcp::socket socket);

  tcp::acceptor acceptor_;
  asio::steady_timer room_;  ///< cancelled when a connection ends while the cap is reached
  std::size_t max_connections_;
  std::uint16_t port_ = 0;
  std::vector<Seat> seats_;
  std::size_t next_ = 0;  ///< seat to take the next connection
  std::atomic<std::size_t> open_{0};
};

}  // namespace zoom_proxy
