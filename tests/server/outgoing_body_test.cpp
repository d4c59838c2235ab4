#include "server/outgoing_body.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "rules/rule_reader.hpp"
#include "server/failure.hpp"
#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

using Types = std::vector<std::string>;

struct Outcome {
  std::string text;
  std::optional<Cause> cause;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(const Types& types, std::string_view body, const std::string& request_body = "") {
  const std::string more = request_body.empty() ? "" : "\n    requestBody: " + request_body;
  const RuleSet rules = read_rules("endpoints:\n  - pathTemplate: /a" + more + "\n", "r.yaml");
  Fields fields;
  for (const std::string& type : types) fields.add("Content-Type", type);
  try {
    return {outgoing_body(rules.endpoints.front(), known_engine()->codec(), fields, body).text, {}};
  } catch (const Failure& failure) {
    EXPECT_EQ(std::string_view(failure.what()).find("canary"), std::string_view::npos);
    return {"", failure.cause()};
  }
}

const std::string kJson = "{\"a\":\"" + std::string(kKnownToken) + "\"}";
const std::string kDecoded = "{\"a\":\"" + std::string(kKnownId) + "\"}";
const std::string kForm = "a=" + std::string(kKnownToken);

Outcome refused(Cause cause) { return {"", cause}; }

TEST(OutgoingBody, IsReadByItsContentType) {
  for (const Types& types : std::vector<Types>{{},
                                               {"application/json"},
                                               {"Application/JSON ; charset=\"UTF-8\""},
                                               {"application/vnd.zoom+json; charset=us-ascii"}}) {
    EXPECT_EQ(outcome(types, kJson), (Outcome{kDecoded, {}}));
    EXPECT_EQ(outcome(types, kForm), refused(Cause::unreadable_body));
  }
  for (const char* type :
       {"application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded;charset=utf-8"}) {
    EXPECT_EQ(outcome({type}, kForm), (Outcome{"a=" + std::string(kKnownId), {}}));
  }
}

TEST(OutgoingBody, OfAnyOtherTypeIsRefused) {
  for (const Types& types :
       std::vector<Types>{{"text/plain"},
                          {"text/json"},
                          {"application/jsonp"},
                          {"x-application/json"},
                          {""},
                          {"; charset=utf-8"},
                          {"application/json", "application/json"},
                          {"application/json; charset=utf-16"},
                          {"application/x-www-form-urlencoded; charset=latin1"},
                          {"application/x-ndjson"},
                          {"multipart/form-data; boundary=canary"}}) {
    EXPECT_EQ(outcome(types, "{}"), refused(Cause::unsupported_body));
    EXPECT_EQ(outcome(types, ""), (Outcome{"", {}}));
  }
}

TEST(OutgoingBody, RefusalsTellTheCause) {
  EXPECT_EQ(outcome({}, "{canary"), refused(Cause::unreadable_body));
  const std::string forged = "p~" + std::string(64, 'A');
  EXPECT_EQ(outcome({}, "\"" + forged + "\""), refused(Cause::tokenized_request_parameter_invalid));
  EXPECT_EQ(outcome({"application/x-www-form-urlencoded"}, "canary=" + forged),
            refused(Cause::tokenized_request_parameter_invalid));
}

TEST(OutgoingBody, TheRulesSeeTheTokens) {
  const std::string schema =
      "{required: true, content: {application/json: {type: object, properties: "
      "{a: {type: string, format: pseudonym}}}}}";
  EXPECT_EQ(outcome({}, kJson, schema), (Outcome{kDecoded, {}}));
  EXPECT_EQ(outcome({}, kDecoded, schema), refused(Cause::blocked_by_rules));
  EXPECT_EQ(outcome({}, "", schema), refused(Cause::blocked_by_rules));
  EXPECT_EQ(outcome({}, "{", schema), refused(Cause::blocked_by_rules));
  EXPECT_EQ(outcome({"text/plain"}, kJson, schema), refused(Cause::blocked_by_rules));
  EXPECT_EQ(outcome({"text/plain"}, kJson, "{required: true}"), refused(Cause::unsupported_body));
}

}  // namespace
}  // namespace zoom_proxy
