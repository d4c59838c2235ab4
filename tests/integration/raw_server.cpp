#include "tests/integration/raw_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace integration {
namespace {

using zoom_proxy::testing::Identity;
using zoom_proxy::testing::TestCa;

std::shared_ptr<SSL_CTX> make_context(const Identity& identity) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  return context;
}

/// Holds back what is written until it is let go as a whole.
void cork(int socket, bool hold) {
  const int value = hold ? 1 : 0;
  setsockopt(socket, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

}  // namespace

RawConnection::RawConnection(int socket, int number) : socket_(socket), number_(number) {}

RawConnection::~RawConnection() { SSL_free(ssl_); }

bool RawConnection::shake_hands(SSL_CTX* context, std::string_view early) {
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, socket_);
  SSL_set_accept_state(ssl_);
  if (!early.empty()) {
    std::size_t count = 0;
    char none = 0;
    cork(socket_, true);  // in one segment with the flight: the client has both at once
    if (SSL_read_early_data(ssl_, &none, 1, &count) != SSL_READ_EARLY_DATA_FINISH) return false;
    if (SSL_write_early_data(ssl_, early.data(), early.size(), &count) != 1) return false;
    cork(socket_, false);
  }
  return SSL_do_handshake(ssl_) == 1;
}

std::string RawConnection::read_request() {
  std::array<char, 16'384> piece{};
  for (;;) {
    const std::size_t end = unread_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::size_t size = end + 4;
      const std::size_t field = unread_.find("Content-Length: ");
      if (field < end) size += std::strtoul(unread_.c_str() + field + 16, nullptr, 10);
      if (unread_.size() >= size) {
        std::string request = unread_.substr(0, size);
        unread_.erase(0, size);
        return request;
      }
    }
    const int count = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (count <= 0) return {};
    unread_.append(piece.data(), static_cast<std::size_t>(count));
  }
}

bool RawConnection::write(std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), piece);
    if (SSL_write(ssl_, bytes.data(), static_cast<int>(size)) <= 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

bool RawConnection::write_plain(std::string_view bytes) {
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

std::size_t RawConnection::read_plain() {
  std::array<char, 4096> piece{};
  const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void RawConnection::close() {
  SSL_shutdown(ssl_);
  cut();
}

void RawConnection::cut() { ::shutdown(socket_, SHUT_WR); }

void RawConnection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool RawConnection::pause(std::chrono::milliseconds time) {
  pollfd wait{socket_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(time.count())) == 0;
}

void RawConnection::wait_until_closed() {
  while (read_plain() > 0) {
  }
}

RawServer::RawServer(const TestCa& ca, Handler handler) : handler_(std::move(handler)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets whose client has gone
  const std::string here = "DNS:localhost,IP:127.0.0.1";
  const auto set = [&](Face face, const Identity& identity) {
    contexts_[static_cast<std::size_t>(face)] = make_context(identity);
  };
  set(Face::good, ca.issue(here));
  set(Face::wrong_host, ca.issue("DNS:elsewhere.test"));
  set(Face::self_signed, other_ca_.root());
  set(Face::unknown_authority, other_ca_.issue(here));
  set(Face::asks_for_certificate, ca.issue(here));
  set(Face::tls_1_1, ca.issue(here));
  SSL_CTX_set_verify(context(Face::asks_for_certificate),
                     SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_security_level(context(Face::tls_1_1), 0);
  SSL_CTX_set_min_proto_version(context(Face::tls_1_1), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context(Face::tls_1_1), TLS1_1_VERSION);

  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept(); });
}

RawServer::~RawServer() {
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  drop_connections();
  ::close(listener_);
}

void RawServer::accept() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto open = std::make_unique<Open>();
    Open& mine = *open;
    mine.socket = socket;
    const int number = accepted_++;
    const std::lock_guard lock(mutex_);
    mine.thread = std::thread([this, &mine, number] {
      {
        RawConnection connection(mine.socket, number);
        handler_(*this, connection);
      }
      const std::lock_guard closing(mutex_);
      mine.closed = true;
      ::close(mine.socket);
    });
    open_.push_back(std::move(open));
  }
}

void RawServer::drop_connections() {
  std::vector<std::unique_ptr<Open>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : open_) {
      if (!one->closed) ::shutdown(one->socket, SHUT_RDWR);
    }
    all.swap(open_);
  }
  for (const auto& one : all) one->thread.join();
}

}  // namespace integration
