#include "server/listener_tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <ctime>

#include "config/loader.hpp"
#include "rules/error.hpp"

namespace zoom_proxy {
namespace {

/// PEM texts.
struct Files {
  std::string certificate;
  std::string key;
  std::string client_ca;  ///< empty but in mode mtls
  ~Files() { cleanse(key); }
};

[[noreturn]] void refuse(const std::string& what, const std::string& file) {
  throw ConfigError({file}, what);
}

Files read_files(const Settings& settings) {
  const auto& tls = settings.listen.tls;
  const auto& auth = settings.inbound_auth;
  Files files;
  files.certificate = read_file(tls.certificate, {tls.certificate}, "listen.tls.certificate");
  files.key = read_file(tls.key, {tls.key}, "listen.tls.key");
  if (auth.mode == InboundAuthMode::mtls)
    files.client_ca = read_file(auth.mtls.ca, {auth.mtls.ca}, "inbound_auth.mtls.ca");
  return files;
}

std::array<unsigned char, 32> digest(const Files& files) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  std::array<unsigned char, 32> out{};
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const std::string* text : {&files.certificate, &files.key, &files.client_ca}) {
    const std::size_t size = text->size();
    EVP_DigestUpdate(context.get(), &size, sizeof size);
    EVP_DigestUpdate(context.get(), text->data(), size);
  }
  EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
  return out;
}

/// Has clients show a certificate if they have one: `/health/*` needs none. One that the CAs do not
/// vouch for ends the handshake.
void ask_for_certificates(SSL_CTX* tls, const std::string& ca, const std::string& file) {
  const std::unique_ptr<BIO, int (*)(BIO*)> in(
      BIO_new_mem_buf(ca.data(), static_cast<int>(ca.size())), BIO_free);
  int count = 0;
  ERR_clear_error();
  while (X509* const raw = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    const std::unique_ptr<X509, void (*)(X509*)> certificate(raw, X509_free);
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), raw) != 1 ||
        SSL_CTX_add_client_CA(tls, raw) != 1)
      refuse("inbound_auth.mtls.ca holds a certificate that cannot be used", file);
    ++count;
  }
  // At the end of the text no further one begins; anything else is one that breaks off, say.
  const unsigned long end = ERR_peek_last_error();
  ERR_clear_error();
  if (count == 0 || ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    refuse("inbound_auth.mtls.ca holds no certificates in PEM, or not only whole ones", file);
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
}

std::shared_ptr<asio::ssl::context> make_context(const Files& files, const Settings& settings) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // No resumption: a resumed session would bring back a certificate that nobody has checked again.
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // Without this OpenSSL asks the terminal for the passphrase of a key that has one.
  tls->set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return ""; });
  const auto& where = settings.listen.tls;
  boost::system::error_code error;
  tls->use_certificate_chain(asio::buffer(files.certificate), error);
  if (error)
    refuse(
        "listen.tls.certificate holds no certificate in PEM that can be used: " + error.message(),
        where.certificate);
  tls->use_private_key(asio::buffer(files.key), asio::ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(native) != 1)
    refuse(
        "listen.tls.key holds no key in PEM, without a passphrase, that fits " + where.certificate,
        where.key);
  if (settings.inbound_auth.mode == InboundAuthMode::mtls)
    ask_for_certificates(native, files.client_ca, settings.inbound_auth.mtls.ca);
  return tls;
}

std::chrono::system_clock::time_point expiry_of(SSL_CTX* tls) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(tls)), &end);
  return std::chrono::system_clock::from_time_t(::timegm(&end));
}

}  // namespace

ListenerTls::ListenerTls(const Settings& settings) : settings_(settings) { reload(); }

std::shared_ptr<asio::ssl::context> ListenerTls::context() const {
  const std::lock_guard lock(mutex_);
  return loaded_.context;
}

std::chrono::system_clock::time_point ListenerTls::expires_at() const {
  const std::lock_guard lock(mutex_);
  return loaded_.expires_at;
}

std::string ListenerTls::expiry() const {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(expires_at());
  std::tm end{};
  ::gmtime_r(&seconds, &end);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &end);
  return text.data();
}

bool ListenerTls::reload() {
  const Digest before = std::exchange(last_read_, {});  // what comes after a fault is a change
  const Files files = read_files(settings_);
  last_read_ = digest(files);
  if (last_read_ == before) return false;
  Loaded loaded;
  loaded.context = make_context(files, settings_);
  loaded.expires_at = expiry_of(loaded.context->native_handle());
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(loaded);
  return true;
}

}  // namespace zoom_proxy
