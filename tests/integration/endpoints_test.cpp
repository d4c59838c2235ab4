// Each of the ten endpoints through the real proxy: sanitized JSON comes back, nothing personal.

#include <gtest/gtest.h>

#include <set>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

bool starts_with(const json::value& value, std::string_view prefix) {
  return value.is_string() && value.as_string().starts_with(prefix);
}

std::set<std::string> keys(const json::value& value) {
  std::set<std::string> names;
  for (const auto& [name, ignored] : value.as_object()) names.insert(std::string(name));
  return names;
}

class EndpointsTest : public ::testing::Test {
 protected:
  /// The sanitized answer, after the checks that hold for all of them.
  json::object fetch(const std::string& target) {
    const Answer answer = pair.proxy.get(target);
    EXPECT_EQ(answer.status, 200U) << target << "\n" << answer.body;
    EXPECT_EQ(answer.end, End::whole);
    EXPECT_EQ(canaries(answer), "") << target;
    EXPECT_EQ(answer.field("Set-Cookie"), "");
    EXPECT_EQ(answer.field("Content-Type").substr(0, 16), "application/json");
    return answer.status == 200 ? object(answer) : json::object();
  }

  Pair pair;
  Example example = pair.simulator.example();
  std::string number = example.meetings[1].number;
  std::string uuid = percent_encode(percent_encode(example.meetings[0].uuid));
};

TEST_F(EndpointsTest, MeetingDetails) {
  const auto meeting = fetch("/v2/meetings/" + number);
  EXPECT_TRUE(starts_with(meeting.at("host_id"), "t~"));
  EXPECT_EQ(json::serialize(meeting.at("id")), number);
  EXPECT_FALSE(meeting.contains("topic"));
  const auto& settings = meeting.at("settings").as_object();
  EXPECT_TRUE(starts_with(settings.at("contact_email"), "t~"));
  EXPECT_TRUE(
      starts_with(settings.at("breakout_room").at("rooms").at(0).at("participants").at(0), "t~"));
  EXPECT_FALSE(settings.contains("alternative_hosts"));
}

TEST_F(EndpointsTest, MeetingSummary) {
  const auto summary = fetch("/v2/meetings/" + uuid + "/meeting_summary");
  EXPECT_TRUE(starts_with(summary.at("meeting_host_email"), "t~"));
  EXPECT_TRUE(starts_with(summary.at("summary_overview"), R"({"length":)"));
  EXPECT_TRUE(starts_with(summary.at("summary_details").at(0).at("label"), R"({"length":)"));
  EXPECT_TRUE(starts_with(summary.at("edited_summary").at("next_steps").at(0), R"({"length":)"));
  EXPECT_FALSE(summary.contains("summary_content"));
}

TEST_F(EndpointsTest, PastMeeting) {
  const auto meeting = fetch("/v2/past_meetings/" + number);
  EXPECT_TRUE(starts_with(meeting.at("user_email"), "t~"));
  EXPECT_FALSE(meeting.contains("user_name"));
}

TEST_F(EndpointsTest, PastMeetingInstances) {
  const auto instances = fetch("/v2/past_meetings/" + number + "/instances");
  EXPECT_EQ(keys(instances.at("meetings").at(0)), (std::set<std::string>{"uuid", "start_time"}));
}

TEST_F(EndpointsTest, PastMeetingParticipants) {
  const auto page =
      fetch("/v2/past_meetings/" + example.meetings[0].number + "/participants?page_size=70");
  const auto& participants = page.at("participants").as_array();
  ASSERT_EQ(participants.size(), 70U);
  EXPECT_TRUE(starts_with(participants[0].at("id"), "t~"));
  unsigned guests = 0;
  for (const auto& participant : participants) {
    EXPECT_FALSE(participant.as_object().contains("name"));
    if (!starts_with(participant.at("id"), "t~")) {
      // A guest without an id must not become a person whom all guests share.
      EXPECT_TRUE(participant.at("id").is_null() || participant.at("id") == "");
      ++guests;
    }
  }
  EXPECT_GT(guests, 0U);
}

TEST_F(EndpointsTest, ReportOfParticipants) {
  const auto page = fetch("/v2/report/meetings/" + uuid + "/participants?page_size=300");
  const auto& participant = page.at("participants").at(0);
  EXPECT_TRUE(starts_with(participant.at("id"), "t~"));
  EXPECT_TRUE(starts_with(participant.at("user_id"), "t~"));
  EXPECT_FALSE(participant.as_object().contains("participant_user_id"));
}

TEST_F(EndpointsTest, ReportOfAUsersMeetings) {
  const auto page = fetch("/v2/report/users/" + example.user_id +
                          "/meetings?from=2025-06-01&to=2025-06-30&page_size=2");
  const auto& meeting = page.at("meetings").at(0);
  EXPECT_TRUE(starts_with(meeting.at("host_id"), "t~"));
  EXPECT_TRUE(starts_with(meeting.at("user_email"), "t~"));
  EXPECT_FALSE(meeting.as_object().contains("topic"));
}

