// What a client may send over one connection, awkward or hostile, and its right outcome: the cases
// of tests/attacks/http.jsonl, whose format is told in tests/README.md. Each goes over a plain
// socket to the real proxy with the look-alike behind it, whose statistics tell what reached Zoom.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/attack_case.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// Inside some tokens of the cases, and in Zoom's answer.
constexpr std::string_view kUserId = "z8yAAAAA8bbbQ";
constexpr const char* kUsers =
    R"({"page_size":30,"users":[{"id":"z8yAAAAA8bbbQ","email":"canary.fixture@leak.test",)"
    R"("first_name":"Canary","type":1}]})";

std::vector<std::string> texts(const json::object& object, std::string_view key) {
  const json::value* list = object.if_contains(key);
  return list == nullptr ? std::vector<std::string>()
                         : json::value_to<std::vector<std::string>>(*list);
}

bool flag(const json::object& object, std::string_view key, bool otherwise = false) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? otherwise : value->as_bool();
}

using Codes = std::vector<unsigned>;

struct Case {
  explicit Case(json::object attack) : json(std::move(attack)) {
    codes.push_back(json::value_to<Codes>(json.at("status")));
    if (const json::value* then = json.if_contains("then")) {
      for (const json::value& more : then->as_array()) codes.push_back(json::value_to<Codes>(more));
    }
  }

  [[nodiscard]] std::string id() const { return text(json.at("id")); }
  /// What its id begins with.
  [[nodiscard]] std::string group() const { return id().substr(0, id().find('-')); }
  [[nodiscard]] std::string bytes() const { return zoom_proxy::test::bytes(json, "raw"); }
  /// What Zoom may see as the target of the answer with that number; empty: anything.
  [[nodiscard]] std::vector<std::string> targets(std::size_t answer) const {
    const auto then = texts(json, "then_target");
    if (answer > 0) return answer <= then.size() ? std::vector{then[answer - 1]} : then;
    std::vector<std::string> allowed = texts(json, "upstream_target_alt");
    if (const json::value* first = json.if_contains("upstream_target")) {
      allowed.push_back(text(*first));
    }
    return allowed;
  }

  json::object json;
  std::vector<Codes> codes;  ///< acceptable ones, answer by answer, the best first
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& attack : zoom_proxy::test::read_attacks("../attacks/http.jsonl"))
    cases.emplace_back(attack);
  if (cases.empty()) throw std::runtime_error("tests/attacks/http.jsonl is missing");
  return cases;
}

std::set<std::string> groups() {
  std::set<std::string> names;
  for (const Case& attack : all_cases()) names.insert(attack.group());
  return names;
}

bool any_of(const Codes& codes, unsigned code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// The bytes go out in pieces of the case's size; the proxy may close before the last of them.
void send_all(Client& client, const Case& attack) {
  const std::string bytes = attack.bytes();
  const json::value* size = attack.json.if_contains("write_size");
  const auto piece = size == nullptr ? bytes.size() : size->to_number<std::size_t>();
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      client.send(std::string_view(bytes).substr(at, piece));
    }
  } catch (const std::runtime_error&) {
    return;
  }
  if (flag(attack.json, "half_close")) client.finish_sending();
}

/// All that comes until the proxy closes. Throws when it keeps a connection that it must close.
std::vector<Answer> play(std::uint16_t port, const Case& attack) {
  Client client(port);
  send_all(client, attack);
  const bool to_head = attack.bytes().starts_with("HEAD ");
  const bool closes = flag(attack.json, "closes", true);
  std::vector<Answer> answers;
  for (;;) {
    if (!closes && answers.size() == attack.codes.size()) client.finish_sending();
    Answer answer = client.read_answer(to_head && answers.empty());
    if (answer.status == 0) return answers;
    answers.push_back(std::move(answer));
  }
}

void expect_answers(const Case& attack, const std::vector<Answer>& answers) {
  if (answers.empty()) {
    EXPECT_TRUE(any_of(attack.codes[0], 0)) << "closed without an answer";
  }
  EXPECT_LE(answers.size(), attack.codes.size()) << "more answers than requests";
  for (std::size_t i = 0; i < std::min(answers.size(), attack.codes.size()); ++i) {
    const Answer& answer = answers[i];
    EXPECT_TRUE(any_of(attack.codes[i], answer.status)) << "answer " << i << ": " << answer.status;
    EXPECT_EQ(answer.end, End::whole) << "answer " << i;
    const std::string all = answer.head + answer.body;
    EXPECT_EQ(canaries(answer), "");
    EXPECT_EQ(all.find(kUserId), std::string::npos);
    for (const auto& absent : texts(attack.json, "must_not_see")) {
      EXPECT_EQ(all.find(absent), std::string::npos) << absent;
    }
  }
  const bool may_stop = flag(attack.json, "then_optional") || answers.empty() ||
                        answers.back().status >= 400 || answers.size() >= attack.codes.size() ||
                        any_of(attack.codes[answers.size()], 0);
  EXPECT_TRUE(may_stop) << "only " << answers.size() << " answers";
}

/// What has reached Zoom's API.
struct Calls {
  std::vector<std::string> targets;
  std::string heads;  ///< of all of them
};

