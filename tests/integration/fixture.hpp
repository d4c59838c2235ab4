#pragma once
// The two programs under test, started in directories of their own, and what tests look for.

#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/http_client.hpp"
#include "tests/integration/process.hpp"

namespace integration {

namespace json = boost::json;

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// One user of the look-alike's account.
struct Example {
  std::string user_id;
  std::string email;
  struct Meeting {
    std::string number;
    std::string uuid;
  };
  /// Their UUIDs in turn: begins with `/`, one `/` inside, a `+`, a `//`, none of these.
  std::vector<Meeting> meetings;
};

class Simulator {
 public:
  explicit Simulator(const std::vector<std::string>& switches = {});

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string ca_file() const { return directory_.file("ca.pem"); }
  [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(port_); }

  /// POST /control with a fault or an action; returns its answer.
  json::object control(const json::object& fault);
  void reset();
  json::object stats();
  /// One number of the statistics.
  std::int64_t stat(const char* name);
  Example example(unsigned user = 0);
  /// Asks until a statistic meets the wish; fails the test after 20 seconds.
  void wait_until(const char* name, const std::function<bool(std::int64_t)>& wish);

 private:
  json::value call(const std::string& method, const std::string& target, const std::string& body);

  TemporaryDirectory directory_;
  Process process_;
  std::uint16_t port_ = 0;
};

struct ProxyOptions {
  std::string api_url = {};  ///< empty: the simulator's, as for the two below
  std::string token_url = {};
  std::string ca_file = {};
  std::string account_id = "simulator-account";
  std::string client_id = "simulator-client";
  std::string client_secret = "simulator-secret";
  std::string algorithm = "hmac-sha256";
  std::string salt = "integration-test-salt-0123456789abcdef";
  std::string encryption_key = "integration-test-key-0123456789abcdef";
  unsigned trusted_proxies = 0;
  std::string path_prefix = {};
  std::string listen = {};  ///< further lines of that block, indented by two
  std::string inbound_auth = "{mode: platform}\n";  ///< what stands behind its key
  std::string zoom = {};  ///< further keys of that block, e.g. "retries: 2"
  std::string more = {};  ///< further YAML blocks, e.g. "timeouts: {idle_seconds: 1}\n"
};

class Proxy {
 public:
  explicit Proxy(Simulator& simulator, const ProxyOptions& options = {});
  /// Without the look-alike: the options name both URLs and the CA.
  explicit Proxy(const ProxyOptions& options);
  /// Whatever a test did to it, it must still be there and end cleanly.
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t admin_port() const { return admin_port_; }
  [[nodiscard]] Process& process() { return process_; }
  /// One request on a connection of its own.
  [[nodiscard]] Answer get(const std::string& target, const Headers& headers = {}) const;
  /// GET on the admin port.
  [[nodiscard]] Answer admin(const std::string& target) const;
  /// What it has logged, and anything on standard error.
  [[nodiscard]] std::string log() const { return process_.output() + process_.errors(); }
  /// Ends it, so that all of its log has been written; its exit code.
  int stop();

 private:
  TemporaryDirectory directory_;
  Process process_;
  std::uint16_t port_ = 0;
  std::uint16_t admin_port_ = 0;
};

/// Both, wired together with default options.
struct Pair {
  explicit Pair(const std::vector<std::string>& switches = {}, const ProxyOptions& options = {})
      : simulator(switches), proxy(simulator, options) {}
  Simulator simulator;
  Proxy proxy;
};

/// Writes as orchestrators do: the name leads to the new content in one step.
void put(const std::string& path, const std::string& content);

/// By which an event is known in its line of the log.
[[nodiscard]] std::string kind(const std::string& event);
/// Waits for the `count`th event whose line holds that text.
json::object wait_for_event(Process& process, const std::string& part, int count = 1);
/// All of a log, and those of a kind.
[[nodiscard]] std::vector<json::object> events(const std::string& log);
[[nodiscard]] std::vector<json::object> events_of(const std::string& log, std::string_view event);

/// The personal values of the look-alike found in a text; empty when it is clean.
[[nodiscard]] std::string canaries(std::string_view text);
/// The same over everything a client received.
[[nodiscard]] std::string canaries(const Answer& answer);

/// Of a page of the look-alike, what is the same each time: its token holds the second at which it
/// ends.
[[nodiscard]] std::string without_page_token(const std::string& body);

[[nodiscard]] std::string percent_encode(std::string_view text);
[[nodiscard]] std::string text(const json::value& string);
/// The body as a JSON object; throws when it is none.
[[nodiscard]] json::object object(const Answer& answer);

/// The zoom-proxy under test: built beside this test or, with ZOOM_PROXY_BUILD=asan in the
/// environment, by that preset.
[[nodiscard]] std::string proxy_program();
/// It has a sanitizer built in, which makes it some ten times slower.
[[nodiscard]] bool sanitized();
/// Memory is measured where it means something: in optimized builds without sanitizers.
[[nodiscard]] bool measured();

}  // namespace integration
