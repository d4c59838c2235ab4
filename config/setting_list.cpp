#include "config/setting_list.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "config/value.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

using Required = Setting::Required;

template <class Type>
constexpr bool kIsList = false;
template <class Item>
constexpr bool kIsList<std::vector<Item>> = true;

/// `member` is a generic lambda from Settings, const or not, to the member.
template <class Member>
Setting row(std::string_view path, Member member, std::string_view description,
            Setting::Traits traits = {}) {
  Setting setting;
  setting.path = path;
  setting.description = description;
  setting.traits = traits;
  using Type = std::remove_reference_t<decltype(member(std::declval<Settings&>()))>;
  setting.list = kIsList<Type>;
  setting.set = [member, traits](Settings& settings, std::string_view text) {
    if (traits.check != nullptr && !kIsList<Type>) traits.check(text);
    parse_value(text, traits, member(settings));
  };
  setting.get = [member](const Settings& settings) { return value_text(member(settings)); };
  using Value = std::remove_reference_t<decltype(member(std::declval<Settings&>()))>;
  if constexpr (std::is_copy_assignable_v<Value> && !std::is_same_v<Value, std::vector<Secret>>) {
    setting.copy = [member](Settings& to, const Settings& from) { member(to) = member(from); };
  } else if (!traits.reloaded) {
    throw std::logic_error("a secret is always reloaded");
  }
  return setting;
}

void check_path_prefix(std::string_view text) {
  const bool path = std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#'; });
  if (!path) throw std::invalid_argument("must be the beginning of a path, such as /zoom");
}

void check_target_bytes(std::string_view text) {
  std::size_t bytes = 0;
  parse_value(text, {}, bytes);
  if (bytes > limits::kTargetBytes)
    throw std::invalid_argument("must be at most " + std::to_string(limits::kTargetBytes) +
                                ", the most that is matched against the rules");
}

/// Their waits take up to two minutes of the three that a request usually has.
constexpr std::size_t kMostRetries = 10;

void check_retries(std::string_view text) {
  std::size_t retries = 0;
  parse_value(text, {.may_be_zero = true}, retries);
  if (retries > kMostRetries)
    throw std::invalid_argument("must be at most " + std::to_string(kMostRetries));
}

#define AT(member) \
  [](auto& settings) -> auto& { return settings.member; }

using List = std::vector<Setting>;

void add_listen(List& list) {
  list.push_back(row("listen.address", AT(listen.address), "IP address that the server listens on",
                     {.check = check_ip_address}));
  list.push_back(row("listen.port", AT(listen.port),
                     "TCP port that the server listens on; 0 takes a free one",
                     {.aliases = {{"PORT"}}, .file_twin = true}));
  list.push_back(row("listen.tls.certificate", AT(listen.tls.certificate),
                     "PEM file of the server's certificate and its chain: TLS on the listener; "
                     "empty: plain HTTP, for a balancer in front that ends TLS",
                     {.needed_in_mode = InboundAuthMode::mtls}));
  list.push_back(row("listen.tls.key", AT(listen.tls.key),
                     "PEM file of that certificate's key, without a passphrase",
                     {.needed_in_mode = InboundAuthMode::mtls}));
  list.push_back(
      row("listen.trusted_proxies", AT(listen.trusted_proxies),
          "Proxies in front that append to X-Forwarded-For: the client is the entry that "
          "the outermost of them wrote. 0: the client is who connects",
          {.may_be_zero = true}));
  list.push_back(
      row("listen.path_prefix", AT(listen.path_prefix),
          "Taken off the paths of requests that begin with it, for a balancer that leaves it there",
          {.aliases = {{"REQUEST_PATH_PREFIX_TO_TRIM"}}, .check = check_path_prefix}));
}

void add_admin(List& list) {
  list.push_back(row("admin.address", AT(admin.address),
                     "IP address that health, metrics and the status page are served on; whoever "
                     "reaches it may read them",
                     {.check = check_ip_address}));
  list.push_back(row("admin.port", AT(admin.port), "Its TCP port; 0 takes a free one"));
}

