#pragma once
// What goes wrong on purpose. A fault is one JSON object (faults.cpp has the table of names), given
// at start-up by --fault or at run time by POST /control.

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "tests/simulator/messages.hpp"
#include "tests/simulator/routes.hpp"

namespace zoom_simulator {

/// How a response is written.
struct Delivery {
  std::chrono::milliseconds latency{0};        ///< before the head
  std::size_t drip_bytes = 0;                  ///< not 0: the body in pieces of that size …
  std::chrono::milliseconds drip_interval{0};  ///< … with so long between two
  std::optional<bool> gzip;                    ///< empty: as the client asks
  bool chunked = false;                        ///< even where the size is known
  std::int64_t content_length_error = 0;       ///< added to the true one
  std::optional<std::uint64_t> break_after;    ///< so many bytes of the body, then close
  bool stall = false;                          ///< never answer
  bool hold = false;                           ///< not before a release
  bool close_unanswered = false;               ///< close instead of answering
  bool close_after = false;                    ///< close, without a warning in the head
  bool close_notify = true;                    ///< whether TLS is told of the close
  bool reset = false;                          ///< close by TCP reset
};

struct Reply {
  Response response;
  Delivery delivery;
};

class Faults {
 public:
  /// Throws std::invalid_argument when there is no such fault.
  void add(const boost::json::object& fault);
  void clear() { faults_.clear(); }
  /// Applies every fault that matches the request, oldest first.
  void apply(const Request& request, const Routes& routes, Reply& reply);

 private:
  struct Fault {
    boost::json::object details;
    std::regex path;                     ///< matched from the beginning of the target
    std::optional<std::uint64_t> times;  ///< left; empty: until cleared
  };
  std::vector<Fault> faults_;
};

}  // namespace zoom_simulator
