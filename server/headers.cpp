#include "server/headers.hpp"

#include <algorithm>
#include <array>

#include "rules/format/encoding.hpp"
#include "rules/identity/email.hpp"
#include "server/failure.hpp"
#include "server/http_syntax.hpp"
#include "server/retry_after.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {

/// Identifiers shorter than this name nobody; dropping every value that holds them helps nobody.
constexpr std::size_t kShortestIdentifier = 4;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// 1 to `longest` characters: letters, digits and those of `also`.
bool plain(std::string_view text, std::size_t longest, std::string_view also) {
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
    return alphanumeric(c) || also.find(c) != std::string_view::npos;
  });
}

bool is_date(std::string_view v) { return plain(v, 40, " ,:+-."); }
bool is_cache_control(std::string_view v) { return plain(v, 256, " ,=-"); }
bool is_entity_tag(std::string_view v) { return plain(v, 256, "\"/+=_.:-"); }
bool is_rate_limit(std::string_view v) { return plain(v, 64, " ._:-"); }
bool is_link(std::string_view v) {
  return v.size() <= 2048 && std::ranges::all_of(v, [](char c) { return c >= ' ' && c <= '~'; });
}

constexpr std::string_view kRetryAfter = "retry-after";

struct Row {
  std::string_view name;  ///< lower case; one that ends in `-` stands for all that begin so
  bool (*looks_right)(std::string_view value);
};
constexpr std::array kFromZoom{
    Row{"cache-control", is_cache_control}, Row{"etag", is_entity_tag}, Row{"expires", is_date},
    Row{"last-modified", is_date},          Row{"link", is_link},       Row{kRetryAfter, is_date},
    Row{"x-ratelimit-", is_rate_limit},
};

const Row* find_row(std::string_view lower_name) {
  for (const Row& row : kFromZoom) {
    if (row.name.ends_with('-') ? lower_name.starts_with(row.name) && plain(lower_name, 64, "-")
                                : lower_name == row.name) {
      return &row;
    }
  }
  return nullptr;
}

bool is_personal(std::string_view value, std::span<const std::string> identifiers) {
  const auto holds_identifier = [&](std::string_view text) {
    return std::ranges::any_of(identifiers, [&](const std::string& identifier) {
      return identifier.size() >= kShortestIdentifier && text.find(identifier) != text.npos;
    });
  };
  // Zoom's UUIDs are encoded twice in URLs.
  const std::string once = percent_decode(value);
  const std::string twice = percent_decode(once);
  return std::ranges::any_of(std::array<std::string_view, 3>{value, once, twice}, [&](auto text) {
    return find_email(text) != std::string_view::npos || holds_identifier(text);
  });
}

/// False when a `charset` parameter names anything but UTF-8 or its subset.
bool charset_is_utf8(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view one = take_part(parameters, ';');
    const std::size_t equals = one.find('=');
    if (equals == one.npos || !ascii_iequals(trimmed(one.substr(0, equals)), "charset")) continue;
    std::string_view value = trimmed(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!ascii_iequals(value, "utf-8") && !ascii_iequals(value, "utf8") &&
        !ascii_iequals(value, "us-ascii")) {
      return false;
    }
  }
  return true;
}

/// Fields that are never a client's to set, whatever the rules say: they frame the message or name
/// us to Zoom.
constexpr std::array<std::string_view, 14> kNeverForwarded{"authorization",
                                                           "connection",
                                                           "content-encoding",
                                                           "content-length",
                                                           "cookie",
                                                           "expect",
                                                           "host",
                                                           "keep-alive",
                                                           "proxy-authorization",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "accept-encoding"};

bool allowed_by_rules(std::string_view name, const RuleSet& rules, const Endpoint& endpoint) {
  const auto listed = [&](const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [&](const std::string& n) { return ascii_iequals(n, name); });
  };
  return listed(rules.allowed_request_headers) || listed(endpoint.allowed_request_headers);
}

}  // namespace

std::optional<std::string> utf8_media_type(const Fields& fields) {
  const auto field = fields.find("content-type");
  if (!field) return std::string();
  std::string_view parameters = *field;
  std::string type = ascii_lower(take_part(parameters, ';'));
  // One that is there but names nothing is not the same as none.
  if (type.empty() || fields.count("content-type") > 1 || !charset_is_utf8(parameters)) {
    return std::nullopt;
  }
  return type;
}

bool is_json_type(std::string_view media_type) noexcept {
  return media_type == "application/json" ||
         (media_type.starts_with("application/") && media_type.ends_with("+json"));
}

BodyType body_type(const Fields& from_zoom) {
  const auto type = utf8_media_type(from_zoom);
  if (!type) return BodyType::other;
  if (type->empty()) return BodyType::none;
  if (*type == "application/x-ndjson" || *type == "application/ndjson") return BodyType::ndjson;
  return is_json_type(*type) ? BodyType::json : BodyType::other;
}

Fields response_fields(const Fields& from_zoom, std::span<const std::string> identifiers,
                       std::chrono::system_clock::time_point now) {
  Fields out;
  for (const auto& [name, value] : from_zoom) {
    const std::string lower = ascii_lower(name);
    const Row* const row = find_row(lower);
    if (!row || !row->looks_right(value) || is_personal(value, identifiers)) continue;
    if (lower != kRetryAfter) {
      out.add(lower, value);
    } else if (const auto seconds = retry_after_seconds(value, now)) {
      out.add(lower, std::to_string(*seconds));
    }
  }
  return out;
}

void add_metadata_fields(const Engine& engine, Fields& out) {
  out.add("X-Psoxy-Rules-SHA", engine.rules_sha());
  out.add("X-Psoxy-Psoxy-Version", "v" + std::string(kVersion));
  out.add("X-Psoxy-PII-Salt-Sha256", engine.codec().salt_fingerprint());
}

Fields request_fields(const Fields& from_client, const Engine& engine, std::size_t endpoint,
                      std::vector<std::string>& identifiers) {
  Fields out;
  const RuleSet& rules = engine.rules();
  for (const auto& [name, value] : from_client) {
    const std::string lower = ascii_lower(name);
    if (std::ranges::find(kNeverForwarded, lower) != kNeverForwarded.end()) continue;
    if (lower.starts_with("x-psoxy-")) continue;  // control fields end here
    if (!allowed_by_rules(lower, rules, rules.endpoints[endpoint])) continue;
    auto decoded = decode_tokens(value, engine.codec(), false);
    const bool safe = decoded && std::ranges::all_of(decoded->text, [](char c) {
                        return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
                      });
    if (!safe) {
      throw Failure(Cause::tokenized_request_parameter_invalid,
                    "a token in a request header does not decode");
    }
    out.add(name, std::move(decoded->text));
    std::ranges::move(decoded->values, std::back_inserter(identifiers));
  }
  return out;
}

}  // namespace zoom_proxy
