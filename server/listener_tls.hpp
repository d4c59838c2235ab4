#pragma once
// TLS on the listener: its certificate, read anew when the files change.

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "config/settings.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// Thread-safe.
class ListenerTls {
 public:
  /// Reads the files of `listen.tls`, and in mode mtls the clients' CAs. Throws ConfigError. The
  /// settings must outlive it.
  explicit ListenerTls(const Settings& settings);

  /// For the next connection. Connections keep what they began with.
  [[nodiscard]] std::shared_ptr<asio::ssl::context> context() const;

  /// Reads the files; true when their content had changed, and is in force from now on. Throws
  /// ConfigError when new content cannot be used: the old stays, and the same content is not tried
  /// again. Not on a thread that serves requests, since it reads files.
  bool reload();

  /// When the certificate in force ends.
  [[nodiscard]] std::chrono::system_clock::time_point expires_at() const;
  /// The same in words: RFC 3339, UTC.
  [[nodiscard]] std::string expiry() const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Loaded {
    std::shared_ptr<asio::ssl::context> context;
    std::chrono::system_clock::time_point expires_at;
  };

  const Settings& settings_;
  Digest last_read_{};        ///< used by reload() alone
  mutable std::mutex mutex_;  ///< guards what follows
  Loaded loaded_;
};

}  // namespace zoom_proxy
