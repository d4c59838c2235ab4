#pragma once
// One request in, one reply out: control, token endpoint, API, faults. One thread only.

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/simulator/faults.hpp"
#include "tests/simulator/oauth.hpp"
#include "tests/simulator/routes.hpp"

namespace zoom_simulator {

/// What GET /control/stats tells. Requests to /control and their connections do not count.
struct Stats {
  using Clock = std::chrono::steady_clock;
  std::map<std::string, std::uint64_t> requests;  ///< by path, without query
  std::deque<std::string> targets;                ///< the last ones, as on the wire
  std::deque<std::string> fields;                 ///< of the last few, a header field a line
  std::deque<std::string> bodies;                 ///< of the last few API requests that had one
  std::uint64_t api_requests = 0;
  std::uint64_t token_requests = 0;
  std::uint64_t connections = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t handshakes_failed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t max_in_flight = 0;
  std::uint64_t held = 0;                             ///< answers that wait for a release
  std::uint64_t bytes_sent = 0;                       ///< of bodies, accepted by the socket
  std::multiset<Clock::time_point> writes_under_way;  ///< when each began

  [[nodiscard]] boost::json::object to_json() const;
  void count(const Request& request);
  /// Forgets the counts but not what is going on at present.
  void reset();
};

class Service {
 public:
  /// `drop` closes the connections that are idle, by TCP reset when its argument says so, and tells
  /// how many there were. Throws std::invalid_argument when a start-up fault is wrong.
  Service(const Options& options, std::function<std::uint64_t(bool reset)> drop);

  [[nodiscard]] static bool is_control(const Request& request);
  [[nodiscard]] Reply answer(const Request& request);
  [[nodiscard]] Stats& stats() { return stats_; }
  /// Goes up with each release: what was held before it goes on.
  [[nodiscard]] std::uint64_t releases() const { return releases_; }

 private:
  [[nodiscard]] Response control(const Request& request);
  [[nodiscard]] Response add_fault(const std::string& text);
  [[nodiscard]] Response api(const Request& request);

  const Options& options_;
  std::function<std::uint64_t(bool)> drop_;
  Routes routes_;
  OAuth oauth_;
  Faults faults_;
  Stats stats_;
  std::uint64_t releases_ = 0;
  std::int64_t clock_ahead_ = 0;  ///< seconds
};

}  // namespace zoom_simulator