void add_oidc(List& list) {
  list.push_back(row("inbound_auth.oidc.issuers", AT(inbound_auth.oidc.issuers),
                     "Who may have made an ID token (iss): https://accounts.google.com and "
                     "accounts.google.com for Google",
                     {.needed_in_mode = InboundAuthMode::oidc}));
  list.push_back(row("inbound_auth.oidc.audiences", AT(inbound_auth.oidc.audiences),
                     "Whom an ID token may be for (aud): the proxy's URL as clients know it",
                     {.needed_in_mode = InboundAuthMode::oidc, .reloaded = true}));
  list.push_back(row("inbound_auth.oidc.allowed", AT(inbound_auth.oidc.allowed),
                     "Whose ID tokens are let in: e-mail addresses (verified ones) or sub",
                     {.needed_in_mode = InboundAuthMode::oidc, .reloaded = true}));
  list.push_back(row(
      "inbound_auth.oidc.jwks_url", AT(inbound_auth.oidc.jwks_url),
      "Where the issuer publishes its keys (JWKS); empty: Google's, when all issuers are Google",
      {.check = check_https_url}));
  list.push_back(row("inbound_auth.oidc.ca_file", AT(inbound_auth.oidc.ca_file),
                     "PEM file of the CAs that may vouch for jwks_url; empty: the system's CAs"));
}

void add_inbound_auth(List& list) {
  list.push_back(
      row("inbound_auth.mode", AT(inbound_auth.mode),
          "Who decides which callers come in. platform: what stands in front of the server "
          "(Cloud Run IAM, a mesh, a private network) and lets nobody else through; the proxy "
          "itself: oidc, by ID tokens; bearer, by tokens of yours; mtls, by client certificates",
          {.required = Required::by_server}));
  add_oidc(list);
  list.push_back(
      row("inbound_auth.bearer.token_sha256", AT(inbound_auth.bearer.token_sha256),
          "SHA-256 of each token that is let in, in hexadecimal digits; two at a time "
          "while one replaces the other",
          {.needed_in_mode = InboundAuthMode::bearer, .reloaded = true, .check = check_sha256}));
  list.push_back(row("inbound_auth.mtls.ca", AT(inbound_auth.mtls.ca),
                     "PEM file of the CAs that may vouch for clients",
                     {.needed_in_mode = InboundAuthMode::mtls}));
  list.push_back(row("inbound_auth.mtls.allowed_names", AT(inbound_auth.mtls.allowed_names),
                     "DNS, URI or e-mail names (SAN), one of which a client's certificate must "
                     "have, spelled exactly so",
                     {.needed_in_mode = InboundAuthMode::mtls, .reloaded = true}));
  list.push_back(row("inbound_auth.allowed_ip_blocks", AT(inbound_auth.allowed_ip_blocks),
                     "IP addresses and blocks that callers must come from, in any mode; empty: "
                     "from anywhere",
                     {.aliases = {{"ALLOWED_DATA_ACCESS_IP_BLOCKS"}}, .reloaded = true}));
}

