#include "rules/zoom_scopes.hpp"

#include <gtest/gtest.h>

#include "rules/engine.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy {
namespace {

using Scopes = std::vector<std::string>;

Scopes missing(const Scopes& needed, const Scopes& granted) {
  return missing_scopes(needed, granted);
}

TEST(ZoomScopes, NamesWhatTheBuiltInRulesNeed) {
  const Scopes needed = {
      "cloud_recording:read:list_user_recordings:admin",
      "meeting:read:list_meetings:admin",
      "meeting:read:list_past_instances:admin",
      "meeting:read:list_past_participants:admin",
      "meeting:read:meeting:admin",
      "meeting:read:past_meeting:admin",
      "meeting:read:summary:admin",
      "report:read:list_meeting_participants:admin",
      "report:read:user:admin",
      "user:read:list_users:admin",
  };
  EXPECT_EQ(Engine("zoom", test::known_codec()).scopes(), needed);
  EXPECT_EQ(missing(needed, needed), Scopes());
  EXPECT_EQ(missing(needed, {}), needed);
  EXPECT_EQ(missing(needed, {"cloud_recording:read:list_user_recordings:admin",
                             "meeting:read:admin", "report:read:admin", "user:read:admin"}),
            Scopes{"meeting:read:summary:admin"});
  EXPECT_EQ(missing(needed, {"user:read:admin", "meeting:read:admin", "recording:read:admin",
                             "report:read:admin", "meeting_summary:read:admin"}),
            Scopes());
  EXPECT_EQ(missing(needed, {"user:read:master", "meeting:read:master", "recording:read:master",
                             "report:read:master", "meeting_summary:read:master"}),
            Scopes());
}

TEST(ZoomScopes, AScopeIsMetByItselfItsMasterAndTheClassicOne) {
  const Scopes summary = {"meeting:read:summary:admin"};
  for (const char* met : {"meeting:read:summary:admin", "meeting:read:summary:master",
                          "meeting_summary:read:admin", "meeting_summary:read:master"}) {
    EXPECT_EQ(missing(summary, {"user:read:admin", met}), Scopes()) << met;
  }
  for (const char* other : {"meeting:read:admin", "meeting:read:summary", "meeting_summary:read",
                            "meeting:read:summary:admins", "meeting:read:meeting:admin", ""}) {
    EXPECT_EQ(missing(summary, {other}), summary) << other;
  }
  EXPECT_EQ(missing({"user:read:user", "a:b:admin"}, {"user:read:admin", "a:b:master"}),
            Scopes{"user:read:user"});
}

TEST(ZoomScopes, NamesTheClassicOneInAScopesPlace) {
  EXPECT_EQ(classic_scope("report:read:user:admin"), "report:read:admin");
  EXPECT_EQ(classic_scope("meeting:read:summary:admin"), "meeting_summary:read:admin");
  EXPECT_EQ(classic_scope("meeting:read:past_meeting:admin"), "meeting:read:admin");
  EXPECT_EQ(classic_scope("cloud_recording:read:list_user_recordings:admin"),
            "recording:read:admin");
  EXPECT_EQ(classic_scope("user:read:list_users:admin"), "user:read:admin");
  for (const char* none : {"user:read:user", "phone:read:call:admin", ""})
    EXPECT_EQ(classic_scope(none), "") << none;
}

TEST(ZoomScopes, WhatMeetsNoneOfTheNeededIsUnneeded) {
  const Scopes needed = {"user:read:list_users:admin", "meeting:read:summary:admin"};
  EXPECT_EQ(unneeded_scopes(needed, needed), Scopes());
  EXPECT_EQ(unneeded_scopes(needed, {}), Scopes());
  EXPECT_EQ(unneeded_scopes(needed, Scopes{"user:read:admin", "meeting_summary:read:master"}),
            Scopes());
  EXPECT_EQ(unneeded_scopes(needed, Scopes{"user:write:admin", "user:read:list_users:admin",
                                           "user:read:user:admin", "meeting:read:admin"}),
            (Scopes{"user:write:admin", "user:read:user:admin", "meeting:read:admin"}));
  EXPECT_EQ(unneeded_scopes({}, needed), needed);
}

TEST(ZoomScopes, AScopeIsWordsWithColons) {
  for (const char* good : {"user:read:list_users:admin", "user:master", "a:b"}) {
    EXPECT_TRUE(is_scope(good)) << good;
  }
  const std::string longest = "a:" + std::string(62, 'b');
  EXPECT_TRUE(is_scope(longest));
  EXPECT_FALSE(is_scope(longest + "b"));
  for (const char* bad : {"", "user", ":", "a:", ":a", "a::b", "User:read", "a:b c", "a:1",
                          "ada@corp.example", "a:b\n"}) {
    EXPECT_FALSE(is_scope(bad)) << bad;
  }
}

}  // namespace
}  // namespace zoom_proxy
