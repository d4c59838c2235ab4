#include "server/async_answer.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "server/answer_sink.hpp"
#include "tests/server/loopback.hpp"

namespace zoom_proxy {
namespace {

bool prefers(const std::vector<std::string>& values) {
  Fields fields;
  for (const auto& value : values) fields.add("Prefer", value);
  return prefers_async(fields);
}

TEST(PrefersAsync, FindsItAmongOthers) {
  for (const char* value :
       {"respond-async", "Respond-Async", " respond-async ", "respond-async, wait=10",
        "wait=10,respond-async", "respond-async;x=1", "a=\"b,c\", respond-async",
        "a=\"\\\",\", respond-async", ",,respond-async"}) {
    EXPECT_TRUE(prefers({value})) << value;
  }
  EXPECT_TRUE(prefers({"wait=10", "respond-async"}));
}

TEST(PrefersAsync, IsNotMisledByWhatOnlyLooksLikeIt) {
  for (const char* value : {"", "return=minimal, wait=10", "respond-asynchronously",
                            "a; respond-async", "a=respond-async", "a=\"b, respond-async, c\"",
                            "a=\"\\\", respond-async, \"", "respond async"}) {
    EXPECT_FALSE(prefers({value})) << value;
  }
  EXPECT_FALSE(prefers({}));
}

std::string answer(const Settings::Output& output) {
  Loopback net;
  ResponseWriter writer(*net.server, {});
  const std::chrono::system_clock::time_point received{
      std::chrono::milliseconds(1'769'903'999'042)};
  const std::string key = output_key(received, "00ff");
  begin_async_answer(output, "00ff", key, received, writer);
  net.run(writer.finish());
  net.server.reset();
  return net.read_all();
}

TEST(AsyncAnswer, NamesThePlaceByUtcDate) {
  Settings::Output output;
  output.async_directory = "/mnt/out";
  const std::string text = answer(output);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 202 "));
  EXPECT_NE(text.find("\r\nLocation: /mnt/out/20260131/00ff\r\n"), text.npos) << text;
  EXPECT_NE(text.find("\r\nPreference-Applied: respond-async\r\n"), text.npos);
  EXPECT_NE(text.find("\r\nConnection: close\r\n"), text.npos);
  const auto body = boost::json::parse(text.substr(text.find("\r\n\r\n") + 4)).as_object();
  EXPECT_EQ(body.at("requestId"), "00ff");
  EXPECT_EQ(body.at("requestReceivedAt"), "2026-01-31T23:59:59.042Z");
  EXPECT_EQ(body.at("async"), true);
  EXPECT_EQ(body.at("asyncOutputLocation"), "/mnt/out/20260131/00ff");
  EXPECT_EQ(body.at("sanitizedOutputKey"), "20260131/00ff");
  EXPECT_EQ(body.size(), 5U);
}

TEST(AsyncAnswer, TheUrlStandsForTheDirectory) {
  Settings::Output output;
  output.async_directory = "/mnt/out";
  output.async_url = "gs://bucket/zoom/";
  const std::string text = answer(output);
  EXPECT_NE(text.find("\r\nLocation: gs://bucket/zoom/20260131/00ff\r\n"), text.npos) << text;
  EXPECT_EQ(text.find("/mnt/out"), text.npos);
}

}  // namespace
}  // namespace zoom_proxy
