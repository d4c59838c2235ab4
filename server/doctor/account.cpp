#include "server/doctor/account.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;

/// Of users those with a licence come first: others have no reports.
constexpr std::int64_t kLicensed = 2;

/// A member that is a string or a whole number; else empty.
std::string text_of(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  return value->is_int64() ? std::to_string(value->get_int64()) : std::string();
}

bool is_licensed(const json::object& row) {
  const json::value* type = row.if_contains("type");
  return type != nullptr && type->is_int64() && type->get_int64() == kLicensed;
}

/// Zoom wants a UUID encoded twice when it begins with a slash or holds two.
std::string encoded_instance(const std::string& uuid) {
  const bool twice = uuid.starts_with('/') || uuid.find("//") != std::string::npos;
  return twice ? percent_encode(percent_encode(uuid)) : percent_encode(uuid);
}

void keep(std::vector<std::string>& names, std::string name) {
  if (!name.empty() && names.size() < Account::kTries) names.push_back(std::move(name));
}

}  // namespace

void Account::learn(Listed listed, std::string_view body) {
  if (listed == Listed::nothing) return;
  json::error_code error;
  const json::value parsed = json::parse({body.data(), body.size()}, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* list =
      answer == nullptr ? nullptr
                        : answer->if_contains(listed == Listed::users ? "users" : "meetings");
  if (list == nullptr || !list->is_array()) return;
  std::vector<const json::object*> rows;
  for (const json::value& row : list->get_array()) {
    if (row.is_object()) rows.push_back(&row.get_object());
  }
  if (listed == Listed::users) {
    std::ranges::stable_partition(rows, [](const json::object* row) { return is_licensed(*row); });
  }
  Ids& ids = listed == Listed::users ? users_ : listed == Listed::meetings ? meetings_ : past_;
  ids.listed = true;
  for (const json::object* row : rows) {
    keep(ids.names, percent_encode(text_of(*row, "id")));
    if (listed != Listed::users) keep(ids.instances, encoded_instance(text_of(*row, "uuid")));
  }
}

bool Account::has(Listed listed) const {
  switch (listed) {
    case Listed::users:
      return !users_.names.empty();
    case Listed::meetings:
      return !meetings_.names.empty();
    case Listed::past_meetings:
      return !past_.instances.empty();
    case Listed::nothing:
      break;
  }
  return true;
}

std::vector<std::string> Account::segments(Id id) const {
  switch (id) {
    case Id::user:
      return users_.names;
    case Id::meeting:
      return meetings_.names.empty() ? past_.names : meetings_.names;
    case Id::past_meeting:
      return past_.names;
    case Id::past_instance:
      return past_.instances;
    case Id::none:
      break;
  }
  return {""};
}

std::string Account::why_none(Id id) const {
  if (id == Id::user) {
    return users_.listed ? "the account has no active user"
                         : "no user is known, for lack of an answer from GET /v2/users";
  }
  const bool listed = past_.listed || (id == Id::meeting && meetings_.listed);
  if (!listed) return "no meeting is known, for lack of an answer from a call that lists them";
  return id == Id::meeting ? "the users that were tried have no meeting"
                           : "the users that were tried had no meeting in the last 30 days";
}

}  // namespace zoom_proxy
