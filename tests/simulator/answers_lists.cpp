// Rows of the list endpoints.

#include <ctime>

#include "tests/simulator/answers.hpp"

namespace zoom_simulator {
namespace {

std::string format_time(std::int64_t seconds, const char* format) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), format, &parts);
  return std::string(text.data(), size);
}

/// Reports use this form where the rest of the API uses ISO 8601.
std::string report_time(std::int64_t seconds) { return format_time(seconds, "%m/%d/%Y %H:%M"); }

std::string topic(const Meeting& meeting) {
  return "Canary topic \"" + std::to_string(meeting.number) + "\" \\ Übergabe";
}

std::string join_url(const Meeting& meeting) {
  return "https://acme.example/j/" + std::to_string(meeting.number) + "?pwd=canarypwd";
}

json::object recording_file(const Directory& directory, const Meeting& meeting, unsigned index) {
  constexpr std::array<std::array<std::string_view, 3>, 4> kKinds = {{
      {"MP4", "MP4", "shared_screen_with_speaker_view"},
      {"M4A", "M4A", "audio_only"},
      {"TRANSCRIPT", "VTT", "audio_transcript"},
      {"CHAT", "TXT", "chat_file"},
  }};
  Dice dice = directory.dice("file", static_cast<std::uint64_t>(meeting.number), index);
  const auto& kind = kKinds[index % kKinds.size()];
  return {{"id", dice.text(8, kDigits) + "-" + dice.text(12, kLetters)},
          {"meeting_id", meeting.uuid},
          {"recording_start", iso_time(meeting.start)},
          {"recording_end", iso_time(meeting.start + meeting.minutes * 60)},
          {"file_type", kind[0]},
          {"file_extension", kind[1]},
          {"file_size", static_cast<std::int64_t>(dice.below(5000000000))},
          {"play_url", "https://acme.example/rec/play/canary-play"},
          {"download_url", "https://acme.example/rec/download/canary-download"},
          {"file_path", "/canary/recordings/file"},
          {"status", "completed"},
          {"recording_type", kind[2]}};
}

}  // namespace

std::string iso_time(std::int64_t seconds) { return format_time(seconds, "%Y-%m-%dT%H:%M:%SZ"); }

json::object user_answer(const Directory& directory, const Person& person) {
  Dice dice = directory.dice("user", person.index);
  const auto created = iso_time(1600000000 + static_cast<std::int64_t>(dice.below(100000000)));
  json::object user;
  if (person.status != "pending") user["id"] = person.id;  // Zoom has no id for them yet
  user["first_name"] = person.first_name;
  user["last_name"] = person.last_name;
  user["display_name"] = person.name();
  user["email"] = person.email;
  user["type"] = 1 + dice.below(2);
  user["pmi"] = person.personal_meeting_id;
  user["timezone"] =
      dice.pick(std::array<std::string_view, 3>{"Europe/Berlin", "America/New_York", "Asia/Tokyo"});
  user["verified"] = 1;
  user["dept"] = "Canary Department";
  user["created_at"] = created;
  user["user_created_at"] = created;
  user["last_login_time"] = iso_time(1748800000 + static_cast<std::int64_t>(dice.below(900000)));
  user["last_client_version"] = "6.0.11.39959(mac)";
  user["pic_url"] = "https://acme.example/p/canary-picture";
  user["language"] = "en-US";
  user["phone_number"] = person.phone;
  user["status"] = person.status;
  user["group_ids"] = json::array{dice.text(22, kLetters)};
  user["im_group_ids"] = json::array{dice.text(22, kLetters)};
  user["role_id"] = "2";
  user["employee_unique_id"] = "canary-employee-" + std::to_string(person.index);
  user["host_key"] = "canary" + dice.text(6, kDigits);
  user["custom_attributes"] = json::array{
      json::object{{"key", "cbf_canary"}, {"name", "Manager"}, {"value", person.email}}};
  user["plan_united_type"] = "1";
  user["job_title"] = "Canary of " + person.name();
  user["location"] = "Canary Islands";
  user["manager"] = person.email;
  user["phone_numbers"] = json::array{json::object{
      {"code", "+1"}, {"country", "US"}, {"label", "Mobile"}, {"number", person.phone}}};
  return user;
}

json::object scheduled_meeting_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  return {{"uuid", meeting.uuid},
          {"id", meeting.number},
          {"host_id", host.id},
          {"host_email", host.email},
          {"topic", topic(meeting)},
          {"type", meeting.slot % 7 == 3 ? 8 : 2},
          {"start_time", iso_time(meeting.start)},
          {"duration", meeting.minutes},
          {"timezone", "Europe/Berlin"},
          {"agenda", "Canary agenda, ask " + host.email},
          {"created_at", iso_time(meeting.start - 86400)},
          {"join_url", join_url(meeting)},
          {"pmi", std::to_string(host.personal_meeting_id)}};
}

json::object reported_meeting_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  const auto end = meeting.start + meeting.minutes * 60;
  return {{"uuid", meeting.uuid},
          {"id", meeting.number},
          {"host_id", host.id},
          {"type", 2},
          {"topic", topic(meeting)},
          {"user_name", host.name()},
          {"user_email", host.email},
          {"host_name", host.name()},
          {"host_email", host.email},
          {"host_organization", "Canary Organization"},
          {"start_time", iso_time(meeting.start)},
          {"end_time", iso_time(end)},
          {"schedule_time", report_time(meeting.start)},
          {"join_waiting_room_time", report_time(meeting.start - 120)},
          {"join_time", report_time(meeting.start)},
          {"leave_time", report_time(end)},
          {"duration", meeting.minutes},
          {"total_minutes", meeting.minutes * meeting.participants},
          {"participants_count", meeting.participants},
          {"participants_count_my_account", meeting.participants},
          {"source", "Zoom"},
          {"dept", "Canary Department"},
          {"session_key", "ABC36jaBI145"},
          {"custom_keys", json::array{json::object{{"key", "Host"}, {"value", host.email}}}},
          {"tracking_fields", json::array{json::object{{"field", "Host"}, {"value", host.name()}}}},
          {"has_screen_share", true},
          {"has_recording", meeting.slot % 3 == 0},
          {"has_chat", false},
          {"meeting_encryption_status", 1}};
}

json::object recording_answer(const Directory& directory, const Meeting& meeting) {
  const Person host = directory.person(meeting.user);
  json::array files;
  std::int64_t total = 0;
  for (unsigned index = 0; index < 4; ++index) {
    files.push_back(recording_file(directory, meeting, index));
    total += files.back().at("file_size").as_int64();
  }
  return {{"uuid", meeting.uuid},
          {"id", meeting.number},
          {"account_id", kAccountId},
          {"host_id", host.id},
          {"host_email", host.email},
          {"topic", topic(meeting)},
          {"type", "2"},  // a string here, an integer elsewhere
          {"start_time", iso_time(meeting.start)},
          {"timezone", "Europe/Berlin"},
          {"duration", meeting.minutes},
          {"total_size", total},
          {"recording_count", files.size()},
          {"share_url", "https://acme.example/rec/share/canary-share"},
          {"recording_play_passcode", "canarypasscode"},
          {"password", "canarypassword"},
          {"recording_files", std::move(files)}};
}

}  // namespace zoom_simulator