void add_zoom(List& list) {
  list.push_back(row("zoom.api_url", AT(zoom.api_url),
                     "Zoom's API: https, host and perhaps a path to put before every request's",
                     {.aliases = {{"TARGET_HOST", "https://"}}, .check = check_https_url}));
  list.push_back(row("zoom.token_url", AT(zoom.token_url), "Where Zoom gives out access tokens",
                     {.check = check_token_url}));
  list.push_back(row("zoom.account_id", AT(zoom.account_id),
                     "Account ID of the Server-to-Server OAuth app",
                     {.aliases = {{"PSOXY_ZOOM_ACCOUNT_ID"}, {"ACCOUNT_ID"}},
                      .required = Required::by_server,
                      .file_twin = true,
                      .trimmed = true,
                      .reloaded = true}));
  list.push_back(row("zoom.client_id", AT(zoom.client_id),
                     "Client ID of the Server-to-Server OAuth app",
                     {.aliases = {{"PSOXY_ZOOM_CLIENT_ID"}, {"CLIENT_ID"}},
                      .required = Required::by_server,
                      .file_twin = true,
                      .trimmed = true,
                      .reloaded = true}));
  list.push_back(row("zoom.client_secret", AT(zoom.client_secret),
                     "Client Secret of the Server-to-Server OAuth app",
                     {.aliases = {{"PSOXY_ZOOM_CLIENT_SECRET"}, {"CLIENT_SECRET"}},
                      .required = Required::by_server,
                      .secret = true,
                      .file_twin = true,
                      .trimmed = true,
                      .reloaded = true}));
  list.push_back(row("zoom.ca_file", AT(zoom.ca_file),
                     "PEM file of the CAs that may vouch for Zoom; empty: the system's CAs"));
  list.push_back(row("zoom.tls_version", AT(zoom.tls_version),
                     "Lowest TLS version that is spoken to Zoom", {.aliases = {{"TLS_VERSION"}}}));
  list.push_back(row("zoom.user_agent", AT(zoom.user_agent), "User-Agent of the calls to Zoom",
                     {.aliases = {{"USER_AGENT"}}, .check = check_not_empty}));
  list.push_back(
      row("zoom.max_connections", AT(zoom.max_connections), "Most connections to Zoom at a time"));
  list.push_back(row("zoom.retries", AT(zoom.retries),
                     "Most further attempts when Zoom answers a GET or HEAD with 429, 500, 502, "
                     "503 or 504; at most 10",
                     {.may_be_zero = true, .check = check_retries}));
  list.push_back(row("zoom.rate_limit.light_per_second", AT(zoom.rate_limit.light_per_second),
                     "Most calls a second that Zoom counts as light; those above it wait. 0: any "
                     "number",
                     {.may_be_zero = true}));
  list.push_back(row("zoom.rate_limit.medium_per_second", AT(zoom.rate_limit.medium_per_second),
                     "The same for medium calls", {.may_be_zero = true}));
  list.push_back(row("zoom.rate_limit.heavy_per_second", AT(zoom.rate_limit.heavy_per_second),
                     "The same for heavy calls, the reports", {.may_be_zero = true}));
}

void add_pseudonyms(List& list) {
  list.push_back(
      row("pseudonyms.algorithm", AT(pseudonyms.algorithm),
          "How values are hashed: hmac-sha256, or psoxy for the pseudonyms of an earlier Psoxy",
          {.reloaded = true}));
  list.push_back(
      row("pseudonyms.salt", AT(pseudonyms.salt),
          "Key of the hashes, 32 characters or more; another salt gives other pseudonyms",
          {.aliases = {{"PSOXY_SALT"}},
           .required = Required::always,
           .secret = true,
           .file_twin = true,
           .reloaded = true}));
  list.push_back(row("pseudonyms.encryption_key", AT(pseudonyms.encryption_key),
                     "Key of the reversible tokens (p~); not needed when the rules make none",
                     {.aliases = {{"PSOXY_ENCRYPTION_KEY"}},
                      .secret = true,
                      .file_twin = true,
                      .reloaded = true}));
  list.push_back(row("pseudonyms.previous_encryption_keys", AT(pseudonyms.previous_encryption_keys),
                     "Keys of older reversible tokens that clients may still send",
                     {.secret = true, .file_twin = true, .reloaded = true}));
  list.push_back(row("pseudonyms.email_canonicalization", AT(pseudonyms.email_canonicalization),
                     "strict: dots in a mailbox name count; ignore_dots: they do not",
                     {.aliases = {{"EMAIL_CANONICALIZATION"}}, .reloaded = true}));
  list.push_back(
      row("pseudonyms.email_domain", AT(pseudonyms.email_domain),
          "What becomes of the domain of a pseudonymized address: preserve, redact, tokenize or "
          "encrypt",
          {.aliases = {{"EMAIL_DOMAIN_HANDLING"}}, .reloaded = true}));
}

