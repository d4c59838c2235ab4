// One meeting: details, summary, instances, participants.

#include "tests/simulator/answers.hpp"

namespace zoom_simulator {
namespace {

constexpr std::string_view kTopic = "Canary topic of one meeting";

json::object settings_people(const Person& host, const Person& guest) {
  return {
      {"alternative_hosts", guest.email + ";" + host.email},
      {"contact_name", host.name()},
      {"contact_email", host.email},
      {"authentication_domains", "corp.example"},
      {"authentication_name", "Canary authentication"},
      {"authentication_option", "signIn_canary"},
      {"authentication_exception",
       json::array{json::object{{"email", guest.email},
                                {"name", guest.name()},
                                {"join_url", "https://acme.example/canary-join"}}}},
      {"enforce_login_domains", "canary.corp.example"},
      {"approved_or_denied_countries_or_regions",
       json::object{{"enable", true}, {"approved_list", json::array{"CX"}}}},
      {"audio_conference_info", "Canary bridge " + host.phone},
      {"breakout_room",
       json::object{{"enable", true},
                    {"rooms", json::array{json::object{
                                  {"name", "Canary room"},
                                  {"participants", json::array{guest.email, host.email}}}}}}},
      {"global_dial_in_countries", json::array{"US"}},
      {"global_dial_in_numbers", json::array{json::object{{"city", "Canary City"},
                                                          {"country", "US"},
                                                          {"number", host.phone},
                                                          {"type", "toll"}}}},
      {"language_interpretation",
       json::object{{"enable", true},
                    {"interpreters",
                     json::array{json::object{{"email", guest.email},
                                              {"languages", "US,FR"},
                                              {"interpreter_languages", "English,French"}}}}}},
      {"sign_language_interpretation",
       json::object{{"enable", true},
                    {"interpreters", json::array{json::object{{"email", guest.email},
                                                              {"sign_language", "American"}}}}}},
      {"meeting_invitees",
       json::array{json::object{{"email", guest.email}, {"internal_user", false}}}},
      {"custom_keys", json::array{json::object{{"key", "Host"}, {"value", host.email}}}}};
}

json::object settings_answer(const Person& host, const Person& guest) {
  json::object settings = settings_people(host, guest);
  settings["approval_type"] = 2;
  settings["audio"] = "both";
  settings["auto_recording"] = "cloud";
  settings["calendar_type"] = 1;
  settings["continuous_meeting_chat"] = json::object{{"enable", true},
                                                     {"auto_add_invited_external_users", true},
                                                     {"auto_add_meeting_participants", false},
                                                     {"who_is_added", "all_users"},
                                                     {"channel_id", "cabc1234567defghijkl01234"}};
  settings["encryption_type"] = "enhanced_encryption";
  settings["jbh_time"] = 0;
  settings["question_and_answer"] = json::object{
      {"enable", true}, {"allow_submit_questions", true}, {"question_visibility", "all"}};
  settings["registration_type"] = 1;
  settings["resources"] = json::array{json::object{{"resource_type", "whiteboard"},
                                                   {"resource_id", "X4Hy02w3QUOdskKofgb9Jg"},
                                                   {"permission_level", "editor"}}};
  for (const char* name : {"allow_multiple_devices", "focus_mode", "host_video", "in_meeting",
                           "join_before_host", "mute_upon_entry", "participant_video",
                           "show_share_button", "use_pmi", "waiting_room", "watermark"}) {
    settings[name] = name[0] % 2 == 0;
  }
  return settings;
}

std::string sentence(Dice& dice) {
  return "Canary " + dice.text(5, kLetters) + " met; " + dice.text(8, kLetters) +
         " will write to canary.anna@acme.example.";
}

json::array next_steps(Dice& dice) { return {sentence(dice), sentence(dice), ""}; }

}  // namespace

json::object meeting_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  const Person guest = directory.person((meeting.user + 1) % directory.size());
  return {{"assistant_id", guest.id},
          {"host_email", host.email},
          {"host_id", host.id},
          {"id", meeting.number},
          {"uuid", meeting.uuid},
          {"agenda", "Canary agenda, with " + guest.email},
          {"created_at", iso_time(meeting.start - 86400)},
          {"custom_keys", json::array{json::object{{"key", "Host"}, {"value", host.email}}}},
          {"duration", meeting.minutes},
          {"encrypted_password", "canaryencrypted"},
          {"pstn_password", "canarypstn"},
          {"h323_password", "canaryh323"},
          {"password", "canarypassword"},
          {"join_url", "https://acme.example/j/canary"},
          {"chat_join_url", "https://acme.example/chat/canary"},
          {"start_url", "https://acme.example/s/canary"},
          {"dynamic_host_key", "canarykey"},
          {"occurrences", json::array{json::object{{"occurrence_id", "1648194360000"},
                                                   {"start_time", iso_time(meeting.start)},
                                                   {"duration", meeting.minutes},
                                                   {"status", "available"}}}},
          {"pmi", std::to_string(host.personal_meeting_id)},
          {"pre_schedule", false},
          {"recurrence", json::object{{"type", 1}, {"repeat_interval", 1}}},
          {"settings", settings_answer(host, guest)},
          {"start_time", iso_time(meeting.start)},
          {"status", "waiting"},
          {"timezone", "Europe/Berlin"},
          {"topic", kTopic},
          {"tracking_fields", json::array{json::object{{"field", "Host"}, {"value", host.name()}}}},
          {"type", 2}};
}

