#include "server/net.hpp"

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <type_traits>

#include "rules/error.hpp"
#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;
using boost::system::system_error;

/// Completion as a tuple: errors are values, so that no exception is needed for an ordinary end.
constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);

/// How long an orderly end may take; whoever does not answer by then has lost interest.
constexpr std::chrono::seconds kShutdownTime{1};

/// Between two looks at a peer that has sent more than was read, so that being readable tells
/// nothing.
constexpr std::chrono::milliseconds kPeerCheck{250};

/// Its FIN or reset has come, perhaps behind bytes that nobody has read yet.
bool closed_by_peer(tcp::socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state != TCP_ESTABLISHED;
}

Clock::duration to_clock(Seconds seconds) {
  return std::chrono::duration_cast<Clock::duration>(seconds);
}

/// As the handshake does (RFC 5280 section 6), but by the CAs of `tls` and the clock of now.
bool vouched_for(const SSL* ssl, X509* certificate, const SSL_CTX* tls) {
  const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> check(X509_STORE_CTX_new(),
                                                                         X509_STORE_CTX_free);
  if (!check || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(tls), certificate,
                                    SSL_get_peer_cert_chain(ssl)) != 1)
    return false;
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(check.get()),
                                   SSL_get_security_level(ssl));
  return X509_STORE_CTX_set_default(check.get(), "ssl_client") == 1 &&
         X509_verify_cert(check.get()) == 1;
}

/// The names in the peer's certificate, if it has shown one and it is good.
std::vector<std::string> verified_names(const SSL* ssl, const SSL_CTX* tls) {
  std::vector<std::string> names;
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || !vouched_for(ssl, certificate, tls)) return names;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> listed(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(listed.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(listed.get(), i), &type);
    if (type != GEN_DNS && type != GEN_URI && type != GEN_EMAIL) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return names;
}

/// Both kinds of stream: Layer is beast::tcp_stream, or TLS over one.
template <class Layer>
class LayeredStream final : public Stream {
  static constexpr bool kTls = !std::is_same_v<Layer, beast::tcp_stream>;

 public:
  explicit LayeredStream(Layer layer) : layer_(std::move(layer)) {
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    socket().non_blocking(true, ignored);  // for idle_and_open
    const auto endpoint = socket().remote_endpoint(ignored);
    peer_ = endpoint.address();
  }

  Task<std::size_t> read_some(std::span<char> into) override {
    const asio::mutable_buffer buffer(into.data(), into.size());
    const auto [error, count] = co_await layer_.async_read_some(buffer, kAwaitTuple);
    if (error == asio::error::eof) co_return 0;
    if (error) throw system_error(error);
    co_return count;
  }

  Task<> write(std::string_view bytes) override {
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const auto [error, count] = co_await asio::async_write(layer_, buffer, kAwaitTuple);
    if (error) throw system_error(error);
  }

  void expires_at(Clock::time_point when) override { lowest().expires_at(when); }

  Task<> shutdown() override {
    lowest().expires_after(kShutdownTime);
    error_code ignored;
    if constexpr (kTls) {
      co_await layer_.async_shutdown(kAwaitTuple);
    }
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    co_await drain();
    socket().close(ignored);
  }

  void abort() noexcept override {
    error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    socket().close(ignored);
  }

  bool idle_and_open() noexcept override {
    if (!socket().is_open()) return false;
    char byte = 0;
    const asio::mutable_buffer buffer(&byte, 1);
    error_code error;
    if constexpr (kTls) {
      // A read, not a peek: it swallows session tickets, which may come at any time. A byte of data
      // that it takes is no loss, since the stream is then unfit.
      layer_.read_some(buffer, error);
    } else {
      socket().receive(buffer, tcp::socket::message_peek, error);
    }
    return error == asio::error::would_block || error == asio::error::try_again;
  }

