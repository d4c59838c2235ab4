#pragma once
// Two ends of a real TCP connection: a Stream as the server has it, and a plain blocking client.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "server/net.hpp"

namespace zoom_proxy {

class Loopback {
 public:
  Loopback() {
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    client_.connect(acceptor.local_endpoint());
    server = make_plain_stream(acceptor.accept(io));
  }

  /// Runs a coroutine of the server's side to its end; rethrows what it throws.
  void run(Task<> task) {
    std::exception_ptr thrown;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) { thrown = e; });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
  }

  void send(std::string_view bytes) { asio::write(client_, asio::buffer(bytes)); }
  void send_end() { client_.shutdown(tcp::socket::shutdown_send); }
  /// True when nothing waits to be read.
  [[nodiscard]] bool nothing_came() { return client_.available() == 0; }

  /// All that comes until the server closes, then closes too. `reset` tells how it did.
  std::string read_all() {
    std::string all;
    boost::system::error_code error;
    asio::read(client_, asio::dynamic_buffer(all), error);
    reset = error == asio::error::connection_reset;
    client_.close();
    return all;
  }
  bool reset = false;

  /// What comes until `end` has come.
  std::string read_until(std::string_view end) {
    std::string all;
    asio::read_until(client_, asio::dynamic_buffer(all), std::string(end));
    return all;
  }

  asio::io_context io{1};
  std::unique_ptr<Stream> server;

 private:
  asio::io_context client_io_;
  tcp::socket client_{client_io_};
};

}  // namespace zoom_proxy
