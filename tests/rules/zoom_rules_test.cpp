// The built-in Zoom rules: which requests they allow, and which fields they keep.

#include <gtest/gtest.h>

#include "rules/builtin.hpp"
#include "rules/route_table.hpp"
#include "rules/rule_reader.hpp"

namespace zoom_proxy {
namespace {

const RuleSet& zoom() {
  static const RuleSet rules = read_rules(*builtin_rules("zoom"), "zoom");
  return rules;
}

/// The number of the endpoint, from 1, or 0 when the request is refused.
std::size_t endpoint(std::string_view target, std::string_view method = "GET") {
  static const RouteTable routes(zoom());
  const auto result = routes.match(method, target);
  const auto* match = std::get_if<RouteMatch>(&result);
  return match == nullptr ? 0 : match->endpoint + 1;
}

TEST(ZoomRules, AllowEachEndpoint) {
  EXPECT_EQ(endpoint("/v2/meetings/99460000470"), 1U);
  EXPECT_EQ(endpoint("/v2/meetings/99460000470?show_previous_occurrences=false&"
                     "occurrence_id=abc%3D%3D"),
            1U);
  EXPECT_EQ(endpoint("/v2/meetings/M/meeting_summary"), 2U);
  EXPECT_EQ(endpoint("/v2/meetings/M/meeting_summary?"), 2U);
  EXPECT_EQ(endpoint("/v2/past_meetings/M"), 3U);
  EXPECT_EQ(endpoint("/v2/past_meetings/M/instances"), 4U);
  EXPECT_EQ(endpoint("/v2/past_meetings/M/participants?page_size=20&next_page_token=T"), 5U);
  EXPECT_EQ(endpoint("/v2/report/meetings/M/participants?page_size=300"), 6U);
  EXPECT_EQ(endpoint("/v2/report/users/U/meetings?from=2022-05-16&to=2022-05-31&type=pastJoined&"
                     "page_size=1"),
            7U);
  EXPECT_EQ(endpoint("/v2/users"), 8U);
  EXPECT_EQ(endpoint("/v2/users?status=active&page_size=200&next_page_token=T"), 8U);
  EXPECT_EQ(endpoint("/v2/users/U/meetings?type=scheduled&page_size=20"), 9U);
  EXPECT_EQ(endpoint("/v2/users/U/recordings"), 10U);
}

struct Tail {
  std::string before, after;
  std::size_t number;
};
const std::vector<Tail> kMeetingPaths{{"/v2/meetings/", "", 1},
                                      {"/v2/meetings/", "/meeting_summary", 2},
                                      {"/v2/past_meetings/", "", 3},
                                      {"/v2/past_meetings/", "/instances", 4},
                                      {"/v2/past_meetings/", "/participants", 5},
                                      {"/v2/report/meetings/", "/participants", 6}};

TEST(ZoomRules, AllowEverySpellingOfAMeetingId) {
  for (const Tail& path : kMeetingPaths) {
    for (const std::string id :
         {"99460000470", "AAA==", "AAA%253D%253D", "AAAA%252FAAAA%252F%252BAaa%253D%253D",
          "X%2Fsg%3D%3D", "%2Fabc", "ab%2F%2Fcd",
          // a `/` as it is: two segments that are a UUID together
          "4444AAAiAAA/AiAiAiiAii==", "a/bcdefghijklmnopqrstu==", "+bcdefghijklmnopqrst/A==",
          "4444AAAiAAA/AiAiAiiAii%3D%3D", "4444AAAiAAA/AiAiAiiAii%253D%253d",
          "%2B444AAAiAAA/AiAi%252biiAii==", "4444AAAiAAA/AiAiAiiAii=%3D"}) {
      EXPECT_EQ(endpoint(path.before + id + path.after), path.number) << id << path.after;
    }
  }
}

TEST(ZoomRules, RefuseTwoSegmentsThatAreNoUuid) {
  for (const Tail& path : kMeetingPaths) {
    for (const std::string id :
         {"X/sg==", "1/2", "4444AAAiAAA/AiAiAiiAi==", "4444AAAiAAA/AiAiAiiAiix==",
          "4444AAAiAAA/AiAiAiiAii=", "4444AAAiAAA/AiAiAiiAii===", "4444AAAiAAA/AiAiAiiAii",
          "4444AAAiAAAxAiAiAiiAii==/registrants", "4444AAAiAAA/AiAiA/iAii==",
          "4444AAAiAAA//iAiAiiAii==", "/444AAAiAAAxAiAiAiiAii==", "4444AAA_AAA/AiAiAiiAii==",
          "4444AAAiAAA/AiAiAiiAii%25253D%25253D", "4444AAAiAAA/AiAiAi%2FAii=="}) {
      EXPECT_EQ(endpoint(path.before + id + path.after), 0U) << path.before << id << path.after;
    }
  }
}

TEST(ZoomRules, SecondSegmentIsNotTheNameOfASubresource) {
  EXPECT_EQ(endpoint("/v2/past_meetings/AAAAAAAAAA/instancesAA=="), 0U);
  EXPECT_EQ(endpoint("/v2/past_meetings/AAAAAAAA/participantsA=="), 0U);
  EXPECT_EQ(endpoint("/v2/meetings/M/meeting_summaryX"), 0U);
  EXPECT_EQ(endpoint("/v2/meetings/meeting_summary"), 1U) << "an odd id, but one segment";
}

TEST(ZoomRules, RefuseEverythingElse) {
  for (const std::string target : {"/",
                                   "/v2",
                                   "/v2/",
                                   "/v2/users/",
                                   "/v2/users/U",
                                   "/v2/users/U/meetings/",
                                   "/v2/users/U/settings",
                                   "/v2/users/U/meeting_templates",
                                   "/v2/users/a/b/meetings",
                                   "/v2/users//meetings",
                                   "/v2/past_meetings",
                                   "/v2/past_meetings/M/polls",
                                   "/v2/past_meetings/M/qa",
                                   "/v2/meetings",
                                   "/v2/meetings/",
                                   "/v2/meetings//abc",
                                   "/v2/meetings/ab//cd",
                                   "/v2/meetings/M/",
                                   "/v2/meetings/M/registrants",
                                   "/v2/meetings/M/registrants/R",
                                   "/v2/meetings/M/polls",
                                   "/v2/meetings/M/polls/P",
                                   "/v2/meetings/M/invitation",
                                   "/v2/meetings/M/recordings",
                                   "/v2/meetings/M/token",
                                   "/v2/report/daily",
                                   "/v2/report/meetings/M",
                                   "/v2/report/meetings/a/b/c/participants",
                                   "/v2/groups",
                                   "/v2/groups/G/admins",
                                   "/v2/metrics/webinars",
                                   "/v2/accounts/me/users",
                                   "/oauth/token",
                                   "/v2/users%2F",
                                   "/v2/users%3Fstatus=a",
                                   "/v2/%75sers",
                                   "/v2%2Fusers"}) {
    EXPECT_EQ(endpoint(target), 0U) << target;
  }
}

TEST(ZoomRules, RefuseUnlistedQueryNames) {
  for (const std::string target :
       {"/v2/users?role_id=1", "/v2/users?page_size=1;status=active", "/v2/meetings/1?x=1",
        "/v2/meetings/1?occurrence_id=2&x=1", "/v2/meetings/1/meeting_summary?x=1",
        "/v2/past_meetings/1?page_size=1", "/v2/past_meetings/1/instances?page_size=1",
        "/v2/past_meetings/1/participants?type=1",
        "/v2/report/meetings/1/participants?include_fields=registrant_id",
        "/v2/report/users/U/meetings?page_number=1", "/v2/users/U/meetings?page_number=1",
        "/v2/users/U/recordings?trash=true"}) {
    EXPECT_EQ(endpoint(target), 0U) << target;
  }
}

TEST(ZoomRules, AllowReadingOnly) {
  for (const Tail& path : kMeetingPaths) {
    EXPECT_EQ(endpoint(path.before + "1" + path.after, "HEAD"), path.number);
    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "QUERY"}) {
      EXPECT_EQ(endpoint(path.before + "1" + path.after, method), 0U) << method;
    }
  }
  for (const Endpoint& rule : zoom().endpoints) {
    EXPECT_EQ(rule.allowed_methods, (std::vector<std::string>{"GET", "HEAD"})) << rule.name();
  }
}

