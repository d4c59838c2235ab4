#include "tests/integration/canary_answers.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tests/bench/dice.hpp"
#include "tests/integration/gzip.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using zoom_proxy::bench::Dice;

using Names = std::vector<std::string_view>;

/// One of Zoom's answers, as Zoom documents it.
struct Shape {
  std::string_view target;
  std::string_view list;  ///< the array that the fields below are in; empty: the top level
  Names personal;         ///< e-mail addresses, ids and names of people, texts that people wrote
  Names plain;            ///< texts that say nothing about a person and pass
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"/v2/meetings/81234567890",
       "",
       {"host_id", "host_email", "topic", "agenda", "password", "start_url", "join_url",
        "assistant_id", "settings.contact_email", "settings.contact_name",
        "settings.alternative_hosts", "settings.authentication_exception[].email",
        "settings.authentication_exception[].name", "settings.meeting_invitees[].email",
        "settings.language_interpretation.interpreters[].email",
        "settings.breakout_room.rooms[].participants[]", "settings.breakout_room.rooms[].name",
        "settings.approved_or_denied_countries_or_regions.note"},
       {"timezone", "status", "settings.audio"}},
      {"/v2/meetings/81234567890/meeting_summary",
       "",
       {"meeting_host_id", "meeting_host_email", "summary_last_modified_user_id",
        "summary_last_modified_user_email", "meeting_topic", "summary_title", "summary_overview",
        "summary_details[].label", "summary_details[].summary", "next_steps[]",
        "edited_summary.summary_overview", "edited_summary.next_steps[]",
        "edited_summary.summary_details"},
       {"summary_created_time"}},
      {"/v2/past_meetings/81234567890",
       "",
       {"host_id", "host_email", "user_email", "user_name", "topic", "agenda"},
       {"source", "dept"}},
      {"/v2/past_meetings/81234567890/instances", "meetings", {"topic", "host_email"}, {}},
      {"/v2/past_meetings/81234567890/participants",
       "participants",
       {"id", "user_email", "name", "registrant_id", "ip_address", "participant_user_name"},
       {"status"}},
      {"/v2/report/meetings/81234567890/participants",
       "participants",
       {"id", "user_id", "user_email", "name", "registrant_id", "display_name"},
       {"status"}},
      {"/v2/report/users/canary.asked%40leak.test/meetings",
       "meetings",
       {"host_id", "host_email", "user_email", "user_name", "topic", "custom_keys[].value",
        "tracking_fields[].value"},
       {"source"}},
      {"/v2/users",
       "users",
       {"id", "email", "pmi", "phone_number", "display_name", "first_name", "last_name", "pic_url",
        "employee_unique_id", "manager", "custom_attributes[].value", "phone_numbers[].number"},
       {"timezone", "dept"}},
      {"/v2/users/canaryAskedAAAAAAAAAAA/meetings",
       "meetings",
       {"host_id", "host_email", "topic", "agenda", "join_url", "start_url"},
       {"timezone"}},
      {"/v2/users/canary.asked@leak.test/recordings",
       "meetings",
       {"host_id", "account_id", "topic", "share_url", "recording_play_passcode", "host_email",
        "recording_files[].download_url", "recording_files[].file_path",
        "recording_files[].play_url", "participant_audio_files[].file_name"},
       {"recording_files[].file_type", "recording_files[].status"}}};
  return all;
}

