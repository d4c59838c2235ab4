#include "rules/zoom_api.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace zoom_proxy {
namespace {

constexpr std::string_view kCanaries[] = {"ann.canary@corp.test", "z8yAAAAA8bbbQ", "98765432101",
                                          "4444AAAiAAAAAiAiAiiAii==", "Ann Canary"};

struct Case {
  unsigned status;
  std::string_view code;
  std::string_view raw;  ///< `{}` stands for an identifier
  std::string_view safe;
};

// Zoom's error messages, each with places where an identifier stands or might one day.
constexpr Case kCases[] = {
    {401, "124", "Invalid access token.{}", "Invalid access token."},
    {401, "124", "Access token is expired.{}", "Access token is expired."},
    {401, "124", "Requires an access token.{}", "Requires an access token."},
    {401, "124",
     "Invalid access token, this access token is not supported as query parameter string.{}",
     "Invalid access token, this access token is not supported as query parameter string."},
    {400, "4711", "Invalid access token, does not contain scopes:[{}].",
     "Invalid access token, does not contain the scopes that this call needs."},
    {400, "200", "Only available for paid account: {}.", "Only available for paid accounts."},
    {400, "200", "No permission.{}", "No permission."},
    {400, "200", "Only available for Paid user: {}.", "Only available for paid users."},
    {400, "300", "Validation Failed.{}", "Validation Failed."},
    {400, "300", "The next page token is invalid or expired.{}",
     "The next page token is invalid or expired."},
    {400, "300", "Invalid meeting id.{}", "Invalid meeting id."},
    {400, "300", "Cannot access meeting information.{}", "Cannot access meeting information."},
    {400, "300", "Can not access webinar info, {}.", "Cannot access webinar info."},
    {400, "1010", "User does not exist: {}", "User does not exist."},
    {400, "1010", "User {} not exist or not belong to this account.",
     "User does not exist or does not belong to this account."},
    {400, "1010", "User not belong to this account: {}.", "User does not belong to this account."},
    {404, "1001", "User does not exist: {}.", "User does not exist."},
    {404, "1001", "User {} not exist or not belong to this account",
     "User does not exist or does not belong to this account."},
    {400, "1120", "Invitation {} expired.", "The invitation was not found or has expired."},
    {400, "3000", "Cannot access webinar info.{}", "Cannot access webinar info."},
    {404, "3001", "Meeting does not exist: {}.", "Meeting does not exist."},
    {404, "3001", "Meeting {} is not found or has expired.",
     "Meeting is not found or has expired."},
    {404, "3001", "This meeting is not available or the meeting ID is invalid.{}",
     "This meeting is not available or the meeting ID is invalid."},
    {404, "3001", "The meeting ID is invalid or the meeting has not ended.{}",
     "The meeting ID is invalid or the meeting has not ended."},
    {400, "3161", "Your user account is not allowed meeting hosting and scheduling capabilities.{}",
     "Your user account is not allowed meeting hosting and scheduling capabilities."},
    {404, "3301", "There is no recording for this session.{}",
     "There is no recording for this session."},
    {400, "12702", "Can not access a meeting a year ago.{}",
     "Can not access a meeting a year ago."},
    {404, "2300", "This API endpoint is not recognized.{}", "This API endpoint is not recognized."},
    {429, "429",
     "You have reached the maximum per-second rate limit for this API. Try again later.{}",
     "You have reached the maximum per-second rate limit for this API. Try again later."},
    {429, "429",
     "You have reached the maximum daily rate limit for this API. Refer to the response header for "
     "details on when you can make another request.{}",
     "You have reached the maximum daily rate limit for this API. Refer to the response header for "
     "details on when you can make another request."},
    {429, "429",
     "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted "
     "for this particular user {}. You may resume these requests at GMT 00:00:00.",
     "You have exceeded a daily rate limit."},
    {429, "429", "Too many concurrent requests. {}",
     "Too many concurrent requests. Try again later."},
    // Known by its code, by its status, or not at all.
    {400, "3001", "Sorry, {}!", "Meeting does not exist."},
    {401, "", "Sorry, {}!", "Zoom refused the access token."},
    {403, "", "Sorry, {}!", "Zoom refused the request: no permission."},
    {404, "404", "Sorry, {}!", "Zoom does not know what was asked for."},
    {429, "", "Sorry, {}!", "Zoom's rate limit is reached. Try again later."},
    {400, "{}", "{}", "Zoom refused the request."},
    {302, "", "", "Zoom refused the request."},
    {502, "", "<html>{}</html>", "Zoom failed to answer. Try again later."},
};

std::string with(std::string_view text, std::string_view canary) {
  std::string out(text);
  if (const std::size_t at = out.find("{}"); at != std::string::npos) out.replace(at, 2, canary);
  return out;
}

TEST(ZoomErrors, SaysTheMessageWithoutItsIdentifiers) {
  for (const Case& row : kCases) {
    for (const std::string_view canary : kCanaries) {
      const std::string raw = with(row.raw, canary);
      EXPECT_EQ(zoom_error_message(row.status, with(row.code, canary), raw), row.safe) << raw;
    }
    EXPECT_EQ(zoom_error_message(row.status, with(row.code, ""), with(row.raw, "")), row.safe);
  }
}

TEST(ZoomErrors, NoBodyHoldsAnythingPlanted) {
  for (const Case& row : kCases) {
    for (const std::string_view canary : kCanaries) {
      for (const std::string& raw :
           {with(row.raw, canary), std::string(canary) + with(row.raw, canary),
            with(row.raw, canary) + std::string(canary)}) {
        const std::string body = zoom_error_body(row.status, with(row.code, canary), raw);
        EXPECT_EQ(body.find(canary), std::string::npos) << body;
      }
    }
  }
}

TEST(ZoomErrors, NamesMissingScopes) {
  for (const std::string_view dot : {"", "."}) {
    const std::string raw =
        "Invalid access token, does not contain scopes:[user:read:list_users:admin, "
        "user:read:admin,report:read:user:admin]";
    EXPECT_EQ(zoom_error_message(400, "4711", raw + std::string(dot)), raw + ".");
  }
}

TEST(ZoomErrors, AListOfScopesPassesOnlyWhole) {
  for (const std::string_view list :
       {"", "a", "ann", "a:b, ", ", a:b", "a:b,,c:d", "a:b,  c:d", "a:b c:d", "A:b", "a:b1", "a::b",
        ":a", "a:", "a-b:c", "a:b, ann@corp.test", "a:b]. [c:d", "a:b\n", "a:b,\tc:d",
        "a:b\", \"c:d"}) {
    const std::string raw =
        "Invalid access token, does not contain scopes:[" + std::string(list) + "].";
    EXPECT_EQ(zoom_error_message(400, "4711", raw),
              "Invalid access token, does not contain the scopes that this call needs.")
        << raw;
  }
  const std::string begin = "Invalid access token, does not contain scopes:[";
  const std::string generic =
      "Invalid access token, does not contain the scopes that this call needs.";
  EXPECT_EQ(zoom_error_message(400, "4711", begin + "a:b] for ann"), generic);
  EXPECT_EQ(zoom_error_message(400, "4711", begin + "a:b]. a:b]."), generic);
  EXPECT_EQ(zoom_error_message(400, "4711", begin + "a:" + std::string(64, 'b') + "]."), generic);
  std::string many = begin;
  for (int i = 0; i < 1000; ++i) many += "a:b,";
  EXPECT_EQ(zoom_error_message(400, "4711", many + "a:b]."), generic);
}

TEST(ZoomErrors, BodyHasCodeAndMessage) {
  EXPECT_EQ(zoom_error_body(404, "1001", "User does not exist: ann@corp.test."),
            R"({"code":1001,"message":"User does not exist."})");
  EXPECT_EQ(zoom_error_body(500, "0", ""),
            R"({"code":0,"message":"Zoom failed to answer. Try again later."})");
  EXPECT_EQ(zoom_error_body(400, "999999999", ""),
            R"({"code":999999999,"message":"Zoom refused the request."})");
}

TEST(ZoomErrors, LeavesOutACodeThatIsNone) {
  for (const char* code : {"", "1234567890", "98765432101", "-1", "+1", "1.5", "1e3", "0124", " 1",
                           "1 ", "abc", "1,\"x\":2", "\xD9\xA1", "ann@corp.test"}) {
    EXPECT_EQ(zoom_error_body(400, code, ""), R"({"message":"Zoom refused the request."})") << code;
  }
}

TEST(ZoomErrors, EveryBodyIsJson) {
  for (const Case& row : kCases) {
    const auto body = boost::json::parse(zoom_error_body(row.status, row.code, row.raw));
    EXPECT_EQ(body.at("message").as_string(), row.safe);
  }
  const std::string scopes = "Invalid access token, does not contain scopes:[a:b].";
  EXPECT_EQ(boost::json::parse(zoom_error_body(400, "4711", scopes)).at("message").as_string(),
            scopes);
}

}  // namespace
}  // namespace zoom_proxy
