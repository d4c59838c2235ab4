#include "config/value.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cmath>

#include "rules/format/yaml.hpp"

namespace zoom_proxy {

namespace {

/// Longest time that may be set: far from the overflow of any clock.
constexpr double kLongestSeconds = 86'400;
/// Largest size or count that may be set: 1 TiB.
constexpr std::size_t kLargestSize = std::size_t{1} << 40;

[[noreturn]] void refuse(const std::string& must) { throw std::invalid_argument(must); }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

void check_printable(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control))
    refuse("must not hold line breaks or other control characters");
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// Text that means itself as a plain YAML scalar, also inside `{}`.
bool is_plain(std::string_view text) {
  constexpr std::string_view safe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";
  constexpr std::string_view safe_inside = "+:@=";
  return safe.find(text.front()) != std::string_view::npos && text.front() != '-' &&
         text.back() != ':' && std::all_of(text.begin(), text.end(), [&](char c) {
           return safe.find(c) != std::string_view::npos ||
                  safe_inside.find(c) != std::string_view::npos;
         });
}

/// The items of a list: one a line.
template <class Take>
void for_each_item(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    check_printable(item);
    if (item.empty()) refuse("must not hold an empty item");
    take(item);
  }
}

boost::urls::url_view parse_https(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (parsed.has_error() || parsed->scheme() != "https" || parsed->encoded_host().empty() ||
      (parsed->has_port() && parsed->port_number() == 0) || parsed->has_userinfo() ||
      parsed->has_query() || parsed->has_fragment())
    refuse("must be a URL that begins with https:// and a host, without user, query or fragment");
  return *parsed;
}

}  // namespace

void parse_value(std::string_view text, const Setting::Traits& traits, std::string& value) {
  if (!traits.multi_line) check_printable(text);
  value = text;
}

void parse_value(std::string_view text, const Setting::Traits&, Secret& value) {
  check_printable(text);
  value = Secret(std::string(text));
}

void parse_value(std::string_view text, const Setting::Traits&, std::vector<Secret>& value) {
  value.clear();
  for_each_item(text, [&](std::string_view item) { value.emplace_back(std::string(item)); });
}

void parse_value(std::string_view text, const Setting::Traits& traits,
                 std::vector<std::string>& value) {
  value.clear();
  for_each_item(text, [&](std::string_view item) {
    if (traits.check != nullptr) traits.check(item);
    value.emplace_back(item);
  });
}

void parse_value(std::string_view text, const Setting::Traits&, std::vector<IpBlock>& value) {
  value.clear();
  for_each_item(text, [&](std::string_view item) {
    auto block = IpBlock::parse(item);
    if (!block) refuse("must hold IP addresses and blocks such as 192.0.2.0/24 or 2001:db8::/32");
    value.push_back(std::move(*block));
  });
}

void parse_value(std::string_view text, const Setting::Traits&, std::uint16_t& value) {
  if (!parse_number(text, value)) refuse("must be a port: a whole number from 0 to 65535");
}

void parse_value(std::string_view text, const Setting::Traits& traits, std::size_t& value) {
  const std::size_t least = traits.may_be_zero ? 0 : 1;
  if (!parse_number(text, value) || value < least || value > kLargestSize)
    refuse("must be a whole number from " + std::to_string(least) + " to " +
           std::to_string(kLargestSize));
}

void parse_value(std::string_view text, const Setting::Traits& traits, Seconds& value) {
  double number = 0;
  // Digits first: from_chars would also take "inf", "nan" and a sign.
  const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  const bool parsed = digit && parse_number(text, number);
  if (!parsed || number > kLongestSeconds || (number <= 0 && !traits.may_be_zero))
    refuse(std::string("must be seconds, fractions allowed, ") +
           (traits.may_be_zero ? "from 0" : "more than 0") + " and at most 86400");
  value = Seconds(number);
}

std::string value_text(const std::string& value) {
  if (value.empty()) return "";
  if (is_plain(value)) return value;
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '$') out += '$';
    if (is_control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string value_text(const Secret& value) { return value.empty() ? "" : "\"***\""; }

std::string value_text(const std::vector<Secret>& value) {
  std::string out = "[";
  for (std::size_t i = 0; i < value.size(); ++i) out += i == 0 ? "\"***\"" : ", \"***\"";
  return out + "]";
}

std::string value_text(const std::vector<std::string>& value) {
  std::string out = "[";
  for (const std::string& item : value) out += (out.size() > 1 ? ", " : "") + value_text(item);
  return out + "]";
}

std::string value_text(const std::vector<IpBlock>& value) {
  std::vector<std::string> texts;
  for (const IpBlock& block : value) texts.push_back(block.text());
  return value_text(texts);
}

std::string value_text(std::uint16_t value) { return std::to_string(value); }
std::string value_text(std::size_t value) { return std::to_string(value); }

std::string value_text(Seconds value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                          value.count(), std::chars_format::fixed);
  return error == std::errc() ? std::string(buffer.data(), end) : "0";
}

