// tests/attacks/jwt.jsonl against the real server: every token, made by its recipe.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <regex>
#include <set>

#include "tests/attack_case.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/server/auth/token_maker.hpp"
#include "tests/server/tls_server.hpp"

namespace integration {
namespace {

using zoom_proxy::testing::base64url;
using zoom_proxy::testing::Peer;
using zoom_proxy::testing::TestCa;
using zoom_proxy::testing::TlsServer;
using zoom_proxy::testing::TokenMaker;

constexpr const char* kAllowed = "worklytics@tenant.iam.gserviceaccount.com";
constexpr const char* kAllowedSub = "112233445566778899001";

struct Case {
  explicit Case(json::object attack) : json(std::move(attack)) {}
  [[nodiscard]] std::string id() const { return text(json.at("id")); }
  /// What its id begins with.
  [[nodiscard]] std::string group() const { return id().substr(0, id().find('-')); }
  [[nodiscard]] std::vector<std::string> mangles() const {
    return json::value_to<std::vector<std::string>>(json.at("mangle"));
  }
  json::object json;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& attack : zoom_proxy::test::read_attacks("../attacks/jwt.jsonl"))
    cases.emplace_back(attack);
  if (cases.empty()) throw std::runtime_error("tests/attacks/jwt.jsonl is missing");
  return cases;
}

std::set<std::string> groups() {
  std::set<std::string> names;
  for (const Case& attack : all_cases()) names.insert(attack.group());
  return names;
}

/// The exact text of a header or of claims: `"$now+N"` becomes seconds, `"$now_ms+N"` milliseconds,
/// `"$text-now+N"` seconds as a string.
std::string rendered(const json::value& value) {
  std::string in = value.is_string() ? text(value) : json::serialize(value);
  static const std::regex kTime(R"re("\$(now|now_ms|text-now)([+-]\d+)(\.\d+)?")re");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  std::string out;
  for (std::smatch found; std::regex_search(in, found, kTime); in = found.suffix()) {
    const bool milliseconds = found[1] == "now_ms";
    const std::string number =
        std::to_string((milliseconds ? seconds * 1000 : seconds) + std::stoll(found[2])) +
        found[3].str();
    out += found.prefix().str() + (found[1] == "text-now" ? '"' + number + '"' : number);
  }
  return out + in;
}

struct Parts {
  std::string header;
  std::string claims;
  std::string signature;
  [[nodiscard]] std::string joined() const { return header + '.' + claims + '.' + signature; }
};

Parts take_apart(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  return {token.substr(0, first), token.substr(first + 1, last - first - 1),
          token.substr(last + 1)};
}

void flip_middle(std::string& part) {
  char& c = part.at(part.size() / 2);
  c = c == 'A' ? 'B' : 'A';
}

std::string full_groups(std::string part) {
  while (part.size() % 4 != 0) part += '=';
  return part;
}

std::string standard_alphabet(std::string part) {
  for (char& c : part) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return part;
}

/// Another character of the same meaning: two bits of the last one are the signature's.
void set_unused_bits(std::string& signature) {
  if (signature.size() % 4 != 2) throw std::runtime_error("not the length of an RS256 signature");
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  signature.back() = kAlphabet.at(kAlphabet.find(signature.back()) | 1U);
}

class Request {
 public:
  Request(const TokenMaker& maker, const Case& attack, std::string header)
      : maker_(maker), recipe_(text(attack.json.at("sign"))), header_(std::move(header)) {
    claims_ = rendered(attack.json.at("claims"));
    token_ = maker.token(header_, claims_, recipe_);
    for (const std::string& mangle : attack.mangles()) {
      if (!spoil_signed(mangle) && !spoil_token(mangle) && !spoil_request(mangle))
        throw std::runtime_error("no such mangle: " + mangle);
    }
    if (!placed_) headers_.emplace_back("Authorization", "Bearer " + token_);
  }
  [[nodiscard]] const Headers& headers() const { return headers_; }

 private:
  /// Signs texts of which the parts are encoded in another way.
  void sign_encoded(const std::function<std::string(std::string)>& encode) {
    const std::string input = encode(base64url(header_)) + '.' + encode(base64url(claims_));
    token_ = input + '.' + encode(base64url(maker_.signature(input, recipe_, "")));
  }

