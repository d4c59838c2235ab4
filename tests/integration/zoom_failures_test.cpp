// The failure table where Zoom, or the way to it, is at fault: what a client is told, row by row.
// The rows where the request is at fault are in face_test.cpp.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// A port of 127.0.0.1 where connecting is never answered: its queue is full and nobody accepts.
class FullPort {
 public:
  FullPort() {
    auto* const generic = reinterpret_cast<sockaddr*>(&address_);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 0) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("cannot take a port");
    }
    for (const int client : clients_) ::connect(client, generic, size);
  }
  ~FullPort() {
    ::close(listener_);
    for (const int client : clients_) ::close(client);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  [[nodiscard]] std::string url() const {
    return "https://localhost:" + std::to_string(ntohs(address_.sin_port));
  }

 private:
  static int new_socket() {
    return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }

  sockaddr_in address_{};
  int listener_ = new_socket();
  std::array<int, 4> clients_{new_socket(), new_socket(), new_socket(), new_socket()};
};

constexpr const char* kClosedPort = "https://localhost:1";

struct ZoomFailure {
  const char* name;
  json::object fault;    ///< of the look-alike; empty: none
  ProxyOptions options;  ///< of the proxy
  unsigned status;
  const char* cause;
  const char* says;  ///< a piece of the message
};

void PrintTo(const ZoomFailure& row, std::ostream* out) { *out << row.name; }

class ZoomFailureTest : public ::testing::TestWithParam<ZoomFailure> {};

/// What holds for every failure: three members, a text that goes on with what to do, nothing
/// personal, none of the fields that go with a sanitized answer.
void expect_failure(const Answer& answer, unsigned status, const std::string& cause,
                    const std::string& says) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_EQ(answer.field("X-Psoxy-Error"), cause);
  EXPECT_EQ(answer.field("Content-Type"), "application/json; charset=utf-8");
  const json::object body = object(answer);
  EXPECT_EQ(body.size(), 3U);
  EXPECT_EQ(text(body.at("error")), cause);
  EXPECT_NE(text(body.at("message")).find(says), std::string::npos) << answer.body;
  EXPECT_NE(text(body.at("message")).find("; "), std::string::npos) << "and what to do";
  EXPECT_EQ(text(body.at("requestId")).size(), 16U);
  for (const char* field : {"X-Psoxy-Rules-SHA", "X-Psoxy-PII-Salt-Sha256", "Location", "Server"}) {
    EXPECT_EQ(answer.field(field), "") << field;
  }
  EXPECT_EQ(canaries(answer), "");
}

