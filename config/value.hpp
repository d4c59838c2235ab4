#pragma once
// The types that a setting may have: text -> value, and back as YAML. Texts that do not fit throw
// std::invalid_argument with what the value must be; never with the value, which may be a secret.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"

namespace zoom_proxy {

void parse_value(std::string_view text, const Setting::Traits& traits, std::string& value);
void parse_value(std::string_view text, const Setting::Traits& traits, Secret& value);
void parse_value(std::string_view text, const Setting::Traits& traits, std::vector<Secret>& value);
void parse_value(std::string_view text, const Setting::Traits& traits,
                 std::vector<std::string>& value);
void parse_value(std::string_view text, const Setting::Traits& traits, std::vector<IpBlock>& value);
void parse_value(std::string_view text, const Setting::Traits& traits, std::uint16_t& value);
void parse_value(std::string_view text, const Setting::Traits& traits, std::size_t& value);
void parse_value(std::string_view text, const Setting::Traits& traits, Seconds& value);
void parse_value(std::string_view text, const Setting::Traits& traits, bool& value);

[[nodiscard]] std::string value_text(const std::string& value);
[[nodiscard]] std::string value_text(const Secret& value);
[[nodiscard]] std::string value_text(const std::vector<Secret>& value);
[[nodiscard]] std::string value_text(const std::vector<std::string>& value);
[[nodiscard]] std::string value_text(const std::vector<IpBlock>& value);
[[nodiscard]] std::string value_text(std::uint16_t value);
[[nodiscard]] std::string value_text(std::size_t value);
[[nodiscard]] std::string value_text(Seconds value);
[[nodiscard]] std::string value_text(bool value);

// An enumeration: its names, and the two functions made from them.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};

[[nodiscard]] std::span<const EnumName<InboundAuthMode>> names_of(InboundAuthMode);
[[nodiscard]] std::span<const EnumName<PseudonymAlgorithm>> names_of(PseudonymAlgorithm);
[[nodiscard]] std::span<const EnumName<EmailCanonicalization>> names_of(EmailCanonicalization);
[[nodiscard]] std::span<const EnumName<EmailDomain>> names_of(EmailDomain);
[[nodiscard]] std::span<const EnumName<TlsVersion>> names_of(TlsVersion);
[[nodiscard]] std::span<const EnumName<EgressGuard>> names_of(EgressGuard);
[[nodiscard]] std::span<const EnumName<LogFormat>> names_of(LogFormat);
[[nodiscard]] std::span<const EnumName<UrlTokenError>> names_of(UrlTokenError);
[[nodiscard]] std::span<const EnumName<LogLevel>> names_of(LogLevel);

/// The index of `text` among `names`, in any letter case; throws with the allowed names.
[[nodiscard]] std::size_t parse_name(std::string_view text,
                                     std::span<const std::string_view> names);

template <class E>
requires std::is_enum_v<E>
void parse_value(std::string_view text, const Setting::Traits&, E& value) {
  std::vector<std::string_view> names;
  for (const auto& row : names_of(E{})) names.push_back(row.name);
  value = names_of(E{})[parse_name(text, names)].value;
}

template <class E>
requires std::is_enum_v<E>
[[nodiscard]] std::string value_text(E value) {
  for (const auto& row : names_of(E{}))
    if (row.value == value) return std::string(row.name);
  throw std::logic_error("an enumerator without a name");
}

// Checks for Setting::Traits.
void check_not_empty(std::string_view text);
void check_ip_address(std::string_view text);
/// https and a host; no user, query or fragment.
void check_https_url(std::string_view text);
/// The same, and a path.
void check_token_url(std::string_view text);
/// 64 lower-case hexadecimal digits.
void check_sha256(std::string_view text);
/// Visible ASCII without blanks, as it stands in header fields, or empty.
void check_plain_text(std::string_view text);
/// The same, and an absolute path; says what to do about a bucket's URL.
void check_directory(std::string_view text);

/// True when nobody outside this machine reaches the IP address: 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace zoom_proxy