  bool spoil_signed(const std::string& mangle) {
    if (mangle == "pad-all") {
      sign_encoded(full_groups);
    } else if (mangle == "standard-base64") {
      sign_encoded(standard_alphabet);
      if (token_.find_first_of("+/") == token_.npos)
        throw std::runtime_error("the token means the same in both alphabets");
    } else if (mangle == "pad-claims-100k") {
      claims_.insert(1, "\"padding\":\"" + std::string(100'000, 'x') + "\",");
      token_ = maker_.token(header_, claims_, recipe_);
    } else {
      return false;
    }
    return true;
  }

  bool spoil_token(const std::string& mangle) {
    Parts parts = take_apart(token_);
    if (mangle == "drop-signature") {
      parts.signature.clear();
    } else if (mangle == "drop-payload") {
      parts.claims.clear();
    } else if (mangle == "flip-header-char") {
      flip_middle(parts.header);
    } else if (mangle == "flip-payload-char") {
      flip_middle(parts.claims);
    } else if (mangle == "swap-signature") {
      const std::string other = claims_.substr(0, claims_.size() - 1) + ",\"jti\":\"2\"}";
      parts.signature = take_apart(maker_.token(header_, other, recipe_)).signature;
    } else if (mangle == "space-in-signature") {
      parts.signature.insert(parts.signature.size() / 2, " ");
    } else if (mangle == "signature-removed-by-google") {
      parts.signature = "SIGNATURE_REMOVED_BY_GOOGLE";
    } else if (mangle == "pad-signature") {
      parts.signature = full_groups(parts.signature);
    } else if (mangle == "noncanonical-signature") {
      set_unused_bits(parts.signature);
    } else {
      return spoil_form(mangle, parts);
    }
    token_ = parts.joined();
    return true;
  }

  bool spoil_form(const std::string& mangle, const Parts& parts) {
    if (mangle == "drop-signature-and-dot") {
      token_ = parts.header + '.' + parts.claims;
    } else if (mangle == "json-serialization") {
      token_ = R"({"payload":")" + parts.claims + R"(","protected":")" + parts.header +
               R"(","signature":")" + parts.signature + "\"}";
    } else if (mangle == "percent-encoded") {
      token_ = parts.header + "%2E" + parts.claims + "%2E" + parts.signature;
    } else if (mangle == "token-100k-garbage") {
      token_ = std::string(100'000, 'A');
    } else {
      return false;
    }
    return true;
  }

  bool spoil_request(const std::string& mangle) {
    placed_ = true;
    const std::map<std::string, Headers> places{
        {"uppercase-bearer", {{"Authorization", "BEARER " + token_}}},
        {"no-header", {}},
        {"only-scheme", {{"Authorization", "Bearer"}}},
        {"no-scheme", {{"Authorization", token_}}},
        {"dpop-scheme", {{"Authorization", "DPoP " + token_}}},
        {"in-cookie", {{"Cookie", "access_token=" + token_}}},
        {"in-x-serverless-authorization", {{"X-Serverless-Authorization", "Bearer " + token_}}},
        {"in-x-psoxy-authorization", {{"X-Psoxy-Authorization", "Bearer " + token_}}},
        {"duplicate-header-same",
         {{"Authorization", "Bearer " + token_}, {"Authorization", "Bearer " + token_}}},
    };
    const auto place = places.find(mangle);
    if (place == places.end()) return false;
    headers_ = place->second;
    return true;
  }

  const TokenMaker& maker_;
  std::string recipe_;
  std::string header_;
  std::string claims_;
  std::string token_;
  bool placed_ = false;
  Headers headers_;
};

/// The issuer, Zoom's look-alike and the proxy, against which cases are played one after another.
class Range {
 public:
  void play_and_check(const Case& attack) {
    SCOPED_TRACE(attack.id() + ": " + text(attack.json.at("why")));
    const int fetches = fetches_;
    const auto calls = simulator_.stat("api_requests");
    const Request request(maker_, attack, with_trap(rendered(attack.json.at("header"))));
    const Answer answer = proxy_.get("/v2/users?page_size=1", request.headers());
    const auto right = json::value_to<std::set<unsigned>>(attack.json.at("status"));
    EXPECT_TRUE(right.contains(answer.status)) << answer.status << ": " << answer.body;
    EXPECT_EQ(simulator_.stat("api_requests"), calls + (answer.status == 200 ? 1 : 0));
    if (answer.status != 200) expect_refusal(answer);
    if (const json::value* most = attack.json.if_contains("jwks_requests_max")) {
      EXPECT_LE(fetches_ - fetches, most->as_int64());
    }
    expect_good_token_served();
  }

  void expect_good_token_served() {
    const std::string token = maker_.token(
        R"({"alg":"ES256","kid":"ec-1"})",
        rendered(json::parse(R"({"iss":"accounts.google.com","aud":"aud-two","sub":")" +
                             std::string(kAllowedSub) + R"(","exp":"$now+60"})")),
        "ES256-good-key");
    const Headers headers{{"Authorization", "Bearer " + token}};
    EXPECT_EQ(proxy_.get("/v2/users?page_size=1", headers).status, 200U);
  }

  void expect_clean_end() {
    EXPECT_EQ(trap_.accepted(), 0) << "a pointer in a token was followed";
    const std::string log = proxy_.log();
    for (const char* part : {"eyJ", kAllowed, kAllowedSub, "evil", "proxy.example", "rsa-1"})
      EXPECT_EQ(log.find(part), std::string::npos) << part;
    EXPECT_EQ(canaries(log), "");
  }

 private:
  static void expect_refusal(const Answer& answer) {
    const json::object body = object(answer);
    EXPECT_EQ(body.at("error").as_string(), answer.field("X-Psoxy-Error"));
    EXPECT_EQ(answer.field("WWW-Authenticate").starts_with("Bearer"), answer.status == 401);
    for (const char* part : {"eyJ", kAllowed, kAllowedSub, "evil"})
      EXPECT_EQ(answer.body.find(part), std::string::npos) << part;
  }

  /// A loopback address in a token leads to a port that tells whether anybody came.
  [[nodiscard]] std::string with_trap(std::string header) const {
    const std::string name = "127.0.0.1:9090";
    if (const auto at = header.find(name); at != header.npos)
      header.replace(at, name.size(), "127.0.0.1:" + trap_.origin().port);
    return header;
  }

  void serve_keys(Peer& peer) {
    if (peer.read_request().empty()) return;
    ++fetches_;
    peer.write(zoom_proxy::testing::answer(200, key_set_));
    peer.wait_until_closed();
  }

  [[nodiscard]] ProxyOptions options() const {
    return {.inbound_auth =
                "\n  mode: oidc\n"
                "  oidc:\n"
                "    issuers: [https://accounts.google.com, accounts.google.com]\n"
                "    audiences: [https://proxy.example, aud-two]\n"
                "    allowed: [" +
                std::string(kAllowed) + ", \"" + kAllowedSub +
                "\"]\n"
                "    jwks_url: " +
                issuer_.url("/keys") +
                "\n"
                "    ca_file: " +
                ca_.file() + "\n"};
  }

  TokenMaker maker_;
  const std::string key_set_ = maker_.key_set();
  std::atomic<int> fetches_{0};
  TestCa ca_;
  TlsServer issuer_{ca_, [this](Peer& peer) { serve_keys(peer); }};
  TlsServer trap_{ca_, [](Peer&) {}};
  Simulator simulator_;
  Proxy proxy_{simulator_, options()};
};

/// One range for all groups.
class JwtAttacks : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { range = std::make_unique<Range>(); }
  static void TearDownTestSuite() { range.reset(); }
  static std::unique_ptr<Range> range;
};
std::unique_ptr<Range> JwtAttacks::range;

TEST_P(JwtAttacks, EndAsTheyMust) {
  for (const Case& attack : all_cases()) {
    if (attack.group() == GetParam()) range->play_and_check(attack);
  }
  range->expect_clean_end();
}

INSTANTIATE_TEST_SUITE_P(All, JwtAttacks, testing::ValuesIn(groups()),
                         [](const auto& group) { return group.param; });

}  // namespace
}  // namespace integration
