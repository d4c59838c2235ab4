#include "rules/zoom_api.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <optional>

#include "rules/zoom_scopes.hpp"

namespace zoom_proxy {
namespace {

/// A raw message that begins with `prefix` and ends with `suffix` (a last full stop left out),
/// whatever stands between (an id, an address, nothing), is answered with `safe`.
struct Template {
  std::string_view prefix;
  std::string_view suffix;
  std::string_view safe;
};

// The first row that fits wins.
constexpr Template kTemplates[] = {
    // Access tokens
    {"Invalid access token, this access token is not supported as query parameter string", "",
     "Invalid access token, this access token is not supported as query parameter string."},
    {"Invalid access token, does not contain scope", "",
     "Invalid access token, does not contain the scopes that this call needs."},
    {"Invalid access token", "", "Invalid access token."},
    {"Access token is expired", "", "Access token is expired."},
    {"Requires an access token", "", "Requires an access token."},
    // What the account may do
    {"Only available for paid account", "", "Only available for paid accounts."},
    {"Only available for Paid user", "", "Only available for paid users."},
    {"No permission", "", "No permission."},
    {"Your user account is not allowed meeting hosting and scheduling capabilities", "",
     "Your user account is not allowed meeting hosting and scheduling capabilities."},
    // Parameters
    {"Validation Failed", "", "Validation Failed."},
    {"The next page token is invalid or expired", "", "The next page token is invalid or expired."},
    {"This API endpoint is not recognized", "", "This API endpoint is not recognized."},
    // Users
    {"User does not exist", "", "User does not exist."},
    {"User not belong to this account", "", "User does not belong to this account."},
    {"User ", " not exist or not belong to this account",
     "User does not exist or does not belong to this account."},
    // Meetings
    {"Invalid meeting id", "", "Invalid meeting id."},
    {"Cannot access meeting information", "", "Cannot access meeting information."},
    {"Can not access a meeting a year ago", "", "Can not access a meeting a year ago."},
    {"Cannot access webinar info", "", "Cannot access webinar info."},
    {"Can not access webinar info", "", "Cannot access webinar info."},
    {"Meeting does not exist", "", "Meeting does not exist."},
    {"Meeting ", " is not found or has expired", "Meeting is not found or has expired."},
    {"This meeting is not available or the meeting ID is invalid", "",
     "This meeting is not available or the meeting ID is invalid."},
    {"The meeting ID is invalid or the meeting has not ended", "",
     "The meeting ID is invalid or the meeting has not ended."},
    {"There is no recording for this session", "", "There is no recording for this session."},
    // Rate limits
    {"You have reached the maximum per-second rate limit for this API", "",
     "You have reached the maximum per-second rate limit for this API. Try again later."},
    {"You have reached the maximum daily rate limit for this API", "",
     "You have reached the maximum daily rate limit for this API. Refer to the response header for "
     "details on when you can make another request."},
    {"You have exceeded the daily rate limit", "", "You have exceeded a daily rate limit."},
    {"Too many concurrent requests", "", "Too many concurrent requests. Try again later."},
};

/// What a code says when its message is not among the templates.
struct CodeMeaning {
  std::string_view code;
  std::string_view safe;
};

constexpr CodeMeaning kCodes[] = {
    {"104", "Invalid access token, does not contain the scopes that this call needs."},
    {"124", "Invalid access token."},
    {"200", "No permission."},
    {"300", "Validation Failed."},
    {"429", "Zoom's rate limit is reached. Try again later."},
    {"1001", "User does not exist."},
    {"1010", "User does not exist or does not belong to this account."},
    {"1120", "The invitation was not found or has expired."},
    {"2300", "This API endpoint is not recognized."},
    {"3000", "Cannot access webinar info."},
    {"3001", "Meeting does not exist."},
    {"3161", "Your user account is not allowed meeting hosting and scheduling capabilities."},
    {"3301", "There is no recording for this session."},
    {"4700", "Invalid access token."},
    {"4711", "Invalid access token, does not contain the scopes that this call needs."},
    {"12702", "Can not access a meeting a year ago."},
};

constexpr std::size_t kCodeDigits = 9;      // meeting ids have ten or eleven
constexpr std::size_t kScopesChars = 2000;  // all that we need have about 600

/// The message about missing scopes, if that is what `raw` is and its list holds scopes alone.
std::optional<std::string> scopes_message(std::string_view raw) {
  constexpr std::string_view kBegin = "Invalid access token, does not contain scopes:[";
  if (!raw.starts_with(kBegin)) return std::nullopt;
  if (raw.ends_with('.')) raw.remove_suffix(1);
  if (!raw.ends_with(']') || raw.size() > kScopesChars) return std::nullopt;
  std::string_view list = raw.substr(kBegin.size(), raw.size() - kBegin.size() - 1);
  for (bool more = true; more;) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    if (!is_scope(list.substr(0, comma))) return std::nullopt;
    if (more) list.remove_prefix(comma + 1);
    if (more && list.starts_with(' ')) list.remove_prefix(1);
  }
  return std::string(raw) + '.';
}

std::string_view meaning_of_status(unsigned status) noexcept {
  switch (status) {
    case 401:
      return "Zoom refused the access token.";
    case 403:
      return "Zoom refused the request: no permission.";
    case 404:
      return "Zoom does not know what was asked for.";
    case 429:
      return "Zoom's rate limit is reached. Try again later.";
    default:
      return status >= 500 ? "Zoom failed to answer. Try again later."
                           : "Zoom refused the request.";
  }
}

bool is_code(std::string_view code) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool number = !code.empty() && std::all_of(code.begin(), code.end(), is_digit);
  // JSON has no leading zeros.
  return number && code.size() <= kCodeDigits && (code.size() == 1 || code[0] != '0');
}

}  // namespace

std::string zoom_error_message(unsigned status, std::string_view code, std::string_view raw) {
  if (const std::optional<std::string> scopes = scopes_message(raw)) return *scopes;
  if (raw.ends_with('.')) raw.remove_suffix(1);
  for (const Template& row : kTemplates) {
    if (raw.size() >= row.prefix.size() + row.suffix.size() && raw.starts_with(row.prefix) &&
        raw.ends_with(row.suffix)) {
      return std::string(row.safe);
    }
  }
  for (const CodeMeaning& row : kCodes) {
    if (code == row.code) return std::string(row.safe);
  }
  return std::string(meaning_of_status(status));
}

std::string zoom_error_body(unsigned status, std::string_view code, std::string_view raw_message) {
  std::string body = "{";
  if (is_code(code)) body.append("\"code\":").append(code).append(",");
  body += "\"message\":";
  body += boost::json::serialize(
      boost::json::string_view(zoom_error_message(status, code, raw_message)));
  return body + "}";
}

}  // namespace zoom_proxy
