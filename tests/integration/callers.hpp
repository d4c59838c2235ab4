#pragma once
// Callers of the proxy with their tokens and certificates, and the files of its listener's.

#include <string>

#include "tests/integration/fixture.hpp"
#include "tests/server/tls_server.hpp"

namespace integration {

using zoom_proxy::testing::Identity;
using zoom_proxy::testing::TestCa;

constexpr const char* kUsers = "/v2/users?page_size=1";

[[nodiscard]] Headers bearer(const std::string& token);
/// Hexadecimal.
[[nodiscard]] std::string sha256(const std::string& text);
void expect_refused(const Answer& answer, unsigned status, const std::string& cause);

[[nodiscard]] std::string pem_of(const Identity& identity, bool certificate, bool key);

/// Certificates in files for the listener, and for clients.
class TlsFiles {
 public:
  explicit TlsFiles(const TestCa& ca) { install(ca.issue("DNS:localhost")); }

  void install(const Identity& identity);
  [[nodiscard]] std::string certificate() const { return directory_.file("cert.pem"); }
  [[nodiscard]] std::string key() const { return directory_.file("key.pem"); }
  /// A file of the clients' CAs, to be put().
  [[nodiscard]] std::string client_ca() const { return directory_.file("client_ca.pem"); }
  /// For ProxyOptions::listen.
  [[nodiscard]] std::string listen() const {
    return "  tls: {certificate: " + certificate() + ", key: " + key() + "}\n";
  }
  /// A client's certificate with its key; returns the file.
  [[nodiscard]] std::string client(const TestCa& ca, const std::string& names);

 private:
  TemporaryDirectory directory_;
  int clients_ = 0;
};

/// The serial number of the certificate that a new connection is shown.
[[nodiscard]] long serial_shown(const Proxy& proxy, const TestCa& ca);
[[nodiscard]] long serial_of(const Identity& identity);

}  // namespace integration
