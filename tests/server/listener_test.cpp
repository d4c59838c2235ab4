#include "server/listener.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>

#include "rules/error.hpp"

namespace zoom_proxy {
namespace {

Listener::Place on(std::string address, std::uint16_t port) {
  return {"listen", std::move(address), port};
}

Listener::Place on_loopback(std::uint16_t port = 0) { return on("127.0.0.1", port); }

class ListenerTest : public testing::Test {
 protected:
  Listener::Seat seat(std::vector<tcp::socket>& taken) {
    return {io.get_executor(), [&](tcp::socket socket) { taken.push_back(std::move(socket)); }};
  }
  tcp::socket connect(const Listener& listener) {
    tcp::socket client(client_io);
    client.connect({asio::ip::address_v4::loopback(), listener.port()});
    return client;
  }

  asio::io_context io{1};
  asio::io_context client_io;
};

TEST_F(ListenerTest, HandsConnectionsToTheSeatsInTurn) {
  Listener listener(io.get_executor(), on_loopback(), 10);
  std::vector<tcp::socket> first, second;
  asio::co_spawn(io, listener.run({seat(first), seat(second)}), asio::detached);
  std::vector<tcp::socket> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connect(listener));
  while (first.size() + second.size() < 4) io.run_one();
  EXPECT_EQ(first.size(), 2u);
  EXPECT_EQ(second.size(), 2u);
  EXPECT_EQ(listener.open_connections(), 4u);
}

TEST_F(ListenerTest, AcceptsNoMoreThanTheCapUntilOneEnds) {
  Listener listener(io.get_executor(), on_loopback(), 1);
  std::vector<tcp::socket> taken;
  asio::co_spawn(io, listener.run({seat(taken)}), asio::detached);
  const tcp::socket one = connect(listener), two = connect(listener);  // both in the system's queue
  while (taken.empty()) io.run_one();
  while (io.poll() > 0) {
  }
  EXPECT_EQ(taken.size(), 1u);
  listener.connection_ended();
  while (taken.size() < 2) io.run_one();
  EXPECT_EQ(listener.open_connections(), 1u);
}

TEST_F(ListenerTest, CloseEndsTheLoopAlsoWhileItWaitsForRoom) {
  for (const std::size_t cap : {std::size_t{0}, std::size_t{5}}) {
    Listener listener(io.get_executor(), on_loopback(), cap);
    std::vector<tcp::socket> taken;
    bool ended = false;
    asio::co_spawn(io, listener.run({seat(taken)}), [&](std::exception_ptr) { ended = true; });
    io.restart();
    io.poll();
    EXPECT_FALSE(ended);
    listener.close();
    io.run();
    EXPECT_TRUE(ended);
  }
}

TEST_F(ListenerTest, CloseTakesWhoIsConnectedAlready) {
  Listener listener(io.get_executor(), on_loopback(), 10);
  std::vector<tcp::socket> taken;
  asio::co_spawn(io, listener.run({seat(taken)}), asio::detached);
  io.poll();
  std::vector<tcp::socket> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connect(listener));
  listener.close();  // the loop had no chance to take them
  EXPECT_EQ(taken.size(), 4u);
  io.run();
  EXPECT_EQ(taken.size(), 4u);
  EXPECT_THROW(connect(listener), boost::system::system_error);
}

/// A connection that the loop has got, but not yet handed over, when it is told to end.
TEST_F(ListenerTest, WhatCloseFindsUnderWayGoesToTheWorkerItWasMadeFor) {
  std::vector<asio::io_context> workers(3);
  std::vector<std::size_t> taken;
  std::function<void()> close;
  std::vector<Listener::Seat> seats;
  for (asio::io_context& worker : workers) {
    const auto executor = worker.get_executor();
    seats.push_back({executor, [&, executor, number = seats.size()](tcp::socket socket) {
                       EXPECT_EQ(socket.get_executor(), asio::any_io_executor(executor));
                       taken.push_back(number);
                       if (taken.size() == 1) asio::post(io, close);
                     }});
  }
  Listener listener(io.get_executor(), on_loopback(), 10);
  close = [&] {
    listener.close();
    EXPECT_EQ(taken, (std::vector<std::size_t>{0, 2})) << "1 is the loop's";
  };
  std::vector<tcp::socket> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect(listener));
  asio::co_spawn(io, listener.run(std::move(seats)), asio::detached);
  io.run();
  EXPECT_EQ(taken, (std::vector<std::size_t>{0, 2, 1}));
}

TEST_F(ListenerTest, SaysWhyItCannotListen) {
  Listener listener(io.get_executor(), on_loopback(), 1);
  try {
    Listener another(io.get_executor(), on_loopback(listener.port()), 1);
    FAIL() << "must throw";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("listen.port"), std::string::npos);
  }
  EXPECT_THROW(Listener(io.get_executor(), on("localhost", 0), 1), ConfigError);
}

}  // namespace
}  // namespace zoom_proxy
