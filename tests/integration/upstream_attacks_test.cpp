// What Zoom may do wrong, case by case: tests/attacks/upstream.jsonl, the format in
// tests/README.md. One server plays Zoom and says the case's bytes; UPSTREAM_ATTACK=ID plays one
// case alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <semaphore>

#include "tests/attack_case.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/raw_server.hpp"

namespace integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using zoom_proxy::test::bytes;
using zoom_proxy::testing::TestCa;

constexpr std::string_view kBearer = "Authorization: Bearer testtoken\r\n";
constexpr std::string_view kToken = R"({"access_token":"testtoken","expires_in":3600})";
constexpr std::string_view kUser =
    R"({"id":"z8yAAAAA8bbbQ","email":"canary.fixture@leak.test","first_name":"Canary","type":1})";

std::string text_or(const json::object& attack, std::string_view key, const char* otherwise) {
  const json::value* value = attack.if_contains(key);
  return value == nullptr ? otherwise : text(*value);
}

std::string time_text(const char* format, seconds from_now) {
  const std::time_t when = std::time(nullptr) + from_now.count();
  std::tm utc{};
  gmtime_r(&when, &utc);
  std::array<char, 64> buffer{};
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &utc)};
}

std::string fill_in(std::string bytes) {
  const std::pair<const char*, std::string> places[] = {
      {"@@ISO+90@@", time_text("%Y-%m-%dT%H:%M:%SZ", seconds(90))},
      {"@@ISO_MS+90@@", time_text("%Y-%m-%dT%H:%M:%S.250Z", seconds(90))},
      {"@@HTTPDATE+90@@", time_text("%a, %d %b %Y %H:%M:%S GMT", seconds(90))},
      {"@@TOKEN@@", "testtoken"}};
  for (const auto& [place, value] : places) {
    const std::size_t at = bytes.find(place);
    if (at != std::string::npos) bytes.replace(at, std::string(place).size(), value);
  }
  return bytes;
}

/// One line of the file, with what both sides need while it is played.
struct Attack {
  explicit Attack(json::object line) : what(std::move(line)) {
    if (what.contains("response_b64") || what.contains("response_parts"))
      response = fill_in(bytes(what, "response"));
  }
  [[nodiscard]] std::string id() const { return text(what.at("id")); }
  [[nodiscard]] std::string action() const { return text_or(what, "action", ""); }
  [[nodiscard]] std::string after() const { return text_or(what, "after", "keep"); }
  [[nodiscard]] bool at_token_endpoint() const { return what.contains("endpoint"); }
  /// A time-out of the proxy ends it.
  [[nodiscard]] bool is_slow() const {
    return after() == "stall" || after() == "drip" || action().starts_with("stall-") ||
           action() == "drip-body";
  }

  json::object what;
  std::string response;
  std::binary_semaphore client_has_answer{0};
  std::binary_semaphore pushed{0};
};

