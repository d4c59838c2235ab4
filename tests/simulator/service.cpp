#include "tests/simulator/service.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "tests/simulator/encoding.hpp"

namespace zoom_simulator {
namespace {

constexpr std::size_t kTargetsKept = 500;
constexpr std::size_t kFieldsKept = 60;

std::string http_date(std::int64_t seconds_ahead) {
  const std::time_t now = std::time(nullptr) + seconds_ahead;
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

boost::json::object Stats::to_json() const {
  boost::json::object by_path;
  for (const auto& [path, count] : requests) by_path[path] = count;
  boost::json::array last(targets.begin(), targets.end());
  boost::json::array last_fields(fields.begin(), fields.end());
  boost::json::array last_bodies(bodies.begin(), bodies.end());
  std::int64_t oldest = 0;
  if (!writes_under_way.empty()) {
    oldest = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() -
                                                                   *writes_under_way.begin())
                 .count();
  }
  return {{"requests", std::move(by_path)},
          {"targets", std::move(last)},
          {"fields", std::move(last_fields)},
          {"bodies", std::move(last_bodies)},
          {"api_requests", api_requests},
          {"token_requests", token_requests},
          {"connections", connections},
          {"connections_open", connections_open},
          {"handshakes_failed", handshakes_failed},
          {"in_flight", in_flight},
          {"max_in_flight", max_in_flight},
          {"held", held},
          {"bytes_sent", bytes_sent},
          {"oldest_write_milliseconds", oldest}};
}

void Stats::count(const Request& request) {
  ++requests[request.path];
  ++(request.path == "/oauth/token" ? token_requests : api_requests);
  targets.push_back(request.method + " " + request.target);
  if (targets.size() > kTargetsKept) targets.pop_front();
  fields.push_back(request.fields);
  if (fields.size() > kFieldsKept) fields.pop_front();
  if (request.body.empty() || request.path == "/oauth/token") return;
  bodies.push_back(request.body);
  if (bodies.size() > kFieldsKept) bodies.pop_front();
}

void Stats::reset() {
  Stats fresh;
  fresh.connections_open = connections_open;
  fresh.in_flight = in_flight;
  fresh.held = held;
  fresh.writes_under_way = writes_under_way;
  *this = std::move(fresh);
}

Service::Service(const Options& options, std::function<std::uint64_t(bool)> drop)
    : options_(options), drop_(std::move(drop)), routes_(options), oauth_(options) {
  for (const auto& text : options.faults) {
    const auto fault = boost::json::parse(text);
    faults_.add(fault.as_object());
  }
}

bool Service::is_control(const Request& request) {
  return request.path.compare(0, 8, "/control") == 0;
}

Reply Service::answer(const Request& request) {
  Reply reply;
  if (is_control(request)) {
    reply.response = control(request);
    return reply;
  }
  stats_.count(request);
  reply.response = request.path == "/oauth/token" ? oauth_.answer(request) : api(request);
  Response& response = reply.response;
  response.set("Date", http_date(clock_ahead_));
  response.set("x-zm-trackingid", "v=2.0;clid=us02;rid=WEB_" +
                                      base64url(hmac_sha256("rid", request.target)).substr(0, 32));
  response.set("x-zm-zoneid", "VA2");
  response.set("Cache-Control", "no-cache, no-store, must-revalidate, no-transform");
  response.set("Set-Cookie", "zm_user=canary.cookie@corp.example; Path=/; Secure; HttpOnly");
  // A bad token is noticed first, so such a request meets no fault and uses none up.
  if (response.status != 401) faults_.apply(request, routes_, reply);
  return reply;
}

Response Service::api(const Request& request) {
  if (auto refused = oauth_.check(request)) return std::move(*refused);
  if (options_.list_megabytes != 0 && request.path == "/v2/users") {
    return routes_.big_list(options_.list_megabytes);
  }
  return routes_.answer(request);
}

Response Service::control(const Request& request) {
  if (request.method == "POST" && request.path == "/control") return add_fault(request.body);
  if (request.method == "POST" && request.path == "/control/reset") {
    faults_.clear();
    ++releases_;
    stats_.reset();
    return json_response(200, boost::json::object{{"reset", true}});
  }
  if (request.method == "GET" && request.path == "/control/stats") {
    return json_response(200, stats_.to_json());
  }
  if (request.method == "GET" && request.path == "/control/examples") {
    const auto user = parse_form(request.query)["user"];
    return json_response(200,
                         routes_.examples(static_cast<std::uint32_t>(std::atoi(user.c_str()))));
  }
  return json_response(404, boost::json::object{{"error", "no such control"}});
}

Response Service::add_fault(const std::string& text) try {
  const auto parsed = boost::json::parse(text);
  const auto& fault = parsed.as_object();
  const auto name = fault.at("fault").as_string();
  boost::json::object answer{{"fault", name}};
  if (name == "revoked_token") {
    oauth_.revoke_all();
  } else if (name == "scopes") {
    const auto& scope = fault.at("scope");
    oauth_.set_scopes(scope.is_null() ? std::nullopt
                                      : std::optional<std::string>(scope.as_string().c_str()));
  } else if (name == "clock") {
    clock_ahead_ = fault.at("seconds").to_number<std::int64_t>();
  } else if (name == "release") {
    ++releases_;
  } else if (name == "drop_connections") {
    const auto* reset = fault.if_contains("reset");
    answer["dropped"] = drop_(reset != nullptr && reset->as_bool());
  } else {
    faults_.add(fault);
  }
  return json_response(200, answer);
} catch (const std::exception& error) {
  return json_response(400, boost::json::object{{"error", error.what()}});
}

}  // namespace zoom_simulator
