#include "server/trace.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

constexpr const char* kId = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kCloudId = "105445aa7843bc8bf206b12000100000";

std::string id_of(const char* name, const std::string& value) {
  Fields fields;
  fields.add(name, value);
  return trace_id(fields);
}

TEST(Trace, OfTraceparent) {
  const std::string id(kId);
  EXPECT_EQ(id_of("traceparent", "00-" + id + "-00f067aa0ba902b7-01"), id);
  EXPECT_EQ(id_of("Traceparent", "cc-" + id + "-00f067aa0ba902b7-01-what-comes"), id);
}

TEST(Trace, NotOfWhatIsNone) {
  const std::string id(kId);
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(), id, "00-" + id + "-00f067aa0ba902b7", "ff-" + id + "-00f067aa0ba902b7-01",
           "00-" + id + "-00f067aa0ba902b7-01-more",
           "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-ann.canary@corp.example.test.xxxx-00f067aa0ba902b7-01",
           "00-" + id + "-00f067aa0ba902bz-01", "00_" + id + "-00f067aa0ba902b7-01"}) {
    EXPECT_EQ(id_of("traceparent", bad), "") << bad;
  }
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(), std::string("/1;o=1"), std::string(32, '0') + "/1",
           std::string(kCloudId) + "0/1", std::string("ann@corp.example/1")}) {
    EXPECT_EQ(id_of("x-cloud-trace-context", bad), "") << bad;
  }
}

TEST(Trace, OfGooglesField) {
  EXPECT_EQ(id_of("X-Cloud-Trace-Context", std::string(kCloudId) + "/123;o=1"), kCloudId);
  EXPECT_EQ(id_of("X-Cloud-Trace-Context", "105445AA7843BC8BF206B12000100000"), kCloudId);
}

TEST(Trace, TraceparentComesFirstWhenItIsSound) {
  Fields fields;
  fields.add("x-cloud-trace-context", std::string(kCloudId) + "/1");
  fields.add("traceparent", "garbage");
  EXPECT_EQ(trace_id(fields), kCloudId);
  Fields both;
  both.add("x-cloud-trace-context", std::string(kCloudId) + "/1");
  both.add("traceparent", "00-" + std::string(kId) + "-00f067aa0ba902b7-01");
  EXPECT_EQ(trace_id(both), kId);
}

}  // namespace
}  // namespace zoom_proxy
