#include "tests/integration/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>

namespace integration {
namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

constexpr time_t kTimeoutSeconds = 30;

/// Waits for a server to start listening are not needed: both announce themselves when ready.
int connect_to(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval timeout{kTimeoutSeconds, 0};
  const int on = 1;
  ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(handle);
    throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " +
                             std::strerror(error));
  }
  return handle;
}

std::string head_text(const Parser& parser) {
  const auto& message = parser.get();
  std::string text = std::to_string(message.result_int()) + " ";
  text += std::string_view(message.reason().data(), message.reason().size());
  text += '\n';
  for (const auto& field : message) {
    text += std::string(field.name_string()) + ": " + std::string(field.value()) + "\n";
  }
  return text;
}

}  // namespace

std::string Answer::field(std::string_view name) const {
  std::istringstream lines(head);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon != name.size() || ::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const auto begin = line.find_first_not_of(' ', colon + 1);
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(' ') + 1 - begin);
  }
  return {};
}

Client::Client(std::uint16_t port, const std::string& ca_file, const std::string& identity_file)
    : socket_(connect_to(port)) {
  if (ca_file.empty()) return;
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
  if (!identity_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, identity_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_, identity_file.c_str(), SSL_FILETYPE_PEM);
  }
  tls_ = SSL_new(context_);
  SSL_set1_host(tls_, "localhost");
  SSL_set_fd(tls_, socket_);
  if (SSL_connect(tls_) != 1) throw std::runtime_error("TLS handshake failed");
}

Client::~Client() {
  SSL_free(tls_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

Answer Client::get(const std::string& target, const Headers& headers) {
  return request("GET", target, headers);
}

Answer Client::request(const std::string& method, const std::string& target, const Headers& headers,
                       const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + body);
  return read_answer(method == "HEAD");
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) throw std::runtime_error("cannot send: the connection is closed");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Client::finish_sending() { ::shutdown(socket_, SHUT_WR); }

Client::Received Client::receive() {
  std::array<char, 65536> buffer{};
  const auto size = tls_ != nullptr ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                                    : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (size > 0) return {std::string(buffer.data(), static_cast<std::size_t>(size)), End::whole};
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw Timeout();
  return {{}, size < 0 && errno == ECONNRESET ? End::reset : End::closed};
}

std::size_t Client::receive_some() {
  const Received received = receive();
  unread_ += received.bytes;
  return received.bytes.size();
}

Answer Client::read_answer(bool to_head) {
  std::optional<Parser> parser(std::in_place);
  Answer answer;
  for (;;) {
    parser->eager(true);
    parser->body_limit(boost::none);
    parser->header_limit(256 * 1024);
    if (to_head) parser->skip(true);
    boost::system::error_code error;
    while (!unread_.empty() && !parser->is_done()) {
      const auto used = parser->put(boost::asio::buffer(unread_), error);
      unread_.erase(0, used);
      if (error == http::error::need_more) break;
      if (error) throw std::runtime_error("not HTTP: " + error.message());
    }
    if (parser->is_done() && parser->get().result_int() / 100 == 1) {
      parser.emplace();  // an interim answer; the real one follows
      continue;
    }
    if (parser->is_done()) {
      answer.end = End::whole;
      break;
    }
    const Received received = receive();
    if (received.end != End::whole) {
      answer.end = received.end;
      break;
    }
    unread_ += received.bytes;
  }
  if (!parser->is_header_done()) return answer;
  answer.status = parser->get().result_int();
  answer.head = head_text(*parser);
  answer.chunked = parser->chunked();
  answer.body = std::move(parser->get().body());
  return answer;
}

void Client::shrink_receive_buffer() {
  const int size = 64 * 1024;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

}  // namespace integration
