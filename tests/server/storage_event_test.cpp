#include "server/storage_event.hpp"

#include <gtest/gtest.h>

#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

constexpr const char* kData = R"({"bucket":"b","name":"2026/m.csv","size":"80"})";
constexpr const char* kType = "google.cloud.storage.object.v1.finalized";

/// "BUCKET NAME", or why there is none.
std::string read(const Fields& fields, std::string_view body) {
  try {
    const StorageEvent event = read_storage_event(fields, body);
    return event.bucket + ' ' + event.object;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.cause(), Cause::invalid_request);
    return failure.what();
  }
}

/// The fields of binary mode; one of them with another value, or twice.
Fields fields(std::string_view changed = "", const std::string& value = "", bool twice = false) {
  Fields fields;
  for (const auto& [name, usual] : std::vector<std::pair<std::string, std::string>>{
           {"CE-Id", "1"},
           {"ce-source", "//storage.googleapis.com/projects/_/buckets/b"},
           {"ce-specversion", "1.0"},
           {"ce-type", kType},
           {"Content-Type", "application/json; charset=utf-8"}}) {
    if (name != changed || twice) fields.add(name, usual);
    if (name == changed && !value.empty()) fields.add(name, value);
  }
  return fields;
}

std::string structured(const std::string& event) {
  Fields fields;
  fields.add("Content-Type", "application/cloudevents+json");
  return read(fields, event);
}

const std::string kHead =
    R"({"specversion":"1.0","id":"1","source":"s","type":")" + std::string(kType) + "\"";

TEST(StorageEventTest, BothModes) {
  EXPECT_EQ(read(fields(), kData), "b 2026/m.csv");
  EXPECT_EQ(read(fields("Content-Type"), kData), "b 2026/m.csv");
  EXPECT_EQ(structured(kHead + ",\"data\":" + kData + "}"), "b 2026/m.csv");
  EXPECT_EQ(structured(kHead + R"(,"data_base64":"eyJidWNrZXQiOiJiIiwibmFtZSI6Im4ifQ=="})"), "b n");
}

TEST(StorageEventTest, NothingElseIsOne) {
  const std::string version = "this is no CloudEvent of version 1.0";
  const std::string lacks = "the CloudEvent lacks its id or its source";
  const std::string type = "only events of type google.cloud.storage.object.v1.finalized are taken";
  const std::string twice = "a ce- field is there twice";
  const std::string json =
      "the event must be JSON, application/json or application/cloudevents+json";
  const std::string data = "the event's data must be an object with the texts `bucket` and `name`";
  EXPECT_EQ(read(Fields(), kData), version);
  EXPECT_EQ(read(fields("ce-specversion", "0.3"), kData), version);
  EXPECT_EQ(read(fields("CE-Id"), kData), lacks);
  EXPECT_EQ(read(fields("ce-source"), kData), lacks);
  EXPECT_EQ(read(fields("ce-type", "google.cloud.storage.object.v1.deleted"), kData), type);
  EXPECT_EQ(read(fields("ce-type", kType, true), kData), twice);
  EXPECT_EQ(read(fields("Content-Type", "text/plain"), kData), json);
  EXPECT_EQ(read(fields("Content-Type", "application/cloudevents-batch+json"), "[]"), data);
  for (const char* body :
       {"", "[]", "{}", R"({"bucket":"b"})", R"({"bucket":"","name":"n"})",
        R"({"bucket":"b","name":""})", R"({"bucket":"b","name":1})",
        R"({"bucket":"b","name":"n","name":"m"})", R"({"bucket":"b","name":"n"} x)",
        R"({"bucket":"b","name":"n\u0000"})"}) {
    EXPECT_EQ(read(fields(), body), data) << body;
  }
  EXPECT_EQ(structured("{"), version);
  EXPECT_EQ(structured(kHead + "}"), data);
  EXPECT_EQ(structured(kHead + R"(,"data":"{}"})"), data);
  EXPECT_EQ(structured(kHead + R"(,"data":{},"data_base64":""})"),
            "the event has data and data_base64");
  EXPECT_EQ(structured(kHead + R"(,"data_base64":"e30"})"), "data_base64 is no base64");
  EXPECT_EQ(structured(kHead + R"(,"data_base64":1})"), data);
}

TEST(StorageEventTest, DeepJsonIsRefused) {
  const std::string deep = R"({"bucket":"b","name":"n","x":)" + std::string(30'000, '[') +
                           std::string(30'000, ']') + '}';
  EXPECT_NE(read(fields(), deep), "b n");
}

}  // namespace
}  // namespace zoom_proxy