// ---- fields
// --------------------------------------------------------------------------------------

/// `s` string, `i` integer, `b` boolean, `>D` definition D, `X[]` list of X.
std::string type_of(const Schema& schema) {
  if (!schema.ref.empty()) return ">" + schema.ref;
  switch (schema.type) {
    case Schema::Type::string:
      return "s";
    case Schema::Type::integer:
      return "i";
    case Schema::Type::boolean:
      return "b";
    case Schema::Type::array:
      return type_of(*schema.items) + "[]";
    default:
      return "?";
  }
}

std::string fields(const Schema& schema) {
  std::string out = schema.type == Schema::Type::object ? "" : "no object: ";
  for (const auto& [name, property] : schema.properties) {
    out += (out.empty() ? "" : " ") + name + ":" + type_of(property);
  }
  return out;
}

std::string transforms(const Endpoint& rule) {
  std::string out;
  for (const Transform& transform : rule.transforms) {
    if (!out.empty()) out += "; ";
    switch (transform.operation.effect()) {
      case Effect::pseudonymized:
        out += "T";
        break;
      case Effect::reversible:
        out += "R";
        break;
      case Effect::removed:
        out += "X";
        break;
      default:
        out += "D";
    }
    for (const JsonPath& path : transform.paths) out += " " + path.text;
  }
  return out;
}

