#pragma once
// A server that says byte for byte what a test tells it, over TLS or instead of it. Blocking, one
// thread a connection; shares nothing with the product's own network code.

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/server/tls_server.hpp"

namespace integration {

/// How a server presents itself in the handshake.
enum class Face { good, wrong_host, self_signed, unknown_authority, asks_for_certificate, tls_1_1 };

/// The server's side of one connection. Everything ends when the client or the server closes it.
class RawConnection {
 public:
  RawConnection(int socket, int number);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// False when it failed. `early` is sent as soon as the client's hello has come, which TLS 1.3
  /// allows (RFC 8446 section 2, figure 1): it is there before the client can ask anything.
  bool shake_hands(SSL_CTX* context, std::string_view early = {});
  /// Head and body (Content-Length); empty when the client has gone.
  std::string read_request();
  /// In pieces of `piece` bytes; false when the client has gone.
  bool write(std::string_view bytes, std::size_t piece = 16'384);
  /// Past TLS.
  bool write_plain(std::string_view bytes);
  /// Takes plain bytes as they come; how many.
  std::size_t read_plain();
  /// With close_notify, then TCP's end.
  void close();
  /// TCP's end alone.
  void cut();
  void reset();
  /// Waits for so long; false when the client has closed or sent something meanwhile.
  bool pause(std::chrono::milliseconds time);
  void wait_until_closed();

  [[nodiscard]] SSL* ssl() { return ssl_; }
  /// How many connections the server had accepted before this one.
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  int socket_;
  SSL* ssl_ = nullptr;
  int number_;
  std::string unread_;
};

class RawServer {
 public:
  using Handler = std::function<void(RawServer&, RawConnection&)>;
  /// `handler` runs for each connection that was accepted, on its own thread.
  RawServer(const zoom_proxy::testing::TestCa& ca, Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(port_); }
  [[nodiscard]] SSL_CTX* context(Face face) const {
    return contexts_[static_cast<std::size_t>(face)].get();
  }
  /// Ends all connections and waits for their handlers.
  void drop_connections();

 private:
  struct Open {
    int socket = -1;
    bool closed = false;  ///< guarded by mutex_
    std::thread thread;
  };
  void accept();

  Handler handler_;
  zoom_proxy::testing::TestCa other_ca_;
  std::array<std::shared_ptr<SSL_CTX>, 6> contexts_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  int accepted_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Open>> open_;
  std::thread accepting_;
};

}  // namespace integration
