#include "tests/simulator/messages.hpp"

#include <boost/algorithm/string/predicate.hpp>

namespace zoom_simulator {

void Response::set(const std::string& name, const std::string& value) {
  for (auto& header : headers) {
    if (boost::algorithm::iequals(header.first, name)) {
      header = {name, value};
      return;
    }
  }
  headers.emplace_back(name, value);
}

Response json_response(unsigned status, const boost::json::value& value) {
  Response response;
  response.status = status;
  response.set("Content-Type", "application/json;charset=UTF-8");
  response.body = text_body(boost::json::serialize(value));
  return response;
}

Response error_response(unsigned status, int code, const std::string& message) {
  return json_response(status, boost::json::object{{"code", code}, {"message", message}});
}

}  // namespace zoom_simulator