void add_rules(List& list) {
  list.push_back(row(
      "rules.file", AT(rules.file), "Name of a built-in rule set, or a rules file",
      {.aliases = {{"RULES"}}, .multi_line = true, .reloaded = true, .check = check_not_empty}));
  list.push_back(
      row("rules.reload", AT(rules.reload),
          "Whether the settings file, secret files and the rules file are read anew when "
          "they change; SIGHUP does it in any case",
          {.reloaded = true}));
}

void add_egress_guard(List& list) {
  list.push_back(
      row("egress_guard", AT(egress_guard),
          "A kept text that holds an e-mail address, or the name of a kept member that no rule "
          "names: redact puts null in its place or leaves the member out, log lets it pass but "
          "counts and logs it, off looks away",
          {.reloaded = true}));
}

void add_output(List& list) {
  list.push_back(row("output.async_directory", AT(output.async_directory),
                     "Directory, perhaps a bucket's mount, for the answers to requests with "
                     "`Prefer: respond-async`; empty: these are refused",
                     {.aliases = {{"ASYNC_OUTPUT_DESTINATION"}}, .check = check_directory}));
  list.push_back(row("output.async_url", AT(output.async_url),
                     "What stands in `Location` for that directory, such as gs://bucket/zoom; "
                     "empty: the directory",
                     {.check = check_plain_text}));
  list.push_back(row("output.side_directory", AT(output.side_directory),
                     "Directory, perhaps a bucket's mount, for a copy of every sanitized answer; "
                     "empty: none",
                     {.aliases = {{"SIDE_OUTPUT_SANITIZED"}}, .check = check_directory}));
}

void add_bulk(List& list) {
  list.push_back(
      row("bulk.rules", AT(bulk.rules),
          "Names of built-in bulk rule sets, and bulk rules files, that `POST /bulk/NAME` "
          "knows; storage events go by the first. []: neither",
          {.reloaded = true}));
  list.push_back(row("bulk.input_directory", AT(bulk.input_directory),
                     "Directory, a bucket's mount, with the objects that storage events name; "
                     "empty: these are refused",
                     {.check = check_directory}));
  list.push_back(row("bulk.output_directory", AT(bulk.output_directory),
                     "Directory, perhaps a bucket's mount, for what becomes of them",
                     {.check = check_directory}));
  list.push_back(row("bulk.bucket", AT(bulk.bucket),
                     "Name of the bucket that storage events must be about; empty: any",
                     {.check = check_plain_text}));
}

void add_development(List& list) {
  list.push_back(row(
      "development_mode", AT(development_mode),
      "true: a request with `X-Psoxy-Skip-Sanitizer: true` gets Zoom's answer unsanitized; only "
      "with a listen.address that nobody outside this machine reaches",
      {.aliases = {{"IS_DEVELOPMENT_MODE"}}}));
}

void add_compat(List& list) {
  list.push_back(row("compat.url_token_error", AT(compat.url_token_error),
                     "Status for a token in a URL that does not decode: 409 as everywhere else, or "
                     "500, FAILED_TO_BUILD_URL, as with an earlier Psoxy"));
}

void add_limits(List& list) {
  list.push_back(row("limits.request_head_bytes", AT(limits.request_head_bytes),
                     "Longest request line and header lines of a client"));
  list.push_back(row("limits.request_headers_count", AT(limits.request_headers_count),
                     "Most header lines of a client"));
  list.push_back(row("limits.request_target_bytes", AT(limits.request_target_bytes),
                     "Longest path and query of a client", {.check = check_target_bytes}));
  list.push_back(
      row("limits.request_body_bytes", AT(limits.request_body_bytes), "Longest body of a client"));
  list.push_back(row("limits.client_connections_count", AT(limits.client_connections_count),
                     "Most connections of clients at a time"));
  list.push_back(row("limits.response_head_bytes", AT(limits.response_head_bytes),
                     "Longest status line and header lines of Zoom"));
  list.push_back(row("limits.response_body_bytes", AT(limits.response_body_bytes),
                     "Longest body of Zoom, uncompressed"));
  list.push_back(row(
      "limits.response_buffer_bytes", AT(limits.response_buffer_bytes),
      "Sanitized bytes that are held back so that an early failure still gets an error status"));
}