std::string as_json(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// What Zoom says when nothing is wrong.
std::string good_answer(const std::string& request) {
  if (!request.starts_with("HEAD") && request.find(kBearer) == std::string::npos) {
    ADD_FAILURE() << "a call to Zoom without the proxy's token: " << request;
  }
  const std::string body = R"({"page_size":30,"users":[)" + std::string(kUser) + "]}";
  const std::string answer = as_json(body);
  return request.starts_with("HEAD") ? answer.substr(0, answer.size() - body.size()) : answer;
}

/// Zoom's two endpoints, each of which may be told to misbehave.
class FaultyZoom {
 public:
  /// Nothing: all is well again, on the connections that are open.
  void play(std::shared_ptr<Attack> attack) {
    if (attack) {
      api_.drop_connections();
      api_requests = 0;
      token_requests = 0;
    }
    const std::lock_guard lock(mutex_);
    attack_ = std::move(attack);
  }
  [[nodiscard]] ProxyOptions options(const std::string& more) const {
    return {.api_url = api_.url(),
            .token_url = token_.url() + "/oauth/token",
            .ca_file = ca_.file(),
            .more = more};
  }

  std::atomic<int> api_requests{0};
  std::atomic<int> token_requests{0};

 private:
  [[nodiscard]] std::shared_ptr<Attack> attack(bool at_token_endpoint) {
    const std::lock_guard lock(mutex_);
    return attack_ && attack_->at_token_endpoint() == at_token_endpoint ? attack_ : nullptr;
  }
  void serve_api(RawServer& server, RawConnection& connection);
  void serve_token(RawServer& server, RawConnection& connection);

  TestCa ca_;
  std::mutex mutex_;
  std::shared_ptr<Attack> attack_;
  RawServer api_{ca_, [this](RawServer& s, RawConnection& c) { serve_api(s, c); }};
  RawServer token_{ca_, [this](RawServer& s, RawConnection& c) { serve_token(s, c); }};
};

// ---- Faults. Each returns whether another request may follow on the connection. ----

bool write_bytes(RawConnection& connection, Attack& attack) {
  const json::value* size = attack.what.if_contains("write_size");
  const bool sent = size == nullptr ? connection.write(attack.response)
                                    : connection.write(attack.response,
                                                       static_cast<std::size_t>(size->as_int64()));
  if (!sent) return false;
  if (attack.what.contains("then_push_b64")) {
    if (!attack.client_has_answer.try_acquire_for(seconds(20))) return false;
    connection.write(bytes(attack.what, "then_push"));
    attack.pushed.release();
  }
  if (attack.after() == "close") connection.close();
  if (attack.after() == "raw-close") connection.cut();
  if (attack.after() == "drip") {
    const std::string piece = bytes(attack.what, "drip");
    while (connection.pause(milliseconds(10)) && connection.write(piece)) {
    }
  }
  if (attack.after() != "keep") connection.wait_until_closed();
  return attack.after() == "keep";
}

bool stall_head(RawConnection& connection) {
  connection.wait_until_closed();
  return false;
}

bool stall_half_head(RawConnection& connection) {
  connection.write("HTTP/1.1 200 OK\r\nContent-Ty");
  connection.wait_until_closed();
  return false;
}

bool drip_body(RawConnection& connection, const std::string& good) {
  const std::size_t body = good.find("\r\n\r\n") + 4;
  connection.write(good.substr(0, body));
  for (const char byte : good.substr(body)) {
    if (!connection.write({&byte, 1}) || !connection.pause(seconds(1))) break;
  }
  return false;
}

bool garbage(RawConnection& connection) {
  std::mt19937 random(4096);
  std::string bytes(4096, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  connection.write(bytes);
  connection.close();
  connection.wait_until_closed();
  return false;
}

bool data_after_close_notify(RawConnection& connection, const std::string& good) {
  SSL_shutdown(connection.ssl());
  SSL_set_shutdown(connection.ssl(), 0);  // so that OpenSSL goes on writing
  connection.write(good);
  connection.wait_until_closed();
  return false;
}

bool flood_key_updates(RawConnection& connection, const std::string& good) {
  for (int i = 0; i < 10'000; ++i) {
    if (SSL_key_update(connection.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
        SSL_do_handshake(connection.ssl()) != 1) {
      return false;
    }
  }
  return connection.write(good);
}

bool flood_tickets(RawConnection& connection, const std::string& good) {
  for (int i = 0; i < 1000; ++i) {
    if (SSL_new_session_ticket(connection.ssl()) != 1 || SSL_do_handshake(connection.ssl()) != 1) {
      return false;
    }
  }
  return connection.write(good);
}

bool misbehave(RawConnection& connection, Attack& attack, int served, const std::string& request) {
  const std::string action = attack.action();
  const std::string good = good_answer(request);
  if (action.empty()) return write_bytes(connection, attack);
  if (action == "stall-head") return stall_head(connection);
  if (action == "stall-half-head") return stall_half_head(connection);
  if (action == "drip-body") return drip_body(connection, good);
  if (action == "garbage") return garbage(connection);
  if (action == "close-notify-then-data") return data_after_close_notify(connection, good);
  if (action == "key-update-flood") return flood_key_updates(connection, good);
  if (action == "ticket-flood") return flood_tickets(connection, good);
  if (action == "reset-on-second-request" && served == 1) {
    connection.reset();
    return false;
  }
  return connection.write(good);
}

/// Faults before a request. True when that was all of this connection.
bool misbehave_at_once(const RawServer& server, RawConnection& connection,
                       const std::string& action) {
  static const std::map<std::string, Face> kFaces = {
      {"tls-wrong-host", Face::wrong_host},
      {"tls-self-signed", Face::self_signed},
      {"tls-unknown-ca", Face::unknown_authority},
      {"tls-client-cert", Face::asks_for_certificate},
      {"tls-1.1", Face::tls_1_1}};
  if (action == "close-after-accept") return true;
  if (action == "reset-after-accept") {
    connection.reset();
    return true;
  }
  if (action == "tls-alert") {
    connection.read_plain();
    connection.write_plain({"\x15\x03\x03\x00\x02\x02\x28", 7});  // fatal, handshake_failure
    return true;
  }
  if (const auto face = kFaces.find(action); face != kFaces.end()) {
    connection.shake_hands(server.context(face->second));
    return true;
  }
  if (action == "close-mid-read") {
    connection.shake_hands(server.context(Face::good));
    connection.close();
    return true;
  }
  if (action == "early-response") {
    connection.shake_hands(server.context(Face::good), as_json(R"({"page_size":666})"));
    while (!connection.read_request().empty()) connection.write(as_json(R"({"page_size":7})"));
    return true;
  }
  return false;
}

void FaultyZoom::serve_api(RawServer& server, RawConnection& connection) {
  const auto at_first = attack(false);
  if (at_first && misbehave_at_once(server, connection, at_first->action())) return;
  if (!connection.shake_hands(server.context(Face::good))) return;
  for (int served = 0;; ++served) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    ++api_requests;
    const auto now = attack(false);
    const bool more =
        now ? misbehave(connection, *now, served, request) : connection.write(good_answer(request));
    if (!more) return;
  }
}

void FaultyZoom::serve_token(RawServer& server, RawConnection& connection) {
  if (!connection.shake_hands(server.context(Face::good))) return;
  while (!connection.read_request().empty()) {
    ++token_requests;
    const auto now = attack(true);
    if (!(now ? write_bytes(connection, *now) : connection.write(as_json(kToken)))) return;
  }
}

// ---- What must come of it. ----

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

void check_status(const json::object& attack, const Answer& answer) {
  const json::array& right = attack.at("expect").as_array();
  EXPECT_NE(std::find(right.begin(), right.end(), json::value(answer.status)), right.end())
      << answer.status << " is not among " << json::serialize(right) << ": " << answer.body;
}

void check_retry_after(const json::value& range, const std::string& value) {
  if (range.is_null()) {
    EXPECT_TRUE(value.empty() || is_number(value)) << value;
    return;
  }
  ASSERT_TRUE(is_number(value)) << value;
  EXPECT_GE(std::stoi(value), range.at(0).as_int64());
  EXPECT_LE(std::stoi(value), range.at(1).as_int64());
}

void check_texts(const json::object& attack, const Answer& answer) {
  const std::string all = lower(answer.head + answer.body);
  for (const json::value& absent : attack.at("client_must_not_see").as_array()) {
    EXPECT_EQ(all.find(lower(text(absent))), std::string::npos) << absent << "\n" << all;
  }
  if (const json::value* names = attack.if_contains("client_must_see")) {
    for (const json::value& name : names->as_array()) EXPECT_NE(answer.field(text(name)), "");
  }
}

void check(const json::object& attack, const Answer& answer) {
  check_status(attack, answer);
  check_texts(attack, answer);
  if (const json::value* cause = attack.if_contains("error")) {
    EXPECT_EQ(answer.field("X-Psoxy-Error"), text(*cause));
  }
  if (answer.status != 200 && answer.status / 100 != 2) {
    EXPECT_NE(answer.field("X-Psoxy-Error"), "");
  }
  if (const json::value* range = attack.if_contains("retry_after")) {
    check_retry_after(*range, answer.field("Retry-After"));
  }
  const bool must_break = attack.contains("clean_end") && answer.status == 200;
  EXPECT_EQ(answer.end != End::whole, must_break) << answer.body.size() << " bytes";
}

void check_most(const json::object& attack, std::string_view key, int count) {
  if (const json::value* most = attack.if_contains(key)) {
    EXPECT_LE(count, most->as_int64()) << key;
  }
}

/// Whatever came before, and whatever bytes of it are left.
void expect_good(const Answer& answer) {
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_TRUE(answer.body.starts_with(R"({"page_size":30,"users":[{)")) << answer.body;
  EXPECT_EQ(canaries(answer), "");
}

void expect_clean_log(Proxy& proxy) {
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(canaries(proxy.log()), "") << proxy.log();
  EXPECT_EQ(proxy.log().find("z8yAAAAA8bbbQ"), std::string::npos);
}

void play(FaultyZoom& zoom, Proxy& proxy, const std::shared_ptr<Attack>& attack) {
  zoom.play(attack);
  Client client(proxy.port());
  if (attack->action() == "reset-on-second-request") expect_good(client.get("/v2/users"));
  const std::string request = text(attack->what.at("request"));
  const std::size_t blank = request.find(' ');
  const Answer answer = client.request(request.substr(0, blank), request.substr(blank + 1));
  check(attack->what, answer);
  if (attack->what.contains("then_push_b64")) {
    attack->client_has_answer.release();
    EXPECT_TRUE(attack->pushed.try_acquire_for(seconds(20)));
    zoom.play(nullptr);
    expect_good(client.get("/v2/users"));
  }
  check_most(attack->what, "attempts", zoom.api_requests);
  zoom.play(nullptr);
  const Answer next = proxy.get("/v2/users");
  check_most(attack->what, "token_requests_max", zoom.token_requests);
  // Credentials that Zoom refused are not tried again for a while.
  if (attack->at_token_endpoint() && next.field("X-Psoxy-Error") == "CONNECTION_SETUP") return;
  expect_good(next);
}

std::vector<json::object> chosen_attacks() {
  const char* const only = std::getenv("UPSTREAM_ATTACK");
  std::vector<json::object> attacks;
  for (const json::object& attack : zoom_proxy::test::read_attacks("../attacks/upstream.jsonl"))
    if (only == nullptr || attack.at("id") == only) attacks.push_back(attack);
  EXPECT_EQ(attacks.size(), only == nullptr ? 209U : 1U);
  return attacks;
}

TEST(UpstreamAttacks, EachEndsAsItMust) {
  FaultyZoom zoom;
  Proxy patient(zoom.options(""));
  Proxy hasty(
      zoom.options("timeouts: {response_head_seconds: 1, idle_seconds: 1, total_seconds: 2}\n"));
  for (const json::object& line : chosen_attacks()) {
    const auto attack = std::make_shared<Attack>(line);  // its times count from now on
    const testing::ScopedTrace trace(__FILE__, __LINE__,
                                     attack->id() + ": " + text(attack->what.at("why")));
    if (attack->at_token_endpoint()) {
      Proxy without_token(zoom.options(""));
      play(zoom, without_token, attack);
      expect_clean_log(without_token);
    } else {
      play(zoom, attack->is_slow() ? hasty : patient, attack);
    }
  }
  expect_clean_log(patient);
  expect_clean_log(hasty);
}

}  // namespace
}  // namespace integration
