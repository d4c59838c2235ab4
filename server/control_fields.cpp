#include "server/control_fields.hpp"

#include <algorithm>
#include <array>

#include "rules/format/encoding.hpp"
#include "server/failure.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kHealthCheck = "X-Psoxy-Health-Check";
constexpr std::string_view kPseudonymImplementation = "X-Psoxy-Pseudonym-Implementation";
constexpr std::string_view kSkipSanitizer = "X-Psoxy-Skip-Sanitizer";
constexpr std::string_view kUserToImpersonate = "X-Psoxy-User-To-Impersonate";
constexpr std::string_view kTargetPath = "X-Psoxy-TargetPath";
constexpr std::string_view kTargetQuery = "X-Psoxy-TargetQuery";
constexpr std::array kControlFields{kPseudonymImplementation, kSkipSanitizer, kUserToImpersonate,
                                    kTargetPath, kTargetQuery};

/// The one way of making pseudonyms that there is, by the name it has in this field.
constexpr std::string_view kOnlyImplementation = "v0.4";

constexpr std::size_t kLongestTarget = 4096;

[[noreturn]] void refuse(std::string_view field, const char* why) {
  throw Failure(Cause::invalid_request, std::string(field) + ' ' + why);
}

/// The value of a target field, or nothing when it is absent.
std::optional<std::string_view> target_field(const RequestHead& head, std::string_view name) {
  const auto value = head.fields.find(name);
  if (!value) return std::nullopt;
  if (value->size() > kLongestTarget) refuse(name, "is longer than 4096 characters");
  const bool clean =
      std::ranges::all_of(*value, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (!clean) refuse(name, "may hold only visible ASCII characters, and no `#`");
  return value;
}

/// The path of which the rules speak.
std::string_view without_prefix(std::string_view path, std::string_view prefix) {
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty() || !path.starts_with('/')) return path;
  std::string_view rest = path.substr(1);
  if (!rest.starts_with(prefix)) return path;
  rest.remove_prefix(prefix.size());
  if (rest.empty()) return "/";
  return rest.front() == '/' ? rest : path;
}

}  // namespace

HealthCheck asked_health_check(const Fields& from_client) {
  const auto value = from_client.find(kHealthCheck);
  if (!value) return HealthCheck::none;
  const bool deep = from_client.count(kHealthCheck) == 1 && ascii_iequals(trimmed(*value), "deep");
  return deep ? HealthCheck::deep : HealthCheck::plain;
}

bool asks_to_skip_sanitizer(const Fields& from_client) {
  const auto skip = from_client.find(kSkipSanitizer);
  return skip && ascii_iequals(*skip, "true");
}

void check_control_fields(const Fields& from_client, const TokenCodec& codec,
                          bool development_mode) {
  for (const std::string_view name : kControlFields) {
    if (from_client.count(name) > 1) refuse(name, "is there twice");
  }
  const auto implementation = from_client.find(kPseudonymImplementation);
  if (implementation && *implementation != kOnlyImplementation) {
    refuse(kPseudonymImplementation, "must be `v0.4`, or be left out");
  }
  if (!development_mode && asks_to_skip_sanitizer(from_client)) {
    refuse(kSkipSanitizer,
           "may be `true` only where development_mode is set, every answer is sanitized; leave the "
           "field out");
  }
  const auto user = from_client.find(kUserToImpersonate);
  if (user && !decode_tokens(*user, codec, false)) {
    throw Failure(Cause::tokenized_request_parameter_invalid,
                  "a token in X-Psoxy-User-To-Impersonate does not decode");
  }
}

std::string requested_target(const RequestHead& head, std::string_view path_prefix) {
  const std::string_view whole = head.target;
  const std::size_t mark = std::min(whole.find('?'), whole.size());
  std::string_view path = whole.substr(0, mark);
  std::string query(whole.substr(mark));
  if (const auto value = target_field(head, kTargetPath)) {
    if (!value->starts_with('/') || value->find('?') != value->npos) {
      refuse(kTargetPath, "must be a path that begins with `/`, without `?`");
    }
    path = *value;
  }
  if (auto value = target_field(head, kTargetQuery)) {
    if (value->starts_with('?')) value->remove_prefix(1);
    query.clear();
    if (!value->empty()) query.append(1, '?').append(*value);
  }
  return std::string(without_prefix(path, path_prefix)) + query;
}

}  // namespace zoom_proxy
