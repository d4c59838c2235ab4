#pragma once
// `zoom-proxy doctor` against the look-alike, and what its tests look for in what it says.

#include <gtest/gtest.h>

#include <sstream>

#include "tests/integration/command.hpp"

namespace integration {

/// A scope of the built-in rules and the call that it is for.
struct Scope {
  const char* name;
  const char* call;
};
constexpr Scope kScopes[] = {
    {"user:read:list_users:admin", "GET /v2/users"},
    {"meeting:read:list_meetings:admin", "GET /v2/users/{userId}/meetings"},
    {"report:read:user:admin", "GET /v2/report/users/{userId}/meetings"},
    {"cloud_recording:read:list_user_recordings:admin", "GET /v2/users/{userId}/recordings"},
    {"meeting:read:meeting:admin", "GET /v2/meetings/{meetingId}"},
    {"meeting:read:summary:admin", "GET /v2/meetings/{meetingId}/meeting_summary"},
    {"meeting:read:past_meeting:admin", "GET /v2/past_meetings/{meetingId}"},
    {"meeting:read:list_past_instances:admin", "GET /v2/past_meetings/{meetingId}/instances"},
    {"meeting:read:list_past_participants:admin", "GET /v2/past_meetings/{meetingId}/participants"},
    {"report:read:list_meeting_participants:admin",
     "GET /v2/report/meetings/{meetingId}/participants"},
};

inline std::string all_scopes_but(std::string_view left_out) {
  std::string list;
  for (const Scope& scope : kScopes)
    if (scope.name != left_out) list += (list.empty() ? "" : " ") + std::string(scope.name);
  return list;
}

/// The lines that begin so.
inline std::vector<std::string> lines(const std::string& text, const std::string& beginning) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(beginning)) found.push_back(line);
  return found;
}

inline std::size_t count(const Outcome& outcome, const char* verdict) {
  return lines(outcome.output + outcome.errors, verdict).size();
}

class DoctorTest : public testing::Test {
 protected:
  /// Whatever it finds, it shows nothing that it should not.
  Outcome doctor(const std::string& arguments = {}) {
    Outcome outcome = run("doctor " + arguments, environment);
    const std::string all = outcome.output + outcome.errors;
    const Example user = simulator.example();
    std::vector<std::string> secret = {user.user_id, user.email};
    for (const auto& meeting : user.meetings) {
      secret.insert(secret.end(), {meeting.number, meeting.uuid});
    }
    for (const char* name : {"PSOXY_SALT", "PSOXY_ENCRYPTION_KEY", "PSOXY_ZOOM_ACCOUNT_ID",
                             "PSOXY_ZOOM_CLIENT_ID", "PSOXY_ZOOM_CLIENT_SECRET"})
      secret.push_back(environment.at(name));
    for (const std::string& value : secret) EXPECT_FALSE(holds(all, value)) << value << '\n' << all;
    EXPECT_EQ(canaries(all), "") << all;
    return outcome;
  }

  /// Exit code 1, and `parts` in one line that says WRONG of `step`.
  void expect_wrong(const std::string& step, const std::vector<std::string>& parts) {
    const Outcome outcome = doctor();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_TRUE(holds(outcome.output, "Something is wrong")) << outcome.output;
    const auto found = lines(outcome.errors, "WRONG   " + step + ": ");
    ASSERT_EQ(found.size(), 1U) << outcome.output << outcome.errors;
    for (const std::string& part : parts) EXPECT_TRUE(holds(found[0], part)) << found[0];
    EXPECT_TRUE(holds(found[0], "; ")) << "and what to do: " << found[0];
    last = outcome;
  }

  void refuse(const char* path, int status, const json::value& body) {
    simulator.control({{"fault", "status"}, {"path", path}, {"status", status}, {"body", body}});
  }

  Simulator simulator;
  Process::Environment environment = server_environment(simulator);
  Outcome last;
};

}  // namespace integration
