// One meeting with its settings.

#include "tests/bench/documents.hpp"

#include <array>
#include <boost/json.hpp>
#include <string_view>

#include "tests/bench/dice.hpp"

namespace zoom_proxy::bench {
namespace {

namespace json = boost::json;

json::object dial_in_number(Dice& dice) {
  constexpr std::array<std::string_view, 4> kCities = {"New York", "San Jose", "Zürich", ""};
  return {{"country_name", "US"},
          {"city", dice.pick(kCities)},
          {"number", "+1 " + std::to_string(dice.between(2'000'000'000, 9'999'999'999))},
          {"type", "toll"},
          {"country", "US"}};
}

json::object settings(Dice& dice, const Person& host, std::size_t dial_in_numbers) {
  const Person guest = person(dice);
  json::array numbers;
  for (std::size_t i = 0; i < dial_in_numbers; ++i) numbers.push_back(dial_in_number(dice));
  json::object settings{{"host_video", true},
                        {"participant_video", false},
                        {"cn_meeting", false},
                        {"in_meeting", false},
                        {"join_before_host", true},
                        {"jbh_time", 0},
                        {"mute_upon_entry", true},
                        {"watermark", false},
                        {"use_pmi", false},
                        {"approval_type", 2},
                        {"audio", "both"},
                        {"auto_recording", "cloud"},
                        {"enforce_login", false},
                        {"enforce_login_domains", ""},
                        {"alternative_hosts", guest.email},
                        {"alternative_host_update_polls", false},
                        {"close_registration", false},
                        {"show_share_button", true},
                        {"allow_multiple_devices", false},
                        {"registrants_confirmation_email", true},
                        {"waiting_room", true},
                        {"request_permission_to_unmute_participants", false}};
  if (!numbers.empty()) settings["global_dial_in_numbers"] = std::move(numbers);
  settings["contact_name"] = host.name();
  settings["contact_email"] = host.email;
  settings["meeting_invitees"] = {json::object{{"email", guest.email}, {"internal_user", false}}};
  settings["registrants_email_notification"] = true;
  settings["meeting_authentication"] = false;
  settings["encryption_type"] = "enhanced_encryption";
  settings["breakout_room"] = json::object{{"enable", false}};
  settings["focus_mode"] = false;
  settings["email_notification"] = true;
  settings["device_testing"] = false;
  return settings;
}

}  // namespace

std::string meeting(std::uint64_t seed, std::size_t dial_in_numbers) {
  Dice dice(seed);
  const Person host = person(dice);
  return json::serialize(
      json::object{{"uuid", dice.text(22) + "=="},
                   {"id", dice.between(80'000'000'000, 89'999'999'999)},
                   {"host_id", host.id},
                   {"host_email", host.email},
                   {"topic", "Weekly: \"numbers\" \\ Übergabe"},
                   {"type", 2},
                   {"status", "waiting"},
                   {"start_time", dice.time()},
                   {"duration", 60},
                   {"timezone", "Europe/Berlin"},
                   {"agenda", "Ask " + host.name() + ".\nThen: the plan."},
                   {"created_at", dice.time()},
                   {"start_url", "https://corp.example/s/1?zak=" + dice.text(400)},
                   {"join_url", "https://corp.example/j/1?pwd=" + dice.text(32)},
                   {"password", dice.text(8)},
                   {"h323_password", "123456"},
                   {"pstn_password", "123456"},
                   {"encrypted_password", dice.text(32)},
                   {"settings", settings(dice, host, dial_in_numbers)},
                   {"pre_schedule", false}});
}

}  // namespace zoom_proxy::bench
