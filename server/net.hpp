#pragma once
// Byte streams, plain or TLS, with deadlines. Everything that moves bytes stands behind Stream, so
// that how bytes are moved can change without its users. Each object belongs to one worker thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace zoom_proxy {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;
template <class T = void>
using Task = asio::awaitable<T>;

/// A connected byte stream. All operations throw boost::system::system_error; after one that failed
/// or timed out (boost::beast::error::timeout) the stream can only be closed.
class Stream {
 public:
  virtual ~Stream() = default;

  /// At least one byte, or 0 at the orderly end (TCP FIN; under TLS close_notify, anything less is
  /// an error, since it could be a cut).
  virtual Task<std::size_t> read_some(std::span<char> into) = 0;
  /// All of it.
  virtual Task<> write(std::string_view bytes) = 0;

  /// The moment at which any later operation fails with a time-out.
  virtual void expires_at(Clock::time_point when) = 0;

  /// Orderly end: close_notify where there is TLS, then TCP; waits a short bounded time.
  virtual Task<> shutdown() = 0;
  /// At once and visibly broken (TCP reset), so that nobody takes what was sent for a whole answer.
  virtual void abort() noexcept = 0;

  /// False when the peer has closed or has sent bytes nobody asked for: not fit for reuse.
  [[nodiscard]] virtual bool idle_and_open() noexcept = 0;

  /// Ends when the peer has closed its side, however much of what it sent is still unread. Looks on
  /// while other operations run; cancel it when they are done.
  virtual Task<> peer_closed() = 0;

  [[nodiscard]] virtual asio::ip::address peer_address() const = 0;

  /// The DNS, URI and e-mail names (SAN) of the certificate that the peer has shown, if the CAs of
  /// `tls` vouch for it now, whichever did at the handshake; else none.
  [[nodiscard]] virtual std::vector<std::string> peer_names(asio::ssl::context& tls) = 0;
};

/// A TLS client context: certificates checked against `ca_file` (PEM) or the system's CAs.
/// Throws ConfigError, which names `setting`, when the file cannot be read.
[[nodiscard]] std::shared_ptr<asio::ssl::context> make_client_tls(
    const std::string& ca_file, TlsVersion lowest, std::string_view setting = "zoom.ca_file");

/// An accepted plain connection.
[[nodiscard]] std::unique_ptr<Stream> make_plain_stream(tcp::socket socket);

/// An accepted connection that speaks TLS: the server's side of the handshake. Throws system_error,
/// also when it takes longer than `timeout`. `tls` must live until it ends.
[[nodiscard]] Task<std::unique_ptr<Stream>> accept_tls(tcp::socket socket, asio::ssl::context& tls,
                                                       Seconds timeout);

/// Where a request to Zoom goes.
struct Origin {
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

/// As the Host field names it: the port only when it is not 443, IPv6 in brackets.
[[nodiscard]] std::string authority(const Origin& origin);

/// An https URL of the settings, taken apart.
struct HttpsUrl {
  Origin origin;
  std::string path;  ///< percent-encoded as given, "" or beginning with "/"; never ends with "/"
};
/// Throws ConfigError that names `setting`: another scheme, user, query or fragment are refused.
[[nodiscard]] HttpsUrl parse_https_url(std::string_view setting, const std::string& url);

/// Asks the name servers for the host's addresses: how many there are. Throws Failure, its text
/// naming the host and the reason. `origin` must live until it ends.
[[nodiscard]] Task<std::size_t> count_addresses(const Origin& origin, Seconds timeout);

/// Resolves, connects and shakes hands: SNI, host name and certificate checked. The time-out
/// applies to connecting and to the handshake, each. Throws Failure with the cause that fits (DNS,
/// refused, unreachable, time-out, certificate), its text naming the host and the reason. `origin`
/// and `tls` must live until it ends.
[[nodiscard]] Task<std::unique_ptr<Stream>> connect_tls(const Origin& origin,
                                                        asio::ssl::context& tls, Seconds timeout);

}  // namespace zoom_proxy
