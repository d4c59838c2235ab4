#pragma once
// Everything that can be set, with its default: one struct per block of the settings file. The list
// of keys with their descriptions (setting_list.cpp) drives the loader, the environment names,
// `--print-config`, the example file and docs/reference.md: a new setting is a member here and a
// row there. Immutable once loaded.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_block.hpp"
#include "config/secret.hpp"
#include "rules/egress_guard.hpp"
#include "rules/identity/pseudonym.hpp"

namespace zoom_proxy {

/// Seconds in settings may be fractions.
using Seconds = std::chrono::duration<double>;

enum class InboundAuthMode { platform, oidc, bearer, mtls };
enum class UrlTokenError { conflict, server_error };  ///< 409, or the peer's 500
enum class LogFormat { json, console };
enum class LogLevel { debug, info, warning, error };
enum class TlsVersion { v1_2, v1_3 };  ///< the lowest that is spoken to Zoom

struct Settings {
  struct Listen {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8080;
    struct Tls {
      std::string certificate;  ///< PEM file with its chain; empty: plain HTTP
      std::string key;          ///< PEM file
    } tls;
    std::size_t trusted_proxies =
        0;                    ///< that append to X-Forwarded-For; 0: the socket's peer counts
    std::string path_prefix;  ///< taken off the paths of requests; slashes at its ends do not count
  } listen;

  struct Admin {
    std::string address = "127.0.0.1";
    std::uint16_t port = 9090;
  } admin;

  struct InboundAuth {
    InboundAuthMode mode = InboundAuthMode::platform;  ///< no default in the file: must be chosen
    struct Oidc {
      std::vector<std::string> issuers;    ///< `iss`
      std::vector<std::string> audiences;  ///< `aud`
      std::vector<std::string> allowed;    ///< `email` (with an @) or `sub`
      std::string jwks_url;                ///< empty: Google's
      std::string ca_file;                 ///< PEM, for jwks_url; empty: the system's CAs
    } oidc;
    struct Bearer {
      std::vector<std::string> token_sha256;  ///< lower-case hex
    } bearer;
    struct Mtls {
      std::string ca;                          ///< PEM file
      std::vector<std::string> allowed_names;  ///< DNS, URI or e-mail names of a certificate
    } mtls;
    std::vector<IpBlock> allowed_ip_blocks;  ///< empty: all
  } inbound_auth;

  struct Zoom {
    std::string api_url = "https://api.zoom.us";
    std::string token_url = "https://zoom.us/oauth/token";
    std::string account_id;  ///< trimmed, like the two below
    std::string client_id;
    Secret client_secret;
    std::string ca_file;  ///< PEM; empty: the system's CAs
    TlsVersion tls_version = TlsVersion::v1_3;
    std::string user_agent = "zoom-proxy";
    std::size_t max_connections = 32;
    std::size_t retries = 0;  ///< further attempts after a passing refusal; 0: none
    struct RateLimit {        ///< calls by Zoom's label; 0: any number
      std::size_t light_per_second = 0;
      std::size_t medium_per_second = 0;
      std::size_t heavy_per_second = 0;
    } rate_limit;
  } zoom;

  struct Pseudonyms {
    PseudonymAlgorithm algorithm = PseudonymAlgorithm::hmac_sha256;
    Secret salt;
    Secret encryption_key;                         ///< empty: no reversible tokens
    std::vector<Secret> previous_encryption_keys;  ///< for decoding only
    EmailCanonicalization email_canonicalization = EmailCanonicalization::strict;
    EmailDomain email_domain = EmailDomain::preserve;
  } pseudonyms;

  struct Rules {
    std::string file = "zoom";  ///< a built-in set's name, a file, or the rules themselves
    bool reload = true;         ///< when files change; else on SIGHUP alone
  } rules;

  EgressGuard egress_guard = EgressGuard::redact;

  /// Sanitized answers as files. Directories are absolute paths; empty: none are written.
  struct Output {
    std::string async_directory;  ///< of answers wanted later
    std::string async_url;        ///< stands in their Location for async_directory
    std::string side_directory;   ///< of copies of answers
  } output;

  /// CSV and JSON records: bodies of POST /bulk, and objects of a bucket.
  struct Bulk {
    std::vector<std::string> rules{"zoom-ai-metrics"};  ///< names of built-in sets, or files
    std::string input_directory;   ///< absolute, a bucket's mount; empty: no storage events
    std::string output_directory;  ///< the same; neither lies inside the other
    std::string bucket;            ///< that storage events must name; empty: any
  } bulk;

  bool development_mode = false;  ///< a client may see Zoom's answers unsanitized; loopback only

  struct Compat {
    UrlTokenError url_token_error = UrlTokenError::conflict;
  } compat;

  struct Limits {
    std::size_t request_head_bytes = 32 * 1024;
    std::size_t request_headers_count = 100;
    std::size_t request_target_bytes = 8 * 1024;
    std::size_t request_body_bytes = 1024 * 1024;
    std::size_t client_connections_count = 1024;
    std::size_t response_head_bytes = 64 * 1024;                        ///< from Zoom
    std::size_t response_body_bytes = std::size_t{1024} * 1024 * 1024;  ///< from Zoom, inflated
    std::size_t response_buffer_bytes =
        64 * 1024;  ///< sanitized bytes held before the head goes out
  } limits;

  struct Timeouts {
    Seconds connect{10};  ///< TCP, and TLS again
    Seconds response_head{60};
    Seconds idle{30};  ///< between two pieces of a body, either side
    Seconds total{180};
    Seconds client_head{10};
    Seconds client_idle{65};  ///< keep-alive; longer than the balancer's in front
    // Loading makes none of them longer than `total`.
  } timeouts;

  struct Shutdown {
    Seconds delay{0};
    Seconds grace{10};
  } shutdown;

  struct Log {
    LogFormat format = LogFormat::json;
    LogLevel level = LogLevel::info;
    std::string google_project;  ///< of Google Cloud, for the names of traces
  } log;
};

/// What is allowed but unwise, a sentence each; no values.
[[nodiscard]] std::vector<std::string> warnings(const Settings& settings);

}  // namespace zoom_proxy
