#pragma once
// For tests: a throw-away CA, TLS servers on loopback that say exactly what a test tells them, and
// a way to run coroutines. Servers are blocking, one thread a connection.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy::testing {

/// Runs one coroutine to its end; rethrows what it throws. Streams must not outlive `io`.
template <class T>
T run_on(asio::io_context& io, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr error;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
    error = e;
    if (!e) result.emplace(std::move(value));
  });
  io.restart();
  io.run();
  if (error) std::rethrow_exception(error);
  return std::move(*result);
}
inline void run_on(asio::io_context& io, Task<> task) {
  std::exception_ptr error;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) { error = e; });
  io.restart();
  io.run();
  if (error) std::rethrow_exception(error);
}
/// The same on an io_context of its own.
template <class T>
T run(Task<T> task) {
  asio::io_context io{1};
  return run_on(io, std::move(task));
}
inline void run(Task<> task) {
  asio::io_context io{1};
  run_on(io, std::move(task));
}

inline Clock::time_point soon() { return Clock::now() + std::chrono::seconds(20); }

/// A certificate with its key.
struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

class TestCa {
 public:
  TestCa() : root_(make("test CA " + std::to_string(next_number()), "", nullptr)) {
    file_ = std::filesystem::temp_directory_path() /
            ("zoom-proxy-ca-" + std::to_string(::getpid()) + "-" + std::to_string(next_number()));
    std::FILE* out = std::fopen(file_.c_str(), "w");
    PEM_write_X509(out, root_.certificate.get());
    std::fclose(out);
  }
  ~TestCa() { std::filesystem::remove(file_); }
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  /// `names`: as in "DNS:localhost,IP:127.0.0.1".
  [[nodiscard]] Identity issue(const std::string& names) const {
    return make("test server", names, &root_);
  }
  /// Signed by itself, and for no host.
  [[nodiscard]] const Identity& root() const { return root_; }
  [[nodiscard]] std::string file() const { return file_.string(); }

 private:
  static int next_number() {
    static std::atomic<int> number{0};
    return ++number;
  }

  static void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static Identity make(const std::string& name, const std::string& names, const Identity* issuer) {
    Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
    X509* certificate = made.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), next_number());
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Identity& signer = issuer != nullptr ? *issuer : made;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
    const char* basic = issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE";
    extend(certificate, signer.certificate.get(), NID_basic_constraints, basic);
    if (!names.empty()) {
      extend(certificate, signer.certificate.get(), NID_subject_alt_name, names);
    }
    X509_sign(certificate, signer.key.get(), EVP_sha256());
    return made;
  }

  Identity root_;
  std::filesystem::path file_;
};

/// The server's side of one connection, after the handshake.
class Peer {
 public:
  using Layer = asio::ssl::stream<tcp::socket>;
  explicit Peer(Layer& layer, int number) : layer_(layer), number_(number) {}

  /// How many connections the server had accepted before this one.
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] SSL* ssl() { return layer_.native_handle(); }

  /// A request with its body (Content-Length); empty when the client has gone.
  std::string read_request() {
    boost::system::error_code error;
    asio::read_until(layer_, asio::dynamic_buffer(buffer_), "\r\n\r\n", error);
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    std::size_t size = end + 4;
    const std::size_t field = buffer_.find("Content-Length: ");
    if (field < end) size += std::strtoul(buffer_.c_str() + field + 16, nullptr, 10);
    while (buffer_.size() < size) {
      char piece[4096];
      const std::size_t count = layer_.read_some(asio::buffer(piece), error);
      if (error) return {};
      buffer_.append(piece, count);
    }
    std::string request = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return request;
  }
  /// False when the client has gone.
  bool write(std::string_view bytes) {
    boost::system::error_code error;
    asio::write(layer_, asio::buffer(bytes.data(), bytes.size()), error);
    return !error;
  }
  /// With close_notify; returns when the client has closed too.
  void close() {
    boost::system::error_code ignored;
    layer_.shutdown(ignored);
    layer_.next_layer().close(ignored);
  }
  /// TCP FIN without close_notify, which looks like a cut.
  void cut() {
    boost::system::error_code ignored;
    layer_.next_layer().shutdown(tcp::socket::shutdown_both, ignored);
  }
  void reset() {
    boost::system::error_code ignored;
    layer_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    layer_.next_layer().close(ignored);
  }
  /// Returns when the client has closed or the server is destroyed.
  void wait_until_closed() {
    boost::system::error_code error;
    char piece[4096];
    while (!error) layer_.next_layer().read_some(asio::buffer(piece), error);
  }

 private:
  Layer& layer_;
  std::string buffer_;
  int number_;
};

/// Accepts on 127.0.0.1 and runs `handler` on a thread for each connection.
class TlsServer {
 public:
  using Handler = std::function<void(Peer&)>;
  struct Options {
    std::string names = "DNS:localhost,IP:127.0.0.1";
    bool handshake = true;  ///< false: accepts TCP and stays silent
    int highest_version = TLS1_3_VERSION;
  };

  TlsServer(const TestCa& ca, Handler handler) : TlsServer(ca, std::move(handler), Options{}) {}
  TlsServer(const TestCa& ca, Handler handler, Options options)
      : handler_(std::move(handler)), options_(std::move(options)) {
    const Identity identity = ca.issue(options_.names);
    SSL_CTX_use_certificate(tls_.native_handle(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(tls_.native_handle(), identity.key.get());
    SSL_CTX_set_max_proto_version(tls_.native_handle(), options_.highest_version);
    acceptor_.listen();
    accepting_ = std::thread([this] { accept(); });
  }
  ~TlsServer() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& connection : connections_) {
        if (connection->open) ::shutdown(connection->descriptor, SHUT_RDWR);
      }
    }
    for (const auto& connection : connections_) connection->thread.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] Origin origin(const std::string& host = "localhost") const {
    return {host, std::to_string(acceptor_.local_endpoint().port())};
  }
  [[nodiscard]] std::string url(const std::string& path = "") const {
    return "https://localhost:" + origin().port + path;
  }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  struct Connection {
    std::thread thread;
    int descriptor = -1;
    bool open = true;  ///< guarded by mutex_
  };

  void accept() {
    while (!stopping_) {
      boost::system::error_code error;
      tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error) return;
      socket.set_option(tcp::no_delay(true), error);
      auto connection = std::make_unique<Connection>();
      Connection& c = *connection;
      c.descriptor = socket.native_handle();
      const int number = accepted_++;
      const std::lock_guard lock(mutex_);
      c.thread = std::thread(
          [this, &c, number, s = std::move(socket)]() mutable { serve(c, number, std::move(s)); });
      connections_.push_back(std::move(connection));
    }
  }

  void serve(Connection& connection, int number, tcp::socket socket) {
    Peer::Layer layer(std::move(socket), tls_);
    boost::system::error_code error;
    if (options_.handshake) layer.handshake(asio::ssl::stream_base::server, error);
    Peer peer(layer, number);
    if (!error) handler_(peer);
    const std::lock_guard lock(mutex_);
    connection.open = false;
    layer.next_layer().close(error);
  }

  Handler handler_;
  Options options_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0), true};
  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread accepting_;
};

/// An answer with Content-Length.
inline std::string answer(int status, std::string_view body, std::string_view extra_fields = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         std::string(extra_fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace zoom_proxy::testing
