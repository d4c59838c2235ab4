#include "tests/simulator/routes.hpp"

#include <algorithm>

#include "tests/simulator/answers.hpp"
#include "tests/simulator/encoding.hpp"

namespace zoom_simulator {
namespace {

bool take_prefix(std::string& text, std::string_view prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

bool take_suffix(std::string& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.compare(text.size() - suffix.size(), suffix.npos, suffix))
    return false;
  text.resize(text.size() - suffix.size());
  return true;
}

/// Zoom wants a UUID with slashes encoded twice; clients also send it encoded once or not at all.
std::string decode_id(const std::string& text) { return percent_decode(percent_decode(text)); }

Response not_recognized() {
  return error_response(404, 2300, "This API endpoint is not recognized.");
}

Response meeting_missing(const std::string& id) {
  return error_response(404, 3001, "Meeting does not exist: " + id + ".");
}

}  // namespace

struct Routes::Call {
  std::string path;
  Paging::Query query;
  [[nodiscard]] std::string parameter(const char* name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

Response Routes::answer(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return not_recognized();
  const Call call{request.path, parse_form(request.query)};
  std::string path = request.path;
  Response response;
  const char* category = "Medium";
  if (path == "/v2/users") {
    response = users(call);
  } else if (take_prefix(path, "/v2/users/") || take_prefix(path, "/v2/report/users/")) {
    category = request.path.compare(0, 11, "/v2/report/") == 0 ? "Heavy" : "Medium";
    response = user_meetings(call, path);
  } else if (take_prefix(path, "/v2/meetings/")) {
    category = "Light";
    response = of_meeting(call, path);
  } else if (take_prefix(path, "/v2/past_meetings/") || take_prefix(path, "/v2/report/meetings/")) {
    response = past_meeting(call, path);
  } else {
    response = not_recognized();
  }
  response.set("X-RateLimit-Category", category);
  return response;
}

template <class Row>
Response Routes::list(const Call& call, const char* name, std::uint64_t total,
                      boost::json::object head, Row row) const {
  const auto page = paging_.parse(call.path, call.query);
  if (!page) return error_response(400, 300, "The next page token is invalid or expired.");
  const auto end = std::min(total, page->offset + page->size);
  boost::json::array rows;
  for (auto index = page->offset; index < end; ++index) {
    rows.push_back(row(static_cast<std::uint32_t>(index)));
  }
  head["page_count"] = (total + page->size - 1) / page->size;
  head["page_number"] = page->offset / page->size + 1;
  head["page_size"] = page->size;
  head["total_records"] = total;
  head["next_page_token"] = end < total ? paging_.token(call.path, call.query, end) : "";
  head[name] = std::move(rows);
  return json_response(200, head);
}

Response Routes::users(const Call& call) const {
  std::string status = call.parameter("status");
  if (status != "inactive" && status != "pending") status = "active";  // as Zoom: bad is ignored
  std::vector<std::uint32_t> found;
  for (std::uint32_t index = 0; index < directory_.size(); ++index) {
    if (Directory::status(index) == status) found.push_back(index);
  }
  return list(call, "users", found.size(), {}, [&](std::uint32_t index) {
    return user_answer(directory_, directory_.person(found[index]));
  });
}

Response Routes::user_meetings(const Call& call, const std::string& user) const {
  std::string id = user;
  const bool report = call.path.compare(0, 11, "/v2/report/") == 0;
  const bool recordings = !report && take_suffix(id, "/recordings");
  if (!recordings && !take_suffix(id, "/meetings")) return not_recognized();
  id = percent_decode(id);
  const auto person = directory_.find_person(id);
  if (!person) return error_response(404, 1001, "User does not exist: " + id + ".");
  boost::json::object head;
  if (report && (call.parameter("from").empty() || call.parameter("to").empty())) {
    return error_response(400, 300, "Validation Failed.");
  }
  if (report || recordings) {
    head["from"] = call.parameter("from");
    head["to"] = call.parameter("to");
  }
  const auto total = directory_.meeting_count(person->index);
  return list(call, "meetings", total, head, [&](std::uint32_t slot) {
    const Meeting meeting = directory_.meeting(person->index, slot);
    if (report) return reported_meeting_answer(directory_, meeting);
    return recordings ? recording_answer(directory_, meeting)
                      : scheduled_meeting_answer(directory_, meeting);
  });
}

Response Routes::of_meeting(const Call&, std::string path) const {
  const bool summary = take_suffix(path, "/meeting_summary");
  const std::string id = decode_id(path);
  const auto meeting = directory_.find_meeting(id);
  if (!meeting) return meeting_missing(id);
  if (!summary) return json_response(200, meeting_answer(directory_, *meeting));
  if (id != meeting->uuid) return error_response(400, 300, "Invalid meeting id.");
  return json_response(200, summary_answer(directory_, *meeting));
}

Response Routes::past_meeting(const Call& call, std::string path) const {
  const bool report = call.path.compare(0, 11, "/v2/report/") == 0;
  const bool participants = take_suffix(path, "/participants");
  const bool instances = !participants && take_suffix(path, "/instances");
  if (report && !participants) return not_recognized();
  const std::string id = decode_id(path);
  const auto meeting = directory_.find_meeting(id);
  if (!meeting) return meeting_missing(id);
  if (instances) {
    boost::json::array rows;
    for (unsigned index = 0; index < 3; ++index) rows.push_back(instance_answer(*meeting, index));
    return json_response(200, boost::json::object{{"meetings", std::move(rows)}});
  }
  if (!participants) return json_response(200, past_meeting_answer(directory_, *meeting));
  return list(call, "participants", meeting->participants, {}, [&](std::uint32_t index) {
    return participant_answer(directory_, *meeting, index, report);
  });
}

Response Routes::big_list(std::uint64_t megabytes) const {
  std::string block;
  for (std::uint32_t index = 0; index < std::min<std::uint32_t>(directory_.size(), 80); ++index) {
    if (!block.empty()) block += ',';
    block += boost::json::serialize(user_answer(directory_, directory_.person(index)));
  }
  Response response;
  response.set("Content-Type", "application/json;charset=UTF-8");
  response.body = repeated_body(R"({"page_count":1,"page_size":300,"next_page_token":"","users":[)",
                                std::move(block), "]}", megabytes * 1024 * 1024);
  return response;
}

boost::json::object Routes::examples(std::uint32_t user) const {
  const Person person = directory_.person(user % directory_.size());
  boost::json::array meetings;
  for (std::uint32_t slot = 0; slot < directory_.meeting_count(person.index); ++slot) {
    const Meeting meeting = directory_.meeting(person.index, slot);
    meetings.push_back(boost::json::object{{"id", meeting.number}, {"uuid", meeting.uuid}});
  }
  return {{"user_id", person.id}, {"email", person.email}, {"meetings", std::move(meetings)}};
}

}  // namespace zoom_simulator
