#include "server/listener.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "rules/error.hpp"

namespace zoom_proxy {
namespace {

/// After an accept that failed for want of file descriptors or memory: trying again at once would
/// only burn the processor.
constexpr std::chrono::milliseconds kAcceptPause{100};

tcp::endpoint endpoint_of(const Settings::Listen& where) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(where.address, error);
  if (error) {
    throw ConfigError({}, "listen.address is no IP address: write for example 0.0.0.0 or ::1");
  }
  return {address, where.port};
}

}  // namespace

Listener::Listener(const asio::any_io_executor& executor, const Settings::Listen& where,
                   std::size_t max_connections)
    : acceptor_(executor), room_(executor), max_connections_(max_connections) {
  const tcp::endpoint endpoint = endpoint_of(where);
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    throw ConfigError({}, "cannot listen on " + where.address + " port " +
                              std::to_string(where.port) + ": " + error.code().message() +
                              "; choose another listen.address or listen.port");
  }
}

Task<> Listener::wait_for_room() {
  while (acceptor_.is_open() && open_.load() >= max_connections_) {
    boost::system::error_code cancelled;
    room_.expires_at(asio::steady_timer::time_point::max());
    co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

Task<> Listener::run(std::vector<Seat> seats) {
  for (std::size_t next = 0;; next = (next + 1) % seats.size()) {
    co_await wait_for_room();
    if (!acceptor_.is_open()) co_return;
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(
        seats[next].executor, asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor_.is_open()) co_return;
    if (error) {
      room_.expires_after(kAcceptPause);
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);  // without it answers are only slower
    open_.fetch_add(1);
    seats[next].serve(std::move(socket));
  }
}

void Listener::close() noexcept {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
}

void Listener::connection_ended() {
  if (open_.fetch_sub(1) >= max_connections_) {
    asio::post(acceptor_.get_executor(), [this] { room_.cancel(); });
  }
}

}  // namespace zoom_proxy