/// One call to Zoom for each 200 that is not the proxy's own, in their order.
void expect_calls(const Case& attack, const std::vector<Answer>& answers, const Calls& calls) {
  std::size_t expected = 0;
  bool best = answers.size() == attack.codes.size();
  for (std::size_t i = 0; i < std::min(answers.size(), attack.codes.size()); ++i) {
    best = best && answers[i].status == attack.codes[i].front();
    if (answers[i].status != 200 || flag(attack.json, "local")) continue;
    const auto allowed = attack.targets(i);
    if (expected < calls.targets.size() && !allowed.empty()) {
      EXPECT_TRUE(std::ranges::find(allowed, calls.targets[expected]) != allowed.end())
          << calls.targets[expected];
    }
    ++expected;
  }
  EXPECT_EQ(calls.targets.size(), expected) << "calls to Zoom";
  if (best) {
    EXPECT_EQ(calls.targets.size(), attack.json.at("forwarded").to_number<std::size_t>());
  }
  if (expected > 0) {
    EXPECT_NE(calls.heads.find("Authorization: Bearer "), std::string::npos) << calls.heads;
  }
  for (const auto& absent : texts(attack.json, "upstream_must_not_see")) {
    EXPECT_EQ(calls.heads.find(absent), std::string::npos) << absent;
  }
}

/// The processes that cases are played against, one after another: whatever a case did to the
/// proxy, the next one meets.
class Range {
 public:
  explicit Range(const std::string& more = {}) : pair_({}, options(more)) {
    pair_.simulator.control({{"fault", "status"}, {"status", 200}, {"body", kUsers}});
  }

  void play_and_check(const Case& attack) {
    SCOPED_TRACE(attack.id() + ": " + text(attack.json.at("why")));
    try {
      const std::vector<Answer> answers = play(pair_.proxy.port(), attack);
      expect_answers(attack, answers);
      expect_calls(attack, answers, new_calls());
      EXPECT_EQ(pair_.proxy.get("/v2/users").status, 200U) << "the next client is not served";
      EXPECT_EQ(new_calls().targets.size(), 1U);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }

  void expect_clean_log() const {
    const std::string log = pair_.proxy.log();
    EXPECT_EQ(canaries(log), "");
    EXPECT_EQ(log.find(kUserId), std::string::npos);
  }

 private:
  static ProxyOptions options(const std::string& more) {
    return {.algorithm = "psoxy",  // the tokens in the cases were made so
            .salt = "salt",
            .encryption_key = "secret",
            .more = "timeouts: {client_head_seconds: 2}\n" + more};
  }

  /// The calls since the last time.
  Calls new_calls() {
    const json::object stats = pair_.simulator.stats();
    const auto& lines = stats.at("targets").as_array();
    const auto& fields = stats.at("fields").as_array();
    const auto now = stats.at("api_requests").to_number<std::size_t>();
    Calls calls;
    for (std::size_t back = 1; now - seen_ > calls.targets.size(); ++back) {
      const std::string line = text(lines.at(lines.size() - back));
      if (line.starts_with("POST /oauth/")) continue;
      calls.targets.push_back(line.substr(line.find(' ') + 1));
      calls.heads += line + "\n" + text(fields.at(fields.size() - back));
    }
    seen_ = now;
    std::reverse(calls.targets.begin(), calls.targets.end());
    return calls;
  }

  Pair pair_;
  std::size_t seen_ = 0;  ///< calls to Zoom that have been looked at
};

/// One range for all groups.
class HttpAttacks : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { range = std::make_unique<Range>(); }
  static void TearDownTestSuite() { range.reset(); }
  static std::unique_ptr<Range> range;
};
std::unique_ptr<Range> HttpAttacks::range;

TEST_P(HttpAttacks, EndAsTheyMust) {
  for (const Case& attack : all_cases()) {
    if (attack.group() == GetParam()) range->play_and_check(attack);
  }
  range->expect_clean_log();
}

INSTANTIATE_TEST_SUITE_P(All, HttpAttacks, testing::ValuesIn(groups()),
                         [](const auto& group) { return group.param; });

/// Settings under which a POST may have a body: the built-in rules allow none, so that it is not
/// even read.
std::string allow_bodies(const TemporaryDirectory& directory) {
  const std::string rules = directory.file("rules.yaml");
  std::ofstream(rules) << "endpoints:\n"
                          "  - pathTemplate: /v2/users\n"
                          "    responseSchema: {type: object, properties: {page_size: {}}}\n";
  return "rules: {file: '" + rules + "'}\n";
}

TEST(HttpAttacksOnBodies, EndAsTheyMustWhereTheRulesAllowBodies) {
  const TemporaryDirectory directory;
  Range range(allow_bodies(directory));
  std::size_t played = 0;
  for (Case& attack : all_cases()) {
    const json::value* allowed = attack.json.if_contains("allowed");
    if (allowed == nullptr) continue;
    attack.codes.front() = json::value_to<Codes>(allowed->at("status"));
    attack.json["forwarded"] = allowed->at("forwarded");
    range.play_and_check(attack);
    ++played;
  }
  EXPECT_GT(played, 0U);
  range.expect_clean_log();
}

TEST(HttpAttacksOnBodies, AClientThatStallsInItsBodyIsCut) {
  const TemporaryDirectory directory;
  const Pair pair({}, {.more = allow_bodies(directory) + "timeouts: {idle_seconds: 0.2}\n"});
  Client client(pair.proxy.port());
  client.send("POST /v2/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhel");
  EXPECT_EQ(client.read_answer().status, 0U);  // well before timeouts.total_seconds
}

}  // namespace
}  // namespace integration
