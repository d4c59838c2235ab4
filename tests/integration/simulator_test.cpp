// The look-alike itself: what the other tests rely on.

#include <gtest/gtest.h>

#include <set>

#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

constexpr const char* kForm = "grant_type=account_credentials&account_id=simulator-account";
constexpr const char* kBasic = "Basic c2ltdWxhdG9yLWNsaWVudDpzaW11bGF0b3Itc2VjcmV0";

class SimulatorTest : public ::testing::Test {
 protected:
  Answer call(const std::string& target) {
    Client client(simulator.port(), simulator.ca_file());
    return client.get(target, {{"Authorization", "Bearer " + token()}});
  }
  Answer token_answer(const std::string& form, const std::string& authorization = kBasic) {
    Client client(simulator.port(), simulator.ca_file());
    return client.request(
        "POST", "/oauth/token",
        {{"Authorization", authorization}, {"Content-Type", "application/x-www-form-urlencoded"}},
        form);
  }
  std::string token() { return text(object(token_answer(kForm)).at("access_token")); }

  Simulator simulator;
};

TEST_F(SimulatorTest, RefusesWrongCredentialsAsZoomDoes) {
  const Answer client = token_answer(kForm, "Basic eDp5");
  EXPECT_EQ(client.status, 400U);
  EXPECT_EQ(client.body,
            R"({"reason":"Invalid client_id or client_secret","error":"invalid_client"})");
  const Answer account = token_answer("grant_type=account_credentials&account_id=other");
  EXPECT_EQ(account.status, 400U);
  EXPECT_EQ(account.body, R"({"reason":"Bad Request","error":"invalid_request"})");
}

TEST_F(SimulatorTest, WantsAGoodTokenAndForgetsRevokedOnes) {
  Client client(simulator.port(), simulator.ca_file());
  EXPECT_EQ(client.get("/v2/users").status, 401U);
  const Headers headers = {{"Authorization", "Bearer " + token()}};
  EXPECT_EQ(client.get("/v2/users", headers).status, 200U);
  simulator.control({{"fault", "revoked_token"}});
  const Answer answer = client.get("/v2/users", headers);
  EXPECT_EQ(answer.status, 401U);
  EXPECT_EQ(object(answer).at("code"), 124);
}

TEST_F(SimulatorTest, HoldsAnswersUntilTheyAreReleased) {
  const std::string authorization = "Authorization: Bearer " + token() + "\r\n";
  const auto release = [&](int way) {
    way == 0 ? void(simulator.control({{"fault", "release"}})) : simulator.reset();
  };
  for (const int way : {0, 1}) {
    simulator.control({{"fault", "hold"}, {"times", 1}});
    Client client(simulator.port(), simulator.ca_file());
    client.send("GET /v2/users HTTP/1.1\r\nHost: localhost\r\n" + authorization + "\r\n");
    simulator.wait_until("held", [](auto answers) { return answers == 1; });
    release(way);
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.get("/v2/users", {{"Authorization", "Bearer " + token()}}).status, 200U);
  }
}

TEST_F(SimulatorTest, PagesReachEveryUserOnce) {
  std::set<std::string> emails;
  std::string next;
  do {
    const auto page = object(call("/v2/users?page_size=300&next_page_token=" + next));
    for (const auto& user : page.at("users").as_array()) {
      EXPECT_TRUE(emails.insert(text(user.at("email"))).second);
    }
    next = text(page.at("next_page_token"));
  } while (!next.empty());
  EXPECT_EQ(emails.size(), 2880U);  // of 3000, one in fifty is inactive, one pending
}

TEST_F(SimulatorTest, PageTokensHoldForTheirQueryOnly) {
  const auto page = object(call("/v2/users?page_size=10"));
  const std::string next = text(page.at("next_page_token"));
  EXPECT_EQ(call("/v2/users?page_size=10&next_page_token=" + next).status, 200U);
  const Answer other = call("/v2/users?page_size=10&status=inactive&next_page_token=" + next);
  EXPECT_EQ(other.status, 400U);
  EXPECT_EQ(object(other).at("code"), 300);
}

TEST_F(SimulatorTest, TakesUuidsHoweverEncoded) {
  const Example example = simulator.example();
  EXPECT_EQ(example.meetings[0].uuid.front(), '/');
  EXPECT_NE(example.meetings[2].uuid.find('+'), std::string::npos);
  EXPECT_NE(example.meetings[3].uuid.find("//"), std::string::npos);
  for (const auto& meeting : example.meetings) {
    const std::string once = percent_encode(meeting.uuid);
    for (const auto& id : {meeting.uuid, once, percent_encode(once)}) {
      const Answer answer = call("/v2/past_meetings/" + id);
      ASSERT_EQ(answer.status, 200U) << id;
      EXPECT_EQ(text(object(answer).at("uuid")), meeting.uuid);
    }
  }
}

TEST_F(SimulatorTest, SameSeedSameData) {
  Simulator same;
  Simulator other({"--seed", "2"});
  EXPECT_EQ(same.example(7).user_id, simulator.example(7).user_id);
  EXPECT_NE(other.example(7).user_id, simulator.example(7).user_id);
}

TEST_F(SimulatorTest, AnswersHoldWhatMustNotLeave) {
  const Example example = simulator.example();
  for (const auto& target : {"/v2/users", "/v2/users/none@corp.example/meetings"}) {
    EXPECT_NE(canaries(call(target)), "") << target;
  }
  EXPECT_NE(canaries(call("/v2/users/" + example.email + "/recordings").body), "");
}

TEST_F(SimulatorTest, FaultsCanBeGivenAtTheStart) {
  Simulator faulty({"--fault", R"({"fault":"status","status":503,"path":"/oauth"})", "--fault",
                    R"({"fault":"headers","headers":{"X-Fault":"two"},"path":"/oauth"})"});
  Client client(faulty.port(), faulty.ca_file());
  const Answer answer = client.request("POST", "/oauth/token", {}, kForm);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.field("X-Fault"), "two");
}

TEST_F(SimulatorTest, FaultsEndAfterTheirTimes) {
  simulator.control({{"fault", "html"}, {"times", 2}});
  EXPECT_EQ(call("/v2/users").field("Content-Type"), "text/html;charset=UTF-8");
  EXPECT_EQ(call("/v2/users").field("Content-Type"), "text/html;charset=UTF-8");
  EXPECT_EQ(call("/v2/users").field("Content-Type"), "application/json;charset=UTF-8");
}

TEST_F(SimulatorTest, EndsWithItsInput) {
  TemporaryDirectory directory;
  Process process({ZOOM_SIMULATOR_BINARY, "--directory", directory.path(), "--until-stdin-closes"});
  process.wait_for_line([](const auto&) { return true; });
  process.close_input();
  EXPECT_EQ(process.wait(), 0);
}

}  // namespace
}  // namespace integration
