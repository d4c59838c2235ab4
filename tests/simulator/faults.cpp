#include "tests/simulator/faults.hpp"

#include <ctime>
#include <map>
#include <stdexcept>

#include "tests/simulator/answers.hpp"

namespace zoom_simulator {
namespace {

/// A fault's own settings.
class Details {
 public:
  explicit Details(const boost::json::object& object) : object_(object) {}
  [[nodiscard]] std::int64_t number(const char* name, std::int64_t otherwise) const {
    const auto* value = object_.if_contains(name);
    return value ? value->to_number<std::int64_t>() : otherwise;
  }
  [[nodiscard]] std::uint64_t count(const char* name, std::uint64_t otherwise) const {
    const auto* value = object_.if_contains(name);
    return value ? value->to_number<std::uint64_t>() : otherwise;
  }
  [[nodiscard]] std::string text(const char* name, const std::string& otherwise) const {
    const auto* value = object_.if_contains(name);
    if (!value) return otherwise;
    return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
  }
  [[nodiscard]] bool flag(const char* name, bool otherwise) const {
    const auto* value = object_.if_contains(name);
    return value ? value->as_bool() : otherwise;
  }
  [[nodiscard]] const boost::json::value* find(const char* name) const {
    return object_.if_contains(name);
  }

 private:
  const boost::json::object& object_;
};

struct Scene {
  const Request& request;
  const Routes& routes;
  Reply& reply;
  [[nodiscard]] Response& response() const { return reply.response; }
  [[nodiscard]] Delivery& delivery() const { return reply.delivery; }
};

using Apply = void (*)(const Details&, const Scene&);

void how_to_close(const Details& details, const Scene& scene) {
  scene.delivery().close_notify = details.flag("close_notify", true);
  scene.delivery().reset = details.flag("reset", false);
}

void set_headers(const Details& details, const Scene& scene) {
  const auto* headers = details.find("headers");
  if (!headers) return;
  for (const auto& [name, value] : headers->as_object()) {
    scene.response().set(std::string(name), std::string(value.as_string()));
  }
}

void latency(const Details& details, const Scene& scene) {
  scene.delivery().latency = std::chrono::milliseconds(details.number("milliseconds", 1000));
}

void drip(const Details& details, const Scene& scene) {
  scene.delivery().drip_bytes = details.count("bytes", 1);
  scene.delivery().drip_interval = std::chrono::milliseconds(details.number("milliseconds", 10));
}

void status(const Details& details, const Scene& scene) {
  const auto code = details.number("status", 500);
  const std::string trap =
      R"({"code":)" + std::to_string(code) +
      R"(,"message":"User canary.trap@corp.example (ZcanaryTrap000000000) is not available."})";
  scene.response() = json_response(static_cast<unsigned>(code), nullptr);
  scene.response().body = text_body(details.text("body", trap));
  set_headers(details, scene);
}

void rate_limit(const Details& details, const Scene& scene) {
  const bool daily = details.flag("daily", false);
  Response& response = scene.response();
  response = error_response(
      429, 429,
      daily ? "You have reached the maximum daily rate limit for this API. Refer to the response "
              "header for details on when you can make another request."
            : "You have reached the maximum per-second rate limit for this API. Try again later.");
  response.set("X-RateLimit-Category", "Heavy");
  response.set("X-RateLimit-Type", daily ? "Daily-limit" : "QPS");
  response.set("X-RateLimit-Limit", daily ? "60000" : "40");
  response.set("X-RateLimit-Remaining", "0");
  const auto again = std::time(nullptr) + details.number("seconds", 90);
  if (daily) {
    response.set("Retry-After", iso_time(again));  // neither seconds nor an HTTP date: as Zoom does
  } else {
    response.set("X-RateLimit-Reset", std::to_string(again));
  }
}

void big(const Details& details, const Scene& scene) {
  scene.response() = scene.routes.big_list(details.count("megabytes", 200));
  scene.delivery().gzip = details.flag("gzip", false);
}

void truncate_body(const Details& details, const Scene& scene) {
  scene.delivery().break_after = details.count("bytes", 100);
  scene.delivery().gzip = details.flag("gzip", false);
  how_to_close(details, scene);
}

void truncate_chunked(const Details& details, const Scene& scene) {
  truncate_body(details, scene);
  scene.delivery().chunked = true;
}

void cut_json(const Details& details, const Scene& scene) {
  scene.response().body = cut_body(std::move(scene.response().body), details.count("bytes", 100));
}

void broken_json(const Details& details, const Scene& scene) {
  scene.response().body =
      spoilt_body(std::move(scene.response().body), details.count("bytes", 100),
                  details.text("garbage", "}]\"canary.garbage@corp.example\"{,"));
}

void compress(const Scene& scene) {
  scene.response().body = gzip_body(std::move(scene.response().body));
  scene.response().set("Content-Encoding", "gzip");
}

void truncate_gzip(const Details& details, const Scene& scene) {
  compress(scene);
  cut_json(details, scene);
}

void bad_gzip(const Details& details, const Scene& scene) {
  compress(scene);
  scene.response().body = spoilt_body(std::move(scene.response().body), details.count("bytes", 20),
                                      "canary.garbage@corp.example");
}

void not_json(const Details& details, const Scene& scene) {
  scene.response().body = text_body(
      details.text("body", "Service busy, dear canary.not.json@corp.example (ZcanaryNotJson)"));
}

void html(const Details& details, const Scene& scene) {
  scene.response() = Response();
  scene.response().set("Content-Type", "text/html;charset=UTF-8");
  scene.response().body = text_body(details.text(
      "body", "<html><body>Sign in as canary.login@corp.example ZcanaryLogin</body></html>"));
}

void wrong_content_type(const Details& details, const Scene& scene) {
  scene.response().set("Content-Type", details.text("content_type", "text/plain"));
}

void wrong_content_length(const Details& details, const Scene& scene) {
  scene.delivery().gzip = false;
  scene.delivery().content_length_error = details.number("difference", 10);
  scene.delivery().close_after = scene.delivery().content_length_error > 0;
  how_to_close(details, scene);
}

void close_idle(const Details& details, const Scene& scene) {
  scene.delivery().close_after = true;
  how_to_close(details, scene);
}

void close_after_request(const Details& details, const Scene& scene) {
  scene.delivery().close_unanswered = true;
  how_to_close(details, scene);
}

void stall(const Details&, const Scene& scene) { scene.delivery().stall = true; }

void hold(const Details&, const Scene& scene) { scene.delivery().hold = true; }

const std::map<std::string, Apply>& table() {
  static const std::map<std::string, Apply> faults = {
      {"latency", latency},
      {"drip", drip},
      {"status", status},
      {"rate_limit", rate_limit},
      {"headers", set_headers},
      {"big", big},
      {"truncate_body", truncate_body},
      {"truncate_chunked", truncate_chunked},
      {"cut_json", cut_json},
      {"broken_json", broken_json},
      {"truncate_gzip", truncate_gzip},
      {"bad_gzip", bad_gzip},
      {"not_json", not_json},
      {"html", html},
      {"wrong_content_type", wrong_content_type},
      {"wrong_content_length", wrong_content_length},
      {"close_idle", close_idle},
      {"close_after_request", close_after_request},
      {"stall", stall},
      {"hold", hold},
  };
  return faults;
}

std::string name_of(const boost::json::object& fault) { return Details(fault).text("fault", ""); }

}  // namespace

void Faults::add(const boost::json::object& fault) {
  if (table().count(name_of(fault)) == 0) {
    std::string names;
    for (const auto& row : table()) names += " " + row.first;
    throw std::invalid_argument("no fault '" + name_of(fault) + "'; there are:" + names);
  }
  const Details details(fault);
  Fault added{fault, std::regex(details.text("path", "/v2/")), std::nullopt};
  if (details.find("times") != nullptr) added.times = details.count("times", 0);
  faults_.push_back(std::move(added));
}

void Faults::apply(const Request& request, const Routes& routes, Reply& reply) {
  const Scene scene{request, routes, reply};
  for (auto& fault : faults_) {
    if (fault.times == std::uint64_t{0}) continue;
    if (!std::regex_search(request.target, fault.path, std::regex_constants::match_continuous)) {
      continue;
    }
    if (fault.times) --*fault.times;
    table().at(name_of(fault.details))(Details(fault.details), scene);
  }
}

}  // namespace zoom_simulator