std::string email(Dice& dice) {
  static constexpr std::array<std::string_view, 4> kBefore = {"canary.", "Canary+", "CANARY_",
                                                              "o'canary-"};
  static constexpr std::array<std::string_view, 3> kAfter = {"@leak.test", "@Corp.Example",
                                                             "@mail.leak.test"};
  return std::string(dice.pick(kBefore)) + std::to_string(dice.below(100'000)) +
         std::string(dice.pick(kAfter));
}

json::value canary(Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return json::value("canary" + dice.text(16));  // an id
    case 1:
      return json::value("Canary Müller " + std::to_string(dice.below(1000)));
    case 2:
      return json::value("\"Canary, A.\" <" + email(dice) + ">");
    case 3:
      return json::value("https://zoom.us/s/1?pwd=canary" + dice.text(8) + "&u=" + email(dice));
    case 4:
      return json::object{{"value", email(dice)}, {email(dice), 1}};  // not of the documented type
    case 5:
      return json::array{email(dice), "Canary"};
    default:
      return json::value(email(dice));
  }
}

/// What Zoom adds one day.
void add_unlisted(Dice& dice, json::object& object) {
  if (dice.one_in(2)) object["added_" + std::to_string(dice.below(5))] = canary(dice);
  if (dice.one_in(4)) object[email(dice)] = 1;
  if (dice.one_in(4)) object["contact"] = json::object{{"email", email(dice)}, {"n", "Canary"}};
}

/// Puts a value where a path like `settings.rooms[].name` leads, making what is missing.
void place(json::object& object, std::string_view path, json::value value) {
  const std::size_t dot = path.find('.');
  std::string_view name = path.substr(0, dot);
  const bool in_array = name.ends_with("[]");
  if (in_array) name.remove_suffix(2);
  json::value& slot = object[name];
  if (in_array && !slot.is_array()) slot = json::array();
  if (dot == path.npos) {
    if (in_array) {
      slot.as_array().push_back(std::move(value));
    } else {
      slot = std::move(value);
    }
    return;
  }
  if (!in_array && !slot.is_object()) slot = json::object();
  if (in_array && slot.as_array().empty()) slot.as_array().push_back(json::object());
  place(in_array ? slot.as_array().back().as_object() : slot.as_object(), path.substr(dot + 1),
        std::move(value));
}

void fill(Dice& dice, const Shape& shape, json::object& object) {
  for (const std::string_view path : shape.personal) {
    if (!dice.one_in(5)) place(object, path, canary(dice));
  }
  for (const std::string_view path : shape.plain) {
    place(object, path, dice.one_in(6) ? json::value(email(dice)) : json::value("plain"));
  }
  add_unlisted(dice, object);
}

std::string body(Dice& dice, const Shape& shape) {
  json::object top;
  top["page_size"] = 30;
  if (shape.list.empty()) {
    fill(dice, shape, top);
  } else {
    json::array items;
    for (std::uint64_t left = dice.between(1, 6); left > 0; --left) {
      json::object item;
      fill(dice, shape, item);
      items.push_back(std::move(item));
    }
    top[shape.list] = std::move(items);
    add_unlisted(dice, top);
  }
  top["unlisted_for_certain"] = email(dice);
  std::string text = json::serialize(top);
  if (dice.one_in(4)) {  // the same, spelled otherwise
    for (std::size_t at = 0; (at = text.find('@', at)) != text.npos; at += 6) {
      text.replace(at, 1, "\\u0040");
    }
  }
  return text;
}

std::string chunked(Dice& dice, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), dice.between(1, 400));
    std::array<char, 20> line{};
    std::snprintf(line.data(), line.size(), "%zx\r\n", size);
    out.append(line.data()).append(text.substr(0, size)).append("\r\n");
    text.remove_prefix(size);
  }
  return out + "0\r\nX-Trailer: canary.trailer@leak.test\r\n\r\n";
}

/// Header fields with something personal in most of them.
std::string fields(Dice& dice) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "Set-Cookie", "Location",   "Link",          "X-RateLimit-Limit", "X-RateLimit-Type",
      "ETag",       "Expires",    "Last-Modified", "Cache-Control",     "x-zm-trackingid",
      "Server",     "Retry-After"};
  std::string out;
  for (std::uint64_t left = dice.below(5); left > 0; --left) {
    const bool link = dice.one_in(3);
    std::string value = email(dice);
    if (link) value = "<https://zoom.us/v2/users?u=" + value + ">; rel=\"next\"";
    if (link && dice.one_in(2)) value.replace(value.find('@'), 1, "%40");
    out.append(dice.pick(kNames)).append(": ").append(value).append("\r\n");
  }
  return out;
}