void add_timeouts(List& list) {
  list.push_back(row("timeouts.connect_seconds", AT(timeouts.connect),
                     "To connect to Zoom, and as long again for the TLS handshake"));
  list.push_back(row("timeouts.response_head_seconds", AT(timeouts.response_head),
                     "From the request to the head of Zoom's answer"));
  list.push_back(row("timeouts.idle_seconds", AT(timeouts.idle),
                     "Between two pieces of a body, from or to either side"));
  list.push_back(
      row("timeouts.total_seconds", AT(timeouts.total),
          "For one request as a whole; none of the other time-outs counts as longer than this",
          {.aliases = {{"REQUEST_TIMEOUT_SECONDS"}}}));
  list.push_back(row("timeouts.client_head_seconds", AT(timeouts.client_head),
                     "For a client to send the head of its request"));
  list.push_back(row("timeouts.client_idle_seconds", AT(timeouts.client_idle),
                     "For a client's connection to stay open without a request"));
}

void add_shutdown(List& list) {
  list.push_back(
      row("shutdown.delay_seconds", AT(shutdown.delay),
          "Time after SIGTERM in which new requests are still served, for balancers to notice",
          {.may_be_zero = true}));
  list.push_back(row("shutdown.grace_seconds", AT(shutdown.grace),
                     "Time after that for running requests to end", {.may_be_zero = true}));
}

void add_log(List& list) {
  list.push_back(row("log.format", AT(log.format), "json: one object a line; console: for people"));
  list.push_back(row("log.level", AT(log.level), "Least severe events that are logged"));
  list.push_back(row("log.google_project", AT(log.google_project),
                     "Project of Google Cloud whose traces log lines belong to; empty: only the "
                     "trace's id is logged",
                     {.aliases = {{"GOOGLE_CLOUD_PROJECT"}}, .check = check_plain_text}));
}

#undef AT

/// In the order of the example file.
List make_settings() {
  List list;
  for (const auto add : {add_listen, add_admin, add_inbound_auth, add_zoom, add_pseudonyms,
                         add_rules, add_egress_guard, add_output, add_bulk, add_development,
                         add_compat, add_limits, add_timeouts, add_shutdown, add_log})
    add(list);
  return list;
}

/// These count together: one half of such a change, without the half that needs a restart, could
/// let in whom neither the old settings nor the new ones do, or nobody.
bool says_who_may_call(const Setting& setting) {
  return setting.path.starts_with("inbound_auth.") || setting.path == "listen.trusted_proxies";
}

constexpr auto kUnsupported = std::to_array<UnsupportedSetting>({
    {"output.side_original_directory", "SIDE_OUTPUT_ORIGINAL",
     ", as unsanitized answers are never written to files"},
});

}  // namespace

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings = make_settings();
  return settings;
}

std::vector<std::string_view> keep_until_restart(Settings& loaded, const Settings& in_force) {
  const auto changed = [&](const Setting& setting) {
    return setting.get(loaded) != setting.get(in_force);
  };
  const bool callers_wait = std::ranges::any_of(all_settings(), [&](const Setting& setting) {
    return says_who_may_call(setting) && !setting.traits.reloaded && changed(setting);
  });
  std::vector<std::string_view> kept;
  for (const Setting& setting : all_settings()) {
    const bool waits = !setting.traits.reloaded || (callers_wait && says_who_may_call(setting));
    if (!waits || !changed(setting)) continue;
    setting.copy(loaded, in_force);
    kept.push_back(setting.path);
  }
  return kept;
}

std::span<const UnsupportedSetting> unsupported_settings() { return kUnsupported; }

Settings without_secrets(const Settings& settings) {
  Settings result;
  for (const Setting& setting : all_settings()) {
    if (setting.copy) setting.copy(result, settings);
  }
  return result;
}

}  // namespace zoom_proxy
