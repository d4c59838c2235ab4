#pragma once
// A request as read, a response as it will be written.

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/body.hpp"

namespace zoom_simulator {

struct Request {
  std::string method;
  std::string target;  ///< as on the wire
  std::string fields;  ///< the header fields, a line each
  std::string path;    ///< its part before `?`, not decoded
  std::string query;
  std::string authorization;
  std::string accept_encoding;
  std::string body;
};

struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<Body> body;

  /// Replaces a header of that name, in whatever case, or adds it.
  void set(const std::string& name, const std::string& value);
};

[[nodiscard]] Response json_response(unsigned status, const boost::json::value& value);
/// Zoom's error object.
[[nodiscard]] Response error_response(unsigned status, int code, const std::string& message);

}  // namespace zoom_simulator
