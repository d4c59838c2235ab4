// The pages: rows of users and participants.

#include "tests/bench/documents.hpp"

#include <array>
#include <boost/json.hpp>
#include <string_view>

#include "tests/bench/dice.hpp"

namespace zoom_proxy::bench {
namespace {

namespace json = boost::json;

json::object user(Dice& dice) {
  constexpr std::array<std::string_view, 3> kZones = {"Europe/Berlin", "America/New_York",
                                                      "Asia/Tokyo"};
  const Person who = person(dice);
  const std::string created = dice.time();
  json::object user{{"id", who.id},
                    {"first_name", who.given},
                    {"last_name", who.family},
                    {"display_name", who.name()},
                    {"email", who.email},
                    {"type", dice.between(1, 2)},
                    {"pmi", dice.between(2'000'000'000, 9'999'999'999)},
                    {"timezone", dice.pick(kZones)},
                    {"verified", 1},
                    {"dept", dice.one_in(4) ? "" : "Research & Development"},
                    {"created_at", created}};
  if (!dice.one_in(16)) {  // Zoom has neither for who never logged in
    user["last_login_time"] = dice.time();
    user["last_client_version"] = "5.17.11.34827(win)";
  }
  if (!dice.one_in(4)) user["pic_url"] = "https://corp.example/p/v2/" + dice.text(43);
  user["language"] = "en-US";
  user["phone_number"] = "";
  user["group_ids"] = {dice.text(22)};
  user["im_group_ids"] = {dice.text(22)};
  user["status"] = "active";
  user["role_id"] = "2";
  user["employee_unique_id"] = "E" + std::to_string(dice.between(10'000, 99'999));
  user["user_created_at"] = created;
  user["plan_united_type"] = "1";
  return user;
}

json::object participant(Dice& dice, bool report) {
  const Person who = person(dice);
  const bool guest = dice.one_in(3);
  const std::string id = guest ? "" : who.id;
  json::object out{{"id", id},
                   {"user_id", std::to_string(dice.between(16'777'216, 16'999'999))},
                   {"name", who.name()},
                   {"user_email", guest && !dice.one_in(4) ? "" : who.email},
                   {"join_time", dice.time()},
                   {"leave_time", dice.time()},
                   {"duration", dice.between(10, 7'200)},
                   {"registrant_id", dice.text(22)},
                   {"failover", false},
                   {"status", "in_meeting"}};
  if (report) {
    out["customer_key"] = dice.text(12);
    out["bo_mtg_id"] = dice.text(16);
    out["participant_user_id"] = id;
  } else {
    out["internal_user"] = !guest;
  }
  return out;
}

std::string page(std::size_t count, std::string_view rows_name, json::array rows) {
  return json::serialize(json::object{{"page_count", 1},
                                      {"page_number", 1},
                                      {"page_size", count},
                                      {"total_records", count},
                                      {"next_page_token", ""},
                                      {rows_name, std::move(rows)}});
}

}  // namespace

std::string list_users(std::uint64_t seed, std::size_t count) {
  Dice dice(seed);
  json::array rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(user(dice));
  return page(count, "users", std::move(rows));
}

std::string participants(std::uint64_t seed, std::size_t count, bool report) {
  Dice dice(seed);
  json::array rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(participant(dice, report));
  return page(count, "participants", std::move(rows));
}

}  // namespace zoom_proxy::bench
