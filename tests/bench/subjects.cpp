#include "tests/bench/subjects.hpp"

#include "tests/bench/documents.hpp"

namespace zoom_proxy::bench {
namespace {

using Document = std::function<std::string(std::uint64_t seed)>;

Document users(std::size_t count) {
  return [count](std::uint64_t seed) { return list_users(seed, count); };
}

Document people(bool report) {
  return [report](std::uint64_t seed) { return participants(seed, 300, report); };
}

Document dial_in_numbers(std::size_t count) {
  return [count](std::uint64_t seed) { return meeting(seed, count); };
}

/// What a page keeps, with the given rows in it.
std::string kept_page(const std::string& rows) {
  return R"({"page_count":1,"page_number":1,"page_size":1,"total_records":1,)"
         R"("next_page_token":"",)" +
         rows + '}';
}

std::string kept_users(bool tokens) {
  return kept_page(
      std::string(R"("users":[{)") +
      (tokens ? R"("id":"token","email":"token","pmi":"token",)" : "") +
      R"("type":1,"timezone":"","created_at":"","last_login_time":"","group_ids":[""],)"
      R"("im_group_ids":[""],"status":""}])");
}

std::string kept_participants(bool report) {
  return kept_page(
      std::string(R"("participants":[{"id":"token","user_email":"token","user_id":")") +
      (report ? "token" : "") +
      R"(","join_time":"","leave_time":"","duration":1,"failover":true,"status":"",)"
      R"("customer_key":"","bo_mtg_id":""}])");
}

constexpr const char* kKeptMeeting = R"({"uuid":"","id":1,"host_id":"token","type":1,"status":"",
  "start_time":"","timezone":"","created_at":"","settings":{"host_video":true,
  "participant_video":true,"cn_meeting":true,"in_meeting":true,"join_before_host":true,"jbh_time":1,
  "mute_upon_entry":true,"watermark":true,"use_pmi":true,"approval_type":1,"audio":"",
  "auto_recording":"","enforce_login":true,"alternative_host_update_polls":true,
  "close_registration":true,"show_share_button":true,"allow_multiple_devices":true,
  "registrants_confirmation_email":true,"waiting_room":true,"contact_email":"token",
  "meeting_invitees":[{"email":"token","internal_user":true}],"registrants_email_notification":true,
  "meeting_authentication":true,"encryption_type":"","breakout_room":{"enable":true},
  "focus_mode":true,"email_notification":true,"device_testing":true}})";

/// Of a user the built-in rules keep three values as tokens: id, email and pmi. In the variant
/// `hashing` all three are one-way, each one hash.
Subject user_page(std::string name, Rules rules, std::uint64_t count) {
  const bool tokens = rules != Rules::redacting;
  return {.name = std::move(name),
          .rules = rules,
          .target = "/v2/users",
          .document = users(count),
          .kept = rules == Rules::zoom ? "" : kept_users(tokens),
          .tokens = tokens ? 3 * count : 0};
}

}  // namespace

std::vector<Subject> subjects() {
  Subject hashing = user_page("list_users_300", Rules::hashing, 300);
  hashing.parser_goal = 0.85;
  hashing.tree_goal = 0.12;
  Subject redacting = user_page("list_users_300_redacting", Rules::redacting, 300);
  redacting.parser_goal = 0.60;
  Subject one = user_page("list_users_1", Rules::hashing, 1);
  Subject reversible = user_page("list_users_300_reversible", Rules::zoom, 300);
  Subject many = user_page("list_users_30000", Rules::hashing, 30'000);
  many.pairs = 7;  // each takes long
  return {hashing,
          redacting,
          {.name = "drop_heavy",
           .target = "/v2/meetings/1",
           .document = dial_in_numbers(1'000),
           .kept = kKeptMeeting,
           .parser_goal = 0.20},
          reversible,
          one,
          many,
          {.name = "past_participants_300",
           .target = "/v2/past_meetings/1/participants",
           .document = people(false),
           .kept = kept_participants(false)},
          {.name = "report_participants_300",
           .target = "/v2/report/meetings/1/participants",
           .document = people(true),
           .kept = kept_participants(true)},
          {.name = "meeting",
           .target = "/v2/meetings/1",
           .document = dial_in_numbers(0),
           .kept = kKeptMeeting}};
}

}  // namespace zoom_proxy::bench
