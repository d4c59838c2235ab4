#include "server/failure.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <map>

namespace zoom_proxy {
namespace {

// Clients decide by these whether to try again: they are a promise.
TEST(Failure, NamesAndStatusesAreThePromisedOnes) {
  const std::map<Cause, std::pair<std::string_view, unsigned>> promised{
      {Cause::unauthenticated, {"UNAUTHENTICATED", 401}},
      {Cause::unauthorized, {"UNAUTHORIZED", 403}},
      {Cause::unauthorized_ip_address, {"UNAUTHORIZED_IP_ADDRESS", 403}},
      {Cause::authentication_failure, {"AUTHENTICATION_FAILURE", 503}},
      {Cause::blocked_by_rules, {"BLOCKED_BY_RULES", 403}},
      {Cause::invalid_request, {"INVALID_REQUEST", 400}},
      {Cause::https_required, {"HTTPS_REQUIRED", 400}},
      {Cause::tokenized_request_parameter_invalid, {"TOKENIZED_REQUEST_PARAMETER_INVALID", 409}},
      {Cause::failed_to_build_url, {"FAILED_TO_BUILD_URL", 500}},
      {Cause::unreadable_body, {"CONNECTION_SETUP", 500}},
      {Cause::unsupported_body, {"UNKNOWN", 500}},
      {Cause::connection_setup, {"CONNECTION_SETUP", 500}},
      {Cause::connection_to_source, {"CONNECTION_TO_SOURCE", 503}},
      {Cause::source_io_error, {"CONNECTION_TO_SOURCE", 500}},
      {Cause::network_egress_blocked, {"NETWORK_EGRESS_BLOCKED", 502}},
      {Cause::source_api_read_timeout, {"SOURCE_API_READ_TIMEOUT", 504}},
      {Cause::own_rate_limit, {"SOURCE_API_READ_TIMEOUT", 504}},
      {Cause::async_handler_dispatch, {"ASYNC_HANDLER_DISPATCH", 501}},
      {Cause::async_output, {"ASYNC_HANDLER_DISPATCH", 500}},
      {Cause::api_error, {"API_ERROR", 502}},
      {Cause::bad_source_response, {"BAD_SOURCE_RESPONSE", 502}},
      {Cause::configuration_failure, {"CONFIGURATION_FAILURE", 500}},
      {Cause::unknown, {"UNKNOWN", 500}},
  };
  EXPECT_EQ(all_causes().size(), promised.size());
  for (const auto& [cause, what] : promised) {
    EXPECT_EQ(describe(cause).cause, cause);
    EXPECT_EQ(describe(cause).name, what.first);
    EXPECT_EQ(describe(cause).status, what.second) << what.first;
  }
}

TEST(Failure, EveryCauseIsInTheReference) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../docs/reference.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const CauseRow& row : all_causes()) {
    EXPECT_NE(text.find("| `" + std::string(row.name) + "` |"), std::string::npos) << row.name;
  }
}

TEST(Failure, EveryCauseSaysWhatToDoNext) {
  for (const CauseRow& row : all_causes()) EXPECT_GT(row.advice.size(), 10u) << row.name;
}

TEST(Failure, BodyIsJsonWithErrorMessageAndRequestId) {
  const std::string body = failure_body("UNKNOWN", "a \"quoted\"\nmessage", "do this", "00ff");
  const auto object = boost::json::parse(body).as_object();
  EXPECT_EQ(object.at("error").as_string(), "UNKNOWN");
  EXPECT_EQ(object.at("message").as_string(), "a \"quoted\"\nmessage; do this");
  EXPECT_EQ(object.at("requestId").as_string(), "00ff");
  EXPECT_EQ(object.size(), 3u);
}

}  // namespace
}  // namespace zoom_proxy