  Task<> peer_closed() override {
    asio::steady_timer pause(socket().get_executor());
    for (;;) {
      co_await socket().async_wait(tcp::socket::wait_read, asio::use_awaitable);
      if (closed_by_peer(socket())) co_return;
      pause.expires_after(kPeerCheck);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }

  asio::ip::address peer_address() const override { return peer_; }

  std::vector<std::string> peer_names([[maybe_unused]] asio::ssl::context& tls) override {
    if constexpr (kTls) {
      return verified_names(layer_.native_handle(), tls.native_handle());
    } else {
      return {};
    }
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(layer_); }
  tcp::socket& socket() { return lowest().socket(); }

  /// Takes what still comes, so that closing does not reset the connection under the last answer.
  Task<> drain() {
    char scratch[4096];
    const asio::mutable_buffer buffer(scratch, sizeof scratch);
    for (;;) {
      const auto [error, count] = co_await lowest().async_read_some(buffer, kAwaitTuple);
      if (error) co_return;
    }
  }

  Layer layer_;
  asio::ip::address peer_;
};

using TlsLayer = asio::ssl::stream<beast::tcp_stream>;

Failure unreachable(Cause cause, const Origin& origin, const std::string& reason) {
  return Failure(cause, "cannot connect to " + origin.host + ":" + origin.port + ": " + reason);
}

/// A name lookup that can be given up: the lookup itself may hang in the system's resolver.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error_code error;
  tcp::resolver::results_type results;
};

Task<tcp::resolver::results_type> resolve(const Origin& origin, Clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(deadline);
  lookup->resolver.async_resolve(
      origin.host, origin.port,
      [lookup](error_code error, const tcp::resolver::results_type& results) {
        lookup->finished = true;
        lookup->error = error;
        lookup->results = results;
        lookup->done.expires_at(Clock::time_point::min());
      });
  co_await lookup->done.async_wait(kAwaitTuple);
  if (!lookup->finished) {
    lookup->resolver.cancel();
    throw Failure(Cause::source_io_error,
                  "the name " + origin.host + " was not resolved in time; check DNS");
  }
  if (lookup->error) {
    throw Failure(Cause::source_io_error, "the name " + origin.host + " cannot be resolved: " +
                                              lookup->error.message() + "; check DNS");
  }
  co_return lookup->results;
}

Task<beast::tcp_stream> connect_tcp(const Origin& origin, Clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto endpoints = co_await resolve(origin, deadline);
  beast::tcp_stream stream(executor);
  stream.expires_at(deadline);
  const auto [error, endpoint] = co_await stream.async_connect(endpoints, kAwaitTuple);
  if (error == beast::error::timeout) {
    throw Failure(Cause::connection_to_source,
                  "nothing answers at " + origin.host + ":" + origin.port +
                      "; check that the network lets this host connect there");
  }
  if (error) throw unreachable(Cause::connection_to_source, origin, error.message());
  co_return stream;
}

/// SNI (RFC 6066: names only), and whom the certificate must be for.
void expect_peer(TlsLayer& layer, const std::string& host) {
  SSL* ssl = layer.native_handle();
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  bool ok = false;
  if (not_an_address) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ok = SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;  // NOLINT: OpenSSL's macro, spelled out
  } else {
    ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  if (!ok) throw Failure(Cause::configuration_failure, "not a host name: " + host);
}

/// Who issued a certificate, in printable ASCII: the common name, or the organization.
std::string issuer_of(const X509* certificate) {
  constexpr std::size_t kLongestName = 64;  // RFC 5280, appendix A.1: ub-common-name
  for (const int field : {NID_commonName, NID_organizationName}) {
    std::array<char, kLongestName + 1> text{};
    const int length = X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), field,
                                                 text.data(), static_cast<int>(text.size()));
    if (length <= 0) continue;
    std::string name = text.data();
    std::ranges::replace_if(
        name, [](char c) { return c < ' ' || c > '~'; }, '?');
    return name;
  }
  return "nobody";
}

/// The certificate is checked as ever; the issuer of one that fails is kept, since OpenSSL keeps
/// nothing of it, and it tells whether a proxy on the way has opened TLS.
std::shared_ptr<const std::string> keep_issuer_of_untrusted(TlsLayer& layer) {
  auto issuer = std::make_shared<std::string>();
  layer.set_verify_callback([issuer](bool trusted, asio::ssl::verify_context& context) {
    const X509* certificate = X509_STORE_CTX_get0_cert(context.native_handle());
    if (!trusted && certificate != nullptr) *issuer = issuer_of(certificate);
    return trusted;
  });
  return issuer;
}

