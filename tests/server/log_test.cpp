#include "server/log.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <regex>

namespace zoom_proxy {
namespace {

boost::json::object sample_fields() {
  boost::json::object fields;
  fields["requestId"] = "00ff";
  fields["httpRequest"] = boost::json::object{{"status", 200}};
  return fields;
}

TEST(Log, JsonLineHasTheCommonKeysAndTheFields) {
  const std::string line =
      format_event({LogFormat::json}, LogLevel::warning, "2026-01-02T03:04:05.006Z", "request",
                   "two\nlines \"quoted\"", sample_fields());
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto object = boost::json::parse(line).as_object();
  EXPECT_EQ(object.at("severity").as_string(), "WARNING");
  EXPECT_EQ(object.at("time").as_string(), "2026-01-02T03:04:05.006Z");
  EXPECT_EQ(object.at("event").as_string(), "request");
  EXPECT_EQ(object.at("message").as_string(), "two\nlines \"quoted\"");
  EXPECT_EQ(object.at("requestId").as_string(), "00ff");
  EXPECT_EQ(object.at("httpRequest").at("status").as_int64(), 200);
}

TEST(Log, ConsoleLineReadsFromLeftToRight) {
  const std::string line =
      format_event({LogFormat::console}, LogLevel::info, "2026-01-02T03:04:05.006Z", "request",
                   "request served", sample_fields());
  EXPECT_EQ(line,
            "2026-01-02T03:04:05.006Z INFO    request: request served requestId=\"00ff\" "
            "httpRequest={\"status\":200}");
}

TEST(Log, ConsoleLineForATerminalHasColoursAndTheSameText) {
  const auto line = [](LogStyle style, LogLevel level) {
    return format_event(style, level, "2026-01-02T03:04:05.006Z", "request", "served",
                        sample_fields());
  };
  const std::string red = line({LogFormat::console, true}, LogLevel::error);
  EXPECT_NE(red.find("\033[1;31mERROR  \033[0m request: served"), red.npos) << red;
  EXPECT_TRUE(red.ends_with("\033[0m"));
  EXPECT_NE(line({LogFormat::console, true}, LogLevel::info), red);
  std::string plain = std::regex_replace(red, std::regex("\033\\[[0-9;]*m"), "");
  EXPECT_EQ(plain, line({LogFormat::console}, LogLevel::error));
  EXPECT_EQ(line({LogFormat::json, true}, LogLevel::error).find('\033'), std::string::npos);
}

TEST(Log, WritesOneLinePerEventAndNothingBelowTheLevel) {
  testing::internal::CaptureStdout();
  start_log(LogFormat::json, LogLevel::warning);
  log_event(LogLevel::info, "request", "quiet");
  log_event(LogLevel::error, "request", "{} loud %v", {{"n", 1}});
  stop_log();
  const std::string out = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(out.ends_with('\n'));
  const auto object = boost::json::parse(out).as_object();  // one value: one line
  EXPECT_EQ(object.at("message").as_string(), "{} loud %v");
  EXPECT_EQ(object.at("n").as_int64(), 1);
  EXPECT_EQ(object.at("time").as_string().size(),
            std::string_view("2026-01-02T03:04:05.006Z").size());
}

}  // namespace
}  // namespace zoom_proxy