constexpr std::string_view kPage =
    " next_page_token:s page_count:i page_number:i page_size:i total_records:i";

TEST(ZoomRules, KeepTheseFields) {
  const std::string page(kPage);
  const std::vector<std::string> expected{
      "created_at:s host_id:s id:i settings:>MeetingSettings start_time:s status:s timezone:s "
      "type:i "
      "uuid:s",
      "edited_summary:>EditedSummary meeting_end_time:s meeting_host_email:s meeting_host_id:s "
      "meeting_id:i meeting_start_time:s meeting_uuid:s next_steps:s[] summary_created_time:s "
      "summary_details:>SummaryDetail[] summary_end_time:s summary_last_modified_time:s "
      "summary_last_modified_user_email:s summary_last_modified_user_id:s summary_overview:s "
      "summary_start_time:s",
      "dept:s duration:i end_time:s has_meeting_summary:b host_id:s id:i participants_count:i "
      "source:s "
      "start_time:s topic:s total_minutes:i type:i user_email:s user_name:s uuid:s",
      "meetings:>MeetingOccurrence[]" + page,
      "participants:>MeetingParticipant[]" + page,
      "participants:>MeetingParticipant[]" + page,
      "meetings:>MeetingsItem[]" + page,
      "users:>User[]" + page,
      "meetings:>Meeting[]" + page,
      "from:s to:s meetings:>MeetingRecording[]" + page};
  ASSERT_EQ(zoom().endpoints.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(fields(*zoom().endpoints[i].response_schema), expected[i]) << "endpoint " << i + 1;
  }
}

