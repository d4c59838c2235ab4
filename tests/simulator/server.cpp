#include "tests/simulator/server.hpp"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iostream>

#include "tests/simulator/certificates.hpp"
#include "tests/simulator/connection.hpp"

namespace zoom_simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

CertificateKind certificate_kind(const Options& options) {
  if (options.expired_certificate) return CertificateKind::expired;
  return options.wrong_host_certificate ? CertificateKind::wrong_host : CertificateKind::good;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void announce(const Options& options, std::uint16_t port) {
  const std::string line = boost::json::serialize(
      boost::json::object{{"port", port}, {"ca_file", options.directory + "/ca.pem"}});
  write_file(options.directory + "/ready.json", line + "\n");
  std::cout << line << std::endl;
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, asio::ssl::context& tls, Service& service,
                             Connection::Registry& connections) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAsTuple);
    if (error) co_return;
    asio::co_spawn(
        acceptor.get_executor(),
        Connection::run(std::make_shared<Connection>(std::move(socket), tls, service, connections)),
        asio::detached);
  }
}

asio::awaitable<void> stop_when_stdin_closes(asio::io_context& io) {
  asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  std::array<char, 64> ignored{};
  for (;;) {
    const auto [error, size] = co_await input.async_read_some(asio::buffer(ignored), kAsTuple);
    if (error) break;
  }
  io.stop();
}

}  // namespace

void serve(const Options& options) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  write_file(options.directory + "/ca.pem",
             install_certificate(tls.native_handle(), certificate_kind(options)));

  Connection::Registry connections;
  Service service(options, [&connections](bool reset) {
    std::uint64_t dropped = 0;
    for (Connection* connection : connections) {
      if (!connection->idle()) continue;
      connection->drop(reset);
      ++dropped;
    }
    return dropped;
  });

  asio::io_context io(1);  // last, so that its coroutines go before what they use
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  if (options.until_stdin_closes) {
    asio::co_spawn(io, stop_when_stdin_closes(io), asio::detached);
  }
  asio::co_spawn(io, accept(acceptor, tls, service, connections), asio::detached);
  announce(options, acceptor.local_endpoint().port());
  io.run();
}

}  // namespace zoom_simulator
