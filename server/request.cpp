#include "server/request.hpp"

#include <algorithm>
#include <array>

#include "rules/format/encoding.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

/// Where a piece of a target ends; no token holds one of these.
constexpr std::string_view kDelimiters = "/?&=;";

/// What the peer takes for "no content coding": some clients put the charset there.
constexpr std::array<std::string_view, 10> kCharsetNames{
    "utf-8",    "utf8",       "utf_8",      "ascii",  "us-ascii",
    "us_ascii", "iso-8859-1", "iso_8859_1", "latin1", "latin-1"};

bool is_target_character(char c) { return c > ' ' && c < '\x7f' && c != '#'; }

/// Safe to repeat to the client and in the log: a name as Zoom's are, no address, id or number.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::string refusal_text(const RouteRefusal& refusal) {
  switch (refusal.reason) {
    case RouteRefusal::Reason::path:
      return "no endpoint of the rules has this path";
    case RouteRefusal::Reason::method:
      return "the rules do not allow this method on this path";
    case RouteRefusal::Reason::query:
      if (refusal.query_name == ";") return "the query holds a `;`, write `&` or `%3B`";
      return is_plain_name(refusal.query_name)
                 ? "the rules do not allow the query parameter `" + refusal.query_name +
                       "` here, or not with this value, or ask for it"
                 : "the rules do not allow one of the query parameters here";
    case RouteRefusal::Reason::target:
      return "the path holds a dot segment, or the target is too long";
  }
  return "no endpoint of the rules fits";
}

std::size_t match_or_refuse(const Engine& engine, std::string_view method, std::string_view target,
                            bool tokens_decoded) {
  auto result = engine.match(method, target, tokens_decoded);
  if (auto* refusal = std::get_if<RouteRefusal>(&result)) {
    if (tokens_decoded) refusal->query_name.clear();  // it may be what a token holds
    throw Failure(Cause::blocked_by_rules, refusal_text(*refusal));
  }
  return std::get<RouteMatch>(result).endpoint;
}

/// Decodes piece by piece, so that the plain values are known one by one.
CheckedTarget decode_target(const Engine& engine, std::string_view target, Cause bad_token) {
  CheckedTarget out;
  out.upstream.reserve(target.size());
  while (!target.empty()) {
    const std::size_t end = std::min(target.find_first_of(kDelimiters), target.size());
    auto decoded = decode_tokens(target.substr(0, end), engine.codec(), true);
    if (!decoded) throw Failure(bad_token, "a token in the URL does not decode");
    for (std::string& value : decoded->values) out.identifiers.push_back(std::move(value));
    out.upstream += decoded->text;
    if (end < target.size()) out.upstream += target[end];
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return out;
}

void check_content_encoding(const Fields& fields) {
  for (const auto& [name, value] : fields) {
    if (ascii_iequals(name, "content-encoding") &&
        std::ranges::find(kCharsetNames, ascii_lower(value)) == kCharsetNames.end()) {
      throw Failure(Cause::invalid_request, "request bodies may not be compressed");
    }
  }
}

}  // namespace

void check_https(const Fields& from_client) {
  for (const auto& [name, value] : from_client) {
    if (ascii_iequals(name, "x-forwarded-proto") && !ascii_iequals(value, "https")) {
      throw Failure(Cause::https_required, "X-Forwarded-Proto is not `https`");
    }
  }
}

void check_head(const RequestHead& head) {
  if (!head.target.starts_with('/') || !std::ranges::all_of(head.target, is_target_character)) {
    throw Failure(Cause::invalid_request,
                  "the request target must be a path in ASCII that begins with `/`");
  }
  check_content_encoding(head.fields);
  if (head.has_body && (head.method == "GET" || head.method == "HEAD")) {
    throw Failure(Cause::invalid_request, "a GET or HEAD request may not have a body");
  }
}

CheckedTarget check_target(const Engine& engine, std::string_view method, std::string_view target,
                           Cause bad_token) {
  while (target.starts_with("//")) target.remove_prefix(1);  // as the rules read it
  const std::size_t endpoint = match_or_refuse(engine, method, target, false);
  CheckedTarget checked = decode_target(engine, target, bad_token);
  checked.endpoint = endpoint;
  // The rules judged the tokens; what goes to Zoom is what was inside them.
  if (!checked.identifiers.empty() &&
      match_or_refuse(engine, method, checked.upstream, true) != endpoint) {
    throw Failure(Cause::blocked_by_rules, "a token in the URL holds another endpoint's path");
  }
  return checked;
}

}  // namespace zoom_proxy