TEST_P(ZoomFailureTest, SaysWhatIsWrongAndWhatToDo) {
  const ZoomFailure& row = GetParam();
  Pair pair({}, row.options);
  if (!row.fault.empty()) pair.simulator.control(row.fault);
  expect_failure(pair.proxy.get("/v2/users"), row.status, row.cause, row.says);
  EXPECT_EQ(pair.proxy.stop(), 0);
  EXPECT_NE(pair.proxy.log().find(row.says), std::string::npos) << pair.proxy.log();
  EXPECT_NE(pair.proxy.log().find(R"("cause":")" + std::string(row.cause)), std::string::npos);
  EXPECT_EQ(canaries(pair.proxy.log()), "");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ZoomFailureTest,
    ::testing::Values(
        // No way to Zoom.
        ZoomFailure{"Refused",
                    {},
                    {.api_url = kClosedPort},
                    503,
                    "CONNECTION_TO_SOURCE",
                    "cannot connect to localhost:1"},
        ZoomFailure{"NameUnknown",
                    {},
                    {.api_url = "https://no-such-host.invalid"},
                    500,
                    "CONNECTION_TO_SOURCE",
                    "check DNS"},
        ZoomFailure{"CertificateOfAnother",
                    {},
                    {.ca_file = "/etc/ssl/certs/ca-certificates.crt"},
                    500,
                    "CONNECTION_TO_SOURCE",
                    "is not trusted"},
        ZoomFailure{"ClosedUnanswered",
                    {{"fault", "close_after_request"}},
                    {},
                    502,
                    "BAD_SOURCE_RESPONSE",
                    "localhost"},
        ZoomFailure{"Silent",
                    {{"fault", "stall"}},
                    {.more = "timeouts: {response_head_seconds: 0.5}\n"},
                    504,
                    "SOURCE_API_READ_TIMEOUT",
                    "did not answer in time"},
        ZoomFailure{"SilentHalfWay",
                    {{"fault", "drip"}, {"bytes", 100}, {"milliseconds", 60000}},
                    {.more = "timeouts: {idle_seconds: 0.5}\n"},
                    504,
                    "SOURCE_API_READ_TIMEOUT",
                    "did not answer in time"},
        // No access token.
        ZoomFailure{"TokenRefused",
                    {},
                    {.token_url = "https://localhost:1/oauth/token"},
                    503,
                    "CONNECTION_TO_SOURCE",
                    "no access token"},
        ZoomFailure{"WrongSecret",
                    {},
                    {.client_secret = "wrong-secret"},
                    500,
                    "CONNECTION_SETUP",
                    "zoom.client_secret"},
        ZoomFailure{"WrongAccount",
                    {},
                    {.account_id = "wrong-account"},
                    500,
                    "CONNECTION_SETUP",
                    "zoom.account_id"},
        ZoomFailure{"TokenEndpointBroken",
                    {{"fault", "status"}, {"status", 500}, {"path", "/oauth/token"}},
                    {},
                    503,
                    "CONNECTION_TO_SOURCE",
                    "the token endpoint answered 500"},
        ZoomFailure{"TokenEndpointBusy",
                    {{"fault", "status"}, {"status", 429}, {"path", "/oauth/token"}},
                    {},
                    503,
                    "CONNECTION_TO_SOURCE",
                    "the token endpoint answered 429: it is asked too often"},
        ZoomFailure{"TokenEndpointSilent",
                    {{"fault", "stall"}, {"path", "/oauth/token"}},
                    {.more = "timeouts: {total_seconds: 0.5}\n"},
                    502,
                    "NETWORK_EGRESS_BLOCKED",
                    "in time"},
        ZoomFailure{"TokenEndpointIsAPage",
                    {{"fault", "html"}, {"path", "/oauth/token"}},
                    {},
                    500,
                    "CONNECTION_SETUP",
                    "zoom.token_url"},
        // Zoom answers, but not with what can be sanitized.
        ZoomFailure{"Page",
                    {{"fault", "html"}},
                    {},
                    502,
                    "BAD_SOURCE_RESPONSE",
                    "is not JSON by its Content-Type"},
        ZoomFailure{"ContentType",
                    {{"fault", "wrong_content_type"}},
                    {},
                    502,
                    "BAD_SOURCE_RESPONSE",
                    "is not JSON by its Content-Type"},
        ZoomFailure{"BrokenJson",
                    {{"fault", "broken_json"}},
                    {},
                    502,
                    "BAD_SOURCE_RESPONSE",
                    "cannot be sanitized"},
        ZoomFailure{"CutJson",
                    {{"fault", "cut_json"}},
                    {},
                    502,
                    "BAD_SOURCE_RESPONSE",
                    "cannot be sanitized"},
        ZoomFailure{
            "CutBody", {{"fault", "truncate_body"}}, {}, 502, "BAD_SOURCE_RESPONSE", "localhost"},
        ZoomFailure{
            "BadGzip", {{"fault", "bad_gzip"}}, {}, 502, "BAD_SOURCE_RESPONSE", "damaged gzip"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ZoomFailuresTest, NothingAnswersAtAll) {
  const FullPort port;
  Pair pair({}, {.api_url = port.url(), .more = "timeouts: {connect_seconds: 0.5}\n"});
  expect_failure(pair.proxy.get("/v2/users"), 503, "CONNECTION_TO_SOURCE", "nothing answers at");
}

// Zoom's refusals keep their status; the body is the proxy's: a code and a message from its list.
TEST(ZoomFailuresTest, ZoomsErrorsAreRebuilt) {
  Pair pair;
  for (const int status : {301, 302, 304, 400, 403, 404, 405, 409, 429, 500, 502, 503, 504, 599}) {
    pair.simulator.reset();
    pair.simulator.control({{"fault", "status"},
                            {"status", status},
                            {"headers",
                             {{"Location", "https://canary.example/"},
                              {"Set-Cookie", "canary=1"},
                              {"Server", "canary"},
                              {"WWW-Authenticate", "canary"}}}});
    const Answer answer = pair.proxy.get("/v2/users");
    EXPECT_EQ(answer.status, static_cast<unsigned>(status));
    EXPECT_EQ(answer.field("X-Psoxy-Error"), "API_ERROR");
    EXPECT_EQ(answer.field("X-Psoxy-Rules-SHA"), "");
    EXPECT_EQ(canaries(answer), "");
    EXPECT_EQ(pair.simulator.stat("api_requests"), 1) << "never followed";
    if (status == 304) continue;  // has no body
    const json::object body = object(answer);
    EXPECT_NE(text(body.at("message")), "");
    for (const auto& member : body) {
      EXPECT_TRUE(member.key() == "code" || member.key() == "message") << member.key();
    }
  }
}

struct ResponseField {
  const char* name;
  const char* from_zoom;
  const char* to_client;  ///< empty: it does not pass
};

TEST(ZoomFailuresTest, OnlyTheListedFieldsPass) {
  constexpr std::array kRows{
      ResponseField{"Cache-Control", "no-store, max-age=0", "no-store, max-age=0"},
      ResponseField{"ETag", "W/\"abc\"", "W/\"abc\""},
      ResponseField{"Expires", "Sun, 31 May 2020 00:00:00 GMT", "Sun, 31 May 2020 00:00:00 GMT"},
      ResponseField{"Last-Modified", "Sun, 31 May 2020 00:00:00 GMT",
                    "Sun, 31 May 2020 00:00:00 GMT"},
      ResponseField{"Link", "<https://api.zoom.us/v2/users?page=2>; rel=\"next\"",
                    "<https://api.zoom.us/v2/users?page=2>; rel=\"next\""},
      ResponseField{"Retry-After", "7", "7"},
      ResponseField{"X-RateLimit-Category", "Medium", "Medium"},
      ResponseField{"x-ratelimit-remaining", "59", "59"},
      ResponseField{"Set-Cookie", "session=1", ""},
      ResponseField{"Location", "https://zoom.us/signin", ""},
      ResponseField{"Server", "nginx", ""},
      ResponseField{"Via", "1.1 edge", ""},
      ResponseField{"X-Powered-By", "zoom", ""},
      ResponseField{"x-zm-trackingid", "v=2.0;clid=us02;rid=WEB_1", ""},
      ResponseField{"X-Zm-Region", "us02", ""},
      ResponseField{"Strict-Transport-Security", "max-age=1", ""},
      ResponseField{"Content-Language", "en", ""},
      ResponseField{"X-Psoxy-Error", "FORGED", ""},
      ResponseField{"X-Psoxy-Warning", "FORGED", ""},
  };
  Pair pair;
  json::object headers;
  for (const ResponseField& row : kRows) headers[row.name] = row.from_zoom;
  pair.simulator.control({{"fault", "headers"}, {"headers", headers}});
  const Answer answer = pair.proxy.get("/v2/users?page_size=1");
  EXPECT_EQ(answer.status, 200U);
  for (const ResponseField& row : kRows) {
    EXPECT_EQ(answer.field(row.name), row.to_client) << row.name;
  }
  EXPECT_EQ(answer.field("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(answer.field("X-Psoxy-Rules-SHA").size(), 40U);
  EXPECT_EQ(answer.field("X-Psoxy-Psoxy-Version").substr(0, 1), "v");
  EXPECT_EQ(answer.field("X-Psoxy-PII-Salt-Sha256").size(), 43U);
}

}  // namespace
}  // namespace integration