std::string head(std::string_view status, std::string_view type, const std::string& more) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) + "\r\n" +
         more;
}

std::string with_length(const std::string& text, std::size_t more = 0) {
  return "Content-Length: " + std::to_string(text.size() + more) + "\r\n\r\n" + text;
}

void answer_well(Dice& dice, const Shape& shape, CanaryExchange& exchange) {
  std::string text = body(dice, shape);
  std::string more = fields(dice);
  if (dice.one_in(3)) {
    text = gzip(text);
    more += "Content-Encoding: gzip\r\n";
  }
  exchange.status = 200;
  exchange.response = head("200 OK", "application/json", more);
  if (dice.one_in(3)) {
    exchange.response += "Transfer-Encoding: chunked\r\n\r\n" + chunked(dice, text);
  } else {
    exchange.response += with_length(text);
  }
}

void answer_with_error(Dice& dice, CanaryExchange& exchange) {
  static constexpr std::array<unsigned, 11> kStatuses = {302, 400, 401, 403, 404, 409,
                                                         410, 429, 500, 502, 503};
  static constexpr std::array<std::string_view, 6> kMessages = {
      "User does not exist: ",         "No permission for ",
      "Meeting does not exist: ",      "Invalid access token ",
      "User already in the account: ", ""};
  exchange.status = kStatuses[dice.below(kStatuses.size())];
  const std::string message = std::string(dice.pick(kMessages)) + email(dice) + ".";
  json::object error{{"code", 300}, {"message", message}};
  if (dice.one_in(2)) error["code"] = email(dice);
  if (dice.one_in(3)) error["errors"] = json::array{canary(dice), canary(dice)};
  std::string type = "application/json";
  std::string text = json::serialize(error);
  if (dice.one_in(4)) {
    type = "text/html; note=\"canary.type@leak.test\"";
    text = "<html>" + message + "</html>";
  }
  exchange.response =
      head(std::to_string(exchange.status) + " Canary", type, fields(dice)) + with_length(text);
}

void answer_badly(Dice& dice, const Shape& shape, CanaryExchange& exchange) {
  std::string text = body(dice, shape);
  const std::string good = head("200 Canary", "application/json", fields(dice));
  exchange.status = 502;
  switch (dice.below(6)) {
    case 0:  // cut
      exchange.response = good + with_length(text, 100);
      exchange.closes = true;
      break;
    case 1:  // a byte that JSON does not allow anywhere
      text[dice.below(text.size())] = '\x01';
      exchange.may_pass = true;
      exchange.response = good + with_length(text);
      break;
    case 2:
      exchange.response = head("200 OK", "text/html", fields(dice)) + with_length(text);
      break;
    case 3:  // not an object
      exchange.response = good + with_length("[" + text + "]");
      break;
    case 4:  // not UTF-8
      exchange.response = good + with_length("{\"\xff\":1," + text.substr(1));
      break;
    default:  // not gzip
      exchange.response = good + "Content-Encoding: gzip\r\n" + with_length(text);
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

CanaryExchange canary_exchange(std::uint64_t seed) {
  Dice dice(seed);
  const Shape& shape = shapes()[dice.below(shapes().size())];
  CanaryExchange exchange;
  exchange.target = shape.target;
  const std::uint64_t kind = dice.below(10);
  if (kind < 7) {
    answer_well(dice, shape, exchange);
  } else if (kind < 9) {
    answer_with_error(dice, exchange);
  } else {
    answer_badly(dice, shape, exchange);
  }
  return exchange;
}

std::string find_canary(const std::string& text) {
  const auto around = [](const std::string& in) {
    const std::size_t at = lower(in).find("canary");
    return at == in.npos ? std::string() : in.substr(at, 40);
  };
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const std::string decoded = error ? std::string() : around(json::serialize(value));
  return decoded.empty() ? around(text) : decoded;
}

}  // namespace integration
