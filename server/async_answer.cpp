#include "server/async_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <ctime>

#include "rules/format/encoding.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kRespondAsync = "respond-async";

/// Where the first preference of a list ends: a comma, but not one inside quotes.
std::size_t preference_end(std::string_view list) {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\') {
      ++i;
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == ',' && !quoted) {
      return i;
    }
  }
  return list.size();
}

/// RFC 3339, which is ISO 8601: `2026-01-31T23:59:59.123Z`.
std::string time_text(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  char milliseconds[8];
  std::snprintf(milliseconds, sizeof milliseconds, ".%03dZ", static_cast<int>(rest.count()));
  return std::string(text) + milliseconds;
}

}  // namespace

bool prefers_async(const Fields& from_client) {
  for (const auto& [name, value] : from_client) {
    if (!ascii_iequals(name, "prefer")) continue;
    for (std::string_view list = value; !list.empty();) {
      const std::size_t end = preference_end(list);
      std::string_view preference = list.substr(0, end);
      if (ascii_iequals(take_part(preference, ';'), kRespondAsync)) return true;
      list.remove_prefix(std::min(end + 1, list.size()));
    }
  }
  return false;
}

void begin_async_answer(const Settings::Output& output, std::string_view request_id,
                        std::string_view key, std::chrono::system_clock::time_point received,
                        ResponseWriter& writer) {
  std::string location = output.async_url.empty() ? output.async_directory : output.async_url;
  while (location.ends_with('/')) location.pop_back();
  location += '/';
  location += key;
  boost::json::object body;
  body["requestId"] = request_id;
  body["requestReceivedAt"] = time_text(received);
  body["async"] = true;
  body["asyncOutputLocation"] = location;
  body["sanitizedOutputKey"] = key;
  Fields fields;
  fields.add("Content-Type", "application/json; charset=utf-8");
  fields.add("Location", std::move(location));
  fields.add("Preference-Applied", std::string(kRespondAsync));
  writer.close_after();
  writer.begin(202, std::move(fields));
  writer.body() += boost::json::serialize(body);
}

}  // namespace zoom_proxy
