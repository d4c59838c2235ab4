#include "tests/integration/callers.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

namespace integration {

Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", byte);
    hex += pair;
  }
  return hex;
}

void expect_refused(const Answer& answer, unsigned status, const std::string& cause) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_EQ(answer.field("X-Psoxy-Error"), cause);
  EXPECT_EQ(object(answer).at("error").as_string(), cause);
}

std::string pem_of(const Identity& identity, bool certificate, bool key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (certificate) PEM_write_bio_X509(out.get(), identity.certificate.get());
  if (key)
    PEM_write_bio_PrivateKey(out.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void TlsFiles::install(const Identity& identity) {
  put(key(), pem_of(identity, false, true));
  put(certificate(), pem_of(identity, true, false));
}

std::string TlsFiles::client(const TestCa& ca, const std::string& names) {
  const std::string file = directory_.file("client" + std::to_string(++clients_) + ".pem");
  put(file, pem_of(ca.issue(names), true, true));
  return file;
}

long serial_shown(const Proxy& proxy, const TestCa& ca) {
  Client client(proxy.port(), ca.file());
  EXPECT_EQ(client.get("/health/live").status, 200U);
  return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(client.tls())));
}

long serial_of(const Identity& identity) {
  return ASN1_INTEGER_get(X509_get0_serialNumber(identity.certificate.get()));
}

}  // namespace integration