void parse_value(std::string_view text, const Setting::Traits&, bool& value) {
  constexpr auto kNames = std::to_array<std::string_view>({"false", "true"});
  value = parse_name(text, kNames) == 1;
}

std::string value_text(bool value) { return value ? "true" : "false"; }

#define ZOOM_PROXY_NAMES(E, ...)                                            \
  std::span<const EnumName<E>> names_of(E) {                                \
    static constexpr auto kNames = std::to_array<EnumName<E>>(__VA_ARGS__); \
    return kNames;                                                          \
  }
ZOOM_PROXY_NAMES(InboundAuthMode, {{InboundAuthMode::platform, "platform"},
                                   {InboundAuthMode::oidc, "oidc"},
                                   {InboundAuthMode::bearer, "bearer"},
                                   {InboundAuthMode::mtls, "mtls"}})
ZOOM_PROXY_NAMES(PseudonymAlgorithm, {{PseudonymAlgorithm::hmac_sha256, "hmac-sha256"},
                                      {PseudonymAlgorithm::psoxy, "psoxy"}})
ZOOM_PROXY_NAMES(EmailCanonicalization, {{EmailCanonicalization::strict, "strict"},
                                         {EmailCanonicalization::ignore_dots, "ignore_dots"}})
ZOOM_PROXY_NAMES(EmailDomain, {{EmailDomain::preserve, "preserve"},
                               {EmailDomain::redact, "redact"},
                               {EmailDomain::tokenize, "tokenize"},
                               {EmailDomain::encrypt, "encrypt"}})
ZOOM_PROXY_NAMES(TlsVersion, {{TlsVersion::v1_2, "TLSv1.2"}, {TlsVersion::v1_3, "TLSv1.3"}})
ZOOM_PROXY_NAMES(EgressGuard, {{EgressGuard::redact, "redact"},
                               {EgressGuard::log, "log"},
                               {EgressGuard::off, "off"}})
ZOOM_PROXY_NAMES(UrlTokenError,
                 {{UrlTokenError::conflict, "409"}, {UrlTokenError::server_error, "500"}})
ZOOM_PROXY_NAMES(LogFormat, {{LogFormat::json, "json"}, {LogFormat::console, "console"}})
ZOOM_PROXY_NAMES(LogLevel, {{LogLevel::debug, "debug"},
                            {LogLevel::info, "info"},
                            {LogLevel::warning, "warning"},
                            {LogLevel::error, "error"}})
#undef ZOOM_PROXY_NAMES

std::size_t parse_name(std::string_view text, std::span<const std::string_view> names) {
  std::string allowed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (same_name(text, names[i])) return i;
    if (i > 0) allowed += i + 1 == names.size() ? " or " : ", ";
    allowed += names[i];
  }
  refuse("must be " + allowed + did_you_mean(text, names));
}

void check_not_empty(std::string_view text) {
  if (text.empty()) refuse("must not be empty");
}

void check_ip_address(std::string_view text) {
  const std::string name(text);
  in6_addr address{};  // large enough for either family
  if (inet_pton(AF_INET, name.c_str(), &address) != 1 &&
      inet_pton(AF_INET6, name.c_str(), &address) != 1)
    refuse("must be an IP address of this machine, or 0.0.0.0 or :: for all of them");
}

bool is_loopback(std::string_view address) {
  const std::string name(address);
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return inet_pton(AF_INET6, name.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

void check_https_url(std::string_view text) { (void)parse_https(text); }

void check_token_url(std::string_view text) {
  if (parse_https(text).encoded_path().empty()) refuse("must have a path, as in /oauth/token");
}

void check_plain_text(std::string_view text) {
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }))
    refuse("must be visible ASCII characters without blanks");
}

void check_directory(std::string_view text) {
  if (text.find("://") != std::string_view::npos)
    refuse(
        "must be a directory, not a bucket's URL: mount the bucket (gcsfuse, a "
        "volume of Cloud Run or Kubernetes) and name the mount's directory, such as /mnt/output");
  if (!text.empty() && !text.starts_with('/'))
    refuse("must be an absolute path, such as /mnt/output");
  check_plain_text(text);
}

void check_sha256(std::string_view text) {
  const bool hex = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || text.size() != 64)
    refuse(
        "must hold SHA-256 hashes: 64 digits 0-9 and a-f each, as `printf %s TOKEN | sha256sum` "
        "prints them");
}

}  // namespace zoom_proxy
