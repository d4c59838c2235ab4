#pragma once
// A certificate authority of our own and a server certificate signed by it, both made anew at every
// start. No private key touches the disk.

#include <openssl/ssl.h>

#include <string>

namespace zoom_simulator {

enum class CertificateKind { good, expired, wrong_host };

/// Gives the context a fresh server certificate and its key, and returns the CA as PEM.
/// Throws std::runtime_error.
std::string install_certificate(SSL_CTX* context, CertificateKind kind);

}  // namespace zoom_simulator