TEST(ZoomRules, KeepTheseFieldsOfDefinitions) {
  const std::map<std::string, std::string> expected{
      {"AuthenticationException", "email:s"},
      {"BreakoutRoom", "enable:b rooms:>Room[]"},
      {"ContinuousMeetingChat",
       "auto_add_invited_external_users:b auto_add_meeting_participants:b channel_id:s enable:b "
       "who_is_added:s"},
      {"CustomKeysItem", "key:s value:s"},
      {"EditedSummary", "next_steps:s[] summary_details:s summary_overview:s"},
      {"Interpreter", "email:s interpreter_languages:s languages:s"},
      {"LanguageInterpretation", "enable:b interpreters:>Interpreter[]"},
      {"Meeting",
       "created_at:s duration:i host_id:s id:i sourceId:s start_time:s timezone:s type:i"},
      {"MeetingInvitee", "email:s internal_user:b"},
      {"MeetingOccurrence",
       "duration:i end_time:s host_id:s meeting_id:s meeting_type:i "
       "participants:>MeetingParticipant[] participants_count:i start_time:s topic_length:i "
       "total_minutes:i user_id:s uuid:s workItemId:s"},
      {"MeetingParticipant",
       "bo_mtg_id:s customer_key:s duration:i failover:b id:s join_time:s leave_time:s name:s "
       "registrant_id:s status:s user_email:s user_id:s"},
      {"MeetingRecording",
       "account_id:s duration:i host_id:s id:i recording_count:i recording_files:>RecordingFile[] "
       "start_time:s total_size:i type:s uuid:s"},
      {"MeetingSettings",
       "allow_host_control_participant_mute_state:b allow_multiple_devices:b "
       "alternative_host_update_polls:b alternative_hosts_email_notification:b approval_type:i "
       "audio:s "
       "authentication_domains:s authentication_exception:>AuthenticationException[] "
       "auto_recording:s "
       "auto_start_ai_companion_questions:b auto_start_meeting_summary:b "
       "breakout_room:>BreakoutRoom "
       "calendar_type:i close_registration:b cn_meeting:b contact_email:s "
       "continuous_meeting_chat:>ContinuousMeetingChat device_testing:b "
       "disable_participant_video:b "
       "email_notification:b encryption_type:s enforce_login:b focus_mode:b "
       "host_save_video_order:b "
       "host_video:b in_meeting:b internal_meeting:b jbh_time:i join_before_host:b "
       "language_interpretation:>LanguageInterpretation meeting_authentication:b "
       "meeting_invitees:>MeetingInvitee[] mute_upon_entry:b participant_focused_meeting:b "
       "participant_video:b private_meeting:b push_change_to_calendar:b "
       "question_and_answer:>QuestionAndAnswer registrants_confirmation_email:b "
       "registrants_email_notification:b registration_type:i resources:>Resource[] "
       "show_share_button:b sign_language_interpretation:>SignLanguageInterpretation use_pmi:b "
       "waiting_room:b watermark:b who_can_ask_questions:i who_will_receive_summary:i"},
      {"MeetingsItem",
       "custom_keys:>CustomKeysItem[] duration:i end_time:s host_id:s id:i join_time:s "
       "join_waiting_room_time:s leave_time:s participants_count:i schedule_time:s session_key:s "
       "source:s start_time:s topic:s total_minutes:i type:i user_email:s user_name:s uuid:s"},
      {"QuestionAndAnswer",
       "allow_anonymous_questions:b allow_submit_questions:b attendees_can_comment:b "
       "attendees_can_upvote:b enable:b question_visibility:s"},
      {"RecordingFile",
       "deleted_time:s file_extension:s file_size:i file_type:s id:s meeting_id:s recording_end:s "
       "recording_start:s recording_type:s status:s"},
      {"Resource", "permission_level:s resource_id:s resource_type:s"},
      {"Room", "participants:s[]"},
      {"SignInterpreter", "email:s sign_language:s"},
      {"SignLanguageInterpretation", "enable:b interpreters:>SignInterpreter[]"},
      {"SummaryDetail", "label:s summary:s"},
      {"User",
       "created_at:s email:s fullName:s group_ids:s[] id:s im_group_ids:s[] last_login_time:s "
       "pmi:i "
       "status:s timezone:s type:i"}};
  std::map<std::string, std::string> found;
  for (const auto& [name, schema] : zoom().definitions) found[name] = fields(schema);
  EXPECT_EQ(found, expected);
}

TEST(ZoomRules, TransformTheseFields) {
  const std::vector<std::string> expected{
      "T $['host_id','host_email'] $..email $..contact_email $..participants[*]; "
      "X $['topic','agenda','custom_keys'] $.settings['alternative_hosts','enforce_login_domains'] "
      "$.settings['approved_or_denied_countries_or_regions'] "
      "$.settings['audio_conference_info','authentication_name','authentication_option'] "
      "$.settings['name','contact_name','custom_keys'] "
      "$.settings['global_dial_in_countries','global_dial_in_numbers'] "
      "$['password','h323_password','pstn_password','encrypted_password','start_url'] $..join_url "
      "$..name",
      "T $['meeting_host_id','meeting_host_email'] "
      "$['summary_last_modified_user_id','summary_last_modified_user_email']; "
      "X $['meeting_topic','summary_title']; "
      "D $..summary_overview $.summary_details[*]['label','summary'] "
      "$.edited_summary.summary_details $..next_steps[*]",
      "T $['host_id','user_email','host_email']; X $['user_name','topic','agenda']",
      "",
      "T $.participants[*]['id','user_email','pmi']; X $.participants[*]['name','registrant_id']",
      "T $.participants[*]['id','user_email','user_id','pmi']; "
      "X $.participants[*]['name','registrant_id','display_name']",
      "T $.meetings[*]['host_id','user_email','host_email']; "
      "X $.meetings[*]['user_name','topic','custom_keys','tracking_fields']",
      "T $.users[*]['email','phone_number']; R $.users[*]['id','pmi']; "
      "X $.users[*]['display_name','first_name','last_name','pic_url','employee_unique_id']",
      "T $.meetings[*]['host_id','host_email']; X "
      "$.meetings[*]['topic','join_url','start_url','agenda']",
      "T $.meetings[*]['host_id','account_id']; "
      "X $..['topic','share_url','recording_play_passcode'] "
      "$..recording_files[*]['download_url','file_path','play_url','agenda']"};
  ASSERT_EQ(zoom().endpoints.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(transforms(zoom().endpoints[i]), expected[i]) << "endpoint " << i + 1;
  }
}

}  // namespace
}  // namespace zoom_proxy