Failure handshake_failure(const Origin& origin, SSL* ssl, error_code error,
                          const std::string& issuer) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return Failure(Cause::source_io_error,
                   "the certificate of " + origin.host +
                       " is not trusted: " + X509_verify_cert_error_string(verified) +
                       " (issued by " + issuer + "); check ca_file of that host in the settings");
  }
  if (error == beast::error::timeout) {
    return unreachable(Cause::connection_to_source, origin,
                       "the TLS handshake was not finished in time");
  }
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return unreachable(Cause::source_io_error, origin, "closed during the TLS handshake");
  }
  return unreachable(Cause::source_io_error, origin, "TLS handshake: " + error.message());
}

}  // namespace

std::shared_ptr<asio::ssl::context> make_client_tls(const std::string& ca_file, TlsVersion lowest,
                                                    std::string_view setting) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native,
                                lowest == TlsVersion::v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  tls->set_verify_mode(asio::ssl::verify_peer);
  error_code error;
  if (ca_file.empty()) {
    tls->set_default_verify_paths(error);
  } else {
    tls->load_verify_file(ca_file, error);
  }
  if (error) {
    throw ConfigError(Place{}, std::string(setting) + ": " +
                                   (ca_file.empty() ? "the system's CAs" : ca_file) +
                                   " cannot be read as PEM certificates: " + error.message());
  }
  return tls;
}

std::unique_ptr<Stream> make_plain_stream(tcp::socket socket) {
  return std::make_unique<LayeredStream<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)));
}

Task<std::unique_ptr<Stream>> accept_tls(tcp::socket socket, asio::ssl::context& tls,
                                         Seconds timeout) {
  TlsLayer layer(beast::tcp_stream(std::move(socket)), tls);
  beast::get_lowest_layer(layer).expires_after(to_clock(timeout));
  const auto [error] = co_await layer.async_handshake(asio::ssl::stream_base::server, kAwaitTuple);
  if (error) throw system_error(error);
  co_return std::make_unique<LayeredStream<TlsLayer>>(std::move(layer));
}

std::string authority(const Origin& origin) {
  const bool v6 = origin.host.find(':') != std::string::npos;
  std::string text = v6 ? "[" + origin.host + "]" : origin.host;
  if (origin.port != "443") text += ":" + origin.port;
  return text;
}

HttpsUrl parse_https_url(std::string_view setting, const std::string& url) {
  const auto refuse = [&](const char* why) {
    return ConfigError(Place{},
                       std::string(setting) + ": " + why + "; write it like https://api.zoom.us");
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) throw refuse("not a URL");
  if (parsed->scheme_id() != boost::urls::scheme::https) throw refuse("must begin with https://");
  if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment()) {
    throw refuse("must have no user, query or fragment");
  }
  HttpsUrl result;
  result.origin.host = parsed->host_address();
  result.origin.port = parsed->port().empty() ? "443" : std::string(parsed->port());
  result.path = std::string(parsed->encoded_path());
  while (result.path.ends_with('/')) result.path.pop_back();
  if (result.origin.host.empty()) throw refuse("names no host");
  return result;
}

Task<std::size_t> count_addresses(const Origin& origin, Seconds timeout) {
  const auto found = co_await resolve(origin, Clock::now() + to_clock(timeout));
  co_return found.size();
}

Task<std::unique_ptr<Stream>> connect_tls(const Origin& origin, asio::ssl::context& tls,
                                          Seconds timeout) {
  const Clock::time_point connect_deadline = Clock::now() + to_clock(timeout);
  beast::tcp_stream connection = co_await connect_tcp(origin, connect_deadline);
  TlsLayer layer(std::move(connection), tls);
  expect_peer(layer, origin.host);
  const std::shared_ptr<const std::string> issuer = keep_issuer_of_untrusted(layer);
  error_code ignored;
  beast::get_lowest_layer(layer).socket().set_option(tcp::no_delay(true), ignored);
  beast::get_lowest_layer(layer).expires_after(to_clock(timeout));
  const auto [error] = co_await layer.async_handshake(asio::ssl::stream_base::client, kAwaitTuple);
  if (error) throw handshake_failure(origin, layer.native_handle(), error, *issuer);
  co_return std::make_unique<LayeredStream<TlsLayer>>(std::move(layer));
}

}  // namespace zoom_proxy
