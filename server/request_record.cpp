#include "server/request_record.hpp"

namespace zoom_proxy {

boost::json::object event_fields(const RequestRecord& record) {
  boost::json::object fields;
  fields["requestId"] = record.request_id;
  if (record.trace.empty()) return fields;
  const std::string& project = record.snapshot->settings->log.google_project;
  fields["logging.googleapis.com/trace"] =
      project.empty() ? record.trace : "projects/" + project + "/traces/" + record.trace;
  return fields;
}

}  // namespace zoom_proxy
