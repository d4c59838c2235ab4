#include "tests/simulator/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace zoom_simulator {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

constexpr long kDay = 24 * 60 * 60;

Owned<EVP_PKEY> make_key() {
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  require(extension != nullptr, value);
  require(X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Owned<X509> make_certificate(const char* name, EVP_PKEY* key, long from, long until) {
  Owned<X509> certificate(X509_new());
  require(certificate != nullptr, "certificate");
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

std::string to_pem(X509* certificate) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

std::string install_certificate(SSL_CTX* context, CertificateKind kind) {
  const auto ca_key = make_key();
  const auto ca = make_certificate("Zoom look-alike CA", ca_key.get(), -900 * kDay, 365 * kDay);
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "CA signature");

  const bool expired = kind == CertificateKind::expired;
  const bool wrong_host = kind == CertificateKind::wrong_host;
  const auto key = make_key();
  const auto server = make_certificate(wrong_host ? "wrong.invalid" : "localhost", key.get(),
                                       expired ? -800 * kDay : -kDay, expired ? -kDay : 365 * kDay);
  X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
  add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
  add_extension(
      server.get(), ca.get(), NID_subject_alt_name,
      wrong_host ? "DNS:wrong.invalid" : "DNS:localhost,DNS:zoom.us,DNS:api.zoom.us,IP:127.0.0.1");
  require(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  require(SSL_CTX_use_certificate(context, server.get()) == 1, "use certificate");
  require(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "use key");
  return to_pem(ca.get());
}

}  // namespace zoom_simulator
