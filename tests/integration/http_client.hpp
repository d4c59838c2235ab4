#pragma once
// A blocking HTTP/1.1 client over plain TCP or TLS, to 127.0.0.1. Tells how an answer ended, and
// lets a test write raw bytes or read slowly. Every wait ends after 30 seconds with an exception.

#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace integration {

/// No answer came in time.
class Timeout : public std::runtime_error {
 public:
  Timeout() : std::runtime_error("no bytes for 30 seconds") {}
};

enum class End {
  whole,   ///< as its framing promised
  closed,  ///< the connection ended before that: a client can tell that something is missing
  reset,   ///< the same, by TCP reset
};

struct Answer {
  unsigned status = 0;  ///< 0: not even a head came
  std::string head;     ///< status line and fields as received
  std::string body;     ///< chunked coding removed; what came of it
  End end = End::closed;
  bool chunked = false;

  /// The first value of that field; empty when there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class Client {
 public:
  /// Connects; with `ca_file` by TLS to `localhost`, showing the certificate in `identity_file`
  /// (PEM, with its key) if that is not empty. Throws std::runtime_error.
  explicit Client(std::uint16_t port, const std::string& ca_file = {},
                  const std::string& identity_file = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Answer get(const std::string& target, const Headers& headers = {});
  Answer request(const std::string& method, const std::string& target, const Headers& headers = {},
                 const std::string& body = {});

  void send(std::string_view bytes);
  /// Tells the other side that nothing more will come (plain TCP).
  void finish_sending();
  Answer read_answer(bool to_head = false);
  /// Takes in some bytes of the answer, for read_answer() later; how many, 0 at the end.
  std::size_t receive_some();
  /// Keeps the receive buffer from growing, so that a client that does not read is felt soon.
  void shrink_receive_buffer();
  /// Null on plain TCP.
  [[nodiscard]] SSL* tls() { return tls_; }

 private:
  struct Received {
    std::string bytes;
    End end = End::whole;  ///< whole: more may come
  };
  Received receive();

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  std::string unread_;
};

}  // namespace integration
