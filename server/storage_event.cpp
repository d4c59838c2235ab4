#include "server/storage_event.hpp"

#include "rules/format/encoding.hpp"
#include "server/auth/strict_json.hpp"
#include "server/failure.hpp"
#include "server/headers.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kFinalized = "google.cloud.storage.object.v1.finalized";

[[noreturn]] void refuse(const char* why) { throw Failure(Cause::invalid_request, why); }

/// Attributes that every event must have, by a function from their names.
template <class Attribute>
void check_attributes(const Attribute& attribute) {
  if (attribute("specversion") != "1.0") refuse("this is no CloudEvent of version 1.0");
  for (const char* name : {"id", "source"}) {
    const auto value = attribute(name);
    if (!value || value->empty()) refuse("the CloudEvent lacks its id or its source");
  }
  if (attribute("type") != kFinalized)
    refuse("only events of type google.cloud.storage.object.v1.finalized are taken");
}

StorageEvent read_data(const json_t* data) {
  const auto bucket = json_text(data, "bucket");
  const auto name = json_text(data, "name");
  if (!bucket || bucket->empty() || !name || name->empty())
    refuse("the event's data must be an object with the texts `bucket` and `name`");
  return {std::string(*bucket), std::string(*name)};
}

StorageEvent read_binary(const Fields& fields, std::string_view body) {
  check_attributes([&](const char* name) {
    const std::string field = std::string("ce-") + name;
    if (fields.count(field) > 1) refuse("a ce- field is there twice");
    return fields.find(field);
  });
  return read_data(parse_json_object(body).get());
}

StorageEvent read_structured(std::string_view body) {
  const JsonObject event = parse_json_object(body);
  check_attributes([&](const char* name) { return json_text(event.get(), name); });
  const json_t* const data = json_object_get(event.get(), "data");
  const json_t* const coded = json_object_get(event.get(), "data_base64");
  if (data != nullptr && coded != nullptr) refuse("the event has data and data_base64");
  if (coded == nullptr) return read_data(data);
  const auto text = decode_base64(json_text(coded).value_or(""));
  if (!text) refuse("data_base64 is no base64");
  return read_data(parse_json_object(*text).get());
}

}  // namespace

StorageEvent read_storage_event(const Fields& fields, std::string_view body) {
  const auto type = utf8_media_type(fields);
  if (type == "application/cloudevents+json") return read_structured(body);
  if (!type || (!type->empty() && !is_json_type(*type)))
    refuse("the event must be JSON, application/json or application/cloudevents+json");
  return read_binary(fields, body);
}

}  // namespace zoom_proxy