json::object summary_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  Dice dice = directory.dice("summary", static_cast<std::uint64_t>(meeting.number));
  const auto end = meeting.start + meeting.minutes * 60;
  const std::string overview = sentence(dice);
  json::array details;
  for (const char* label : {"Canary opening", "Canary decision"}) {
    details.push_back(json::object{{"label", label}, {"summary", sentence(dice)}});
  }
  const json::array steps = next_steps(dice);
  return {{"meeting_host_id", host.id},
          {"meeting_host_email", host.email},
          {"meeting_uuid", meeting.uuid},
          {"meeting_id", meeting.number},
          {"meeting_topic", kTopic},
          {"meeting_start_time", iso_time(meeting.start)},
          {"meeting_end_time", iso_time(end)},
          {"summary_start_time", iso_time(meeting.start)},
          {"summary_end_time", iso_time(end)},
          {"summary_created_time", iso_time(end + 300)},
          {"summary_last_modified_time", iso_time(end + 600)},
          {"summary_last_modified_user_id", host.id},
          {"summary_last_modified_user_email", host.email},
          {"summary_title", "Canary summary"},
          {"summary_overview", overview},
          {"summary_details", details},
          {"next_steps", steps},
          {"edited_summary", json::object{{"summary_details", sentence(dice)},
                                          {"summary_overview", overview},
                                          {"next_steps", steps}}},
          {"summary_content", "## Canary\n" + overview},
          {"summary_doc_url", "https://docs.acme.example/canary"}};
}

json::object past_meeting_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  return {{"uuid", meeting.uuid},
          {"id", meeting.number},
          {"host_id", host.id},
          {"type", 2},
          {"topic", kTopic},
          {"user_name", host.name()},
          {"user_email", host.email},
          {"host_email", host.email},
          {"start_time", iso_time(meeting.start)},
          {"end_time", iso_time(meeting.start + meeting.minutes * 60)},
          {"duration", meeting.minutes},
          {"total_minutes", meeting.minutes * meeting.participants},
          {"participants_count", meeting.participants},
          {"dept", "Engineering"},
          {"source", "Zoom"},
          {"has_meeting_summary", meeting.slot % 2 == 0},
          {"agenda", "Canary agenda"}};
}

json::object instance_answer(const Meeting& meeting, unsigned index) {
  return {{"uuid", meeting.uuid},
          {"start_time", iso_time(meeting.start + index * std::int64_t{7 * 86400})}};
}

json::object participant_answer(const Directory& directory, const Meeting& meeting, unsigned index,
                                bool report) {
  Dice dice = directory.dice("participant", static_cast<std::uint64_t>(meeting.number), index);
  const bool member = index == 0 || dice.chance(60);
  const bool registered = dice.chance(50);
  const auto who = index == 0 ? meeting.user : dice.below(directory.size());
  const Person person = directory.person(static_cast<std::uint32_t>(who));
  const auto join = meeting.start + static_cast<std::int64_t>(dice.below(300));
  const std::string in_meeting_id = std::to_string(16777216 + 1024 * (index + 1));
  json::object participant{
      // Guests have no id, and no address unless they registered.
      {"id", member ? person.id : ""},
      {"user_id", in_meeting_id},
      {"name", member ? person.name() : "Canary Guest"},
      {"user_email", member       ? person.email
                     : registered ? "canary.guest." + std::to_string(index) + "@partner.example"
                                  : ""},
      {"join_time", iso_time(join)},
      {"leave_time", iso_time(join + meeting.minutes * 60)},
      {"duration", meeting.minutes * 60},
      {"registrant_id", "canary-registrant-" + std::to_string(index)},
      {"failover", false},
      {"status", "in_meeting"}};
  if (report) {
    participant["customer_key"] = "key-" + std::to_string(index);
    participant["bo_mtg_id"] = "27423d744eb3463b";
    participant["participant_user_id"] = member ? person.id : "";
    participant["display_name"] = participant["name"];
  } else {
    participant["internal_user"] = member;
  }
  return participant;
}

}  // namespace zoom_simulator
