#include "server/listener.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "rules/error.hpp"

namespace zoom_proxy {
namespace {

/// After an accept that failed for want of file descriptors or memory: trying again at once would
/// only burn the processor.
constexpr std::chrono::milliseconds kAcceptPause{100};

tcp::endpoint endpoint_of(const Listener::Place& where) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(where.address, error);
  if (error) {
    throw ConfigError({},
                      where.block + ".address is no IP address: write for example 0.0.0.0 or ::1");
  }
  return {address, where.port};
}

}  // namespace

Listener::Listener(const asio::any_io_executor& executor, const Place& where,
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
                              "; choose another " + where.block + ".address or " + where.block +
                              ".port");
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
  seats_ = std::move(seats);
  for (;;) {
    co_await wait_for_room();
    if (!acceptor_.is_open()) co_return;
    boost::system::error_code error;
    const Seat& seat = next_seat();
    tcp::socket socket = co_await acceptor_.async_accept(
        seat.executor, asio::redirect_error(asio::use_awaitable, error));
    if (!error) hand_over(seat, std::move(socket));
    if (!acceptor_.is_open()) co_return;
    if (error) {
      room_.expires_after(kAcceptPause);
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

const Listener::Seat& Listener::next_seat() noexcept {
  const Seat& seat = seats_[next_];
  next_ = (next_ + 1) % seats_.size();
  return seat;
}

/// The socket belongs to that worker's executor.
void Listener::hand_over(const Seat& seat, tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);  // without it answers are only slower
  open_.fetch_add(1);
  seat.serve(std::move(socket));
}

/// Closing resets what waits in the system's queue, so the queue is emptied first, and nothing can
/// get into it meanwhile.
void Listener::take_waiting() {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &drop};
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  boost::system::error_code error;
  acceptor_.non_blocking(true, error);
  while (!error && open_.load() < max_connections_) {
    const Seat& seat = next_seat();
    tcp::socket socket(seat.executor);
    acceptor_.accept(socket, error);
    if (!error) hand_over(seat, std::move(socket));
  }
}

void Listener::close() {
  if (!seats_.empty()) take_waiting();
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