TEST_F(EndpointsTest, Users) {
  const auto page = fetch("/v2/users");
  ASSERT_EQ(page.at("users").as_array().size(), 30U);
  const auto& user = page.at("users").at(0);
  EXPECT_TRUE(starts_with(user.at("id"), "p~"));
  EXPECT_TRUE(starts_with(user.at("pmi"), "p~"));
  EXPECT_TRUE(starts_with(user.at("email"), "t~"));
  EXPECT_EQ(keys(user),
            (std::set<std::string>{"created_at", "email", "group_ids", "id", "im_group_ids",
                                   "last_login_time", "pmi", "status", "timezone", "type"}));
}

TEST_F(EndpointsTest, AUsersMeetings) {
  const auto page = fetch("/v2/users/" + percent_encode(example.email) + "/meetings?page_size=3");
  const auto& meeting = page.at("meetings").at(0);
  EXPECT_TRUE(starts_with(meeting.at("host_id"), "t~"));
  EXPECT_FALSE(meeting.as_object().contains("join_url"));
}

TEST_F(EndpointsTest, AUsersRecordings) {
  const auto page = fetch("/v2/users/" + example.user_id + "/recordings?page_size=3");
  const auto& recording = page.at("meetings").at(0);
  EXPECT_TRUE(starts_with(recording.at("account_id"), "t~"));
  EXPECT_FALSE(recording.as_object().contains("share_url"));
  EXPECT_FALSE(recording.at("recording_files").at(0).as_object().contains("play_url"));
  EXPECT_EQ(recording.at("recording_files").at(0).at("file_type"), "MP4");
}

TEST_F(EndpointsTest, ReversibleIdsAreTakenBack) {
  const auto page = fetch("/v2/users?page_size=1");
  const std::string token = text(page.at("users").at(0).at("id"));
  const std::string in_clear = example.user_id;
  for (const std::string& target : {
           "/v2/report/users/" + token + "/meetings?from=2025-06-01&to=2025-06-30",
           "/v2/users/" + token + "/meetings",
           "/v2/users/" + token + "/recordings",
       }) {
    const auto meetings = fetch(target);
    EXPECT_GT(meetings.at("meetings").as_array().size(), 0U) << target;
  }
  const auto seen = json::serialize(pair.simulator.stats().at("requests"));
  EXPECT_NE(seen.find("/v2/users/" + in_clear + "/meetings"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("p~"), std::string::npos) << seen;
}

TEST_F(EndpointsTest, SamePersonSamePseudonymOnEveryEndpoint) {
  const auto user = fetch("/v2/users?page_size=1").at("users").at(0);
  const auto past = fetch("/v2/past_meetings/" + number);
  const auto report = fetch("/v2/report/meetings/" + uuid + "/participants");
  EXPECT_EQ(past.at("user_email"), user.at("email"));
  EXPECT_EQ(report.at("participants").at(0).at("user_email"), user.at("email"));
  EXPECT_EQ(report.at("participants").at(0).at("id"), past.at("host_id"));
}

TEST_F(EndpointsTest, UuidsInEveryEncodingThatClientsUse) {
  for (const auto& meeting : {example.meetings[0], example.meetings[1], example.meetings[2],
                              example.meetings[3], example.meetings[4]}) {
    const std::string once = percent_encode(meeting.uuid);
    for (const auto& id : {once, percent_encode(once)}) {
      EXPECT_EQ(text(fetch("/v2/past_meetings/" + id).at("uuid")), meeting.uuid) << id;
    }
  }
  const std::string& bare = example.meetings[1].uuid;
  EXPECT_EQ(text(fetch("/v2/past_meetings/" + bare).at("uuid")), bare);
}

TEST_F(EndpointsTest, PageTokensPassBothWays) {
  std::set<std::string> ids;
  std::string next;
  for (int page_number = 0; page_number < 3; ++page_number) {
    const auto page = fetch("/v2/users?page_size=300&next_page_token=" + percent_encode(next));
    for (const auto& user : page.at("users").as_array()) {
      ids.insert(text(user.at("id")));
    }
    next = text(page.at("next_page_token"));
    ASSERT_NE(next, "");
  }
  EXPECT_EQ(ids.size(), 900U);
}

TEST_F(EndpointsTest, HeadHasNoBody) {
  Client client(pair.proxy.port());
  const Answer answer = client.request("HEAD", "/v2/users");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(client.get("/v2/users").status, 200U);
}

TEST_F(EndpointsTest, OneConnectionServesManyRequests) {
  Client client(pair.proxy.port());
  for (int request = 0; request < 20; ++request) {
    EXPECT_EQ(client.get("/v2/users?page_size=5").status, 200U);
  }
  EXPECT_LE(pair.simulator.stat("connections"), 2);  // one for the token, one for the calls
}

}  // namespace
}  // namespace integration
