#include "server/control_fields.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "server/failure.hpp"
#include "tests/server/engine_fixture.hpp"

namespace zoom_proxy {
namespace {

using List = std::vector<std::pair<std::string, std::string>>;

RequestHead request(std::string target, const List& fields) {
  RequestHead head;
  head.method = "GET";
  head.target = std::move(target);
  for (const auto& [name, value] : fields) head.fields.add(name, value);
  return head;
}

std::string target_of(std::string target, const List& fields, std::string_view prefix = "") {
  return requested_target(request(std::move(target), fields), prefix);
}

/// Which cause a check threw, with its text; nothing when it passed.
std::optional<std::pair<Cause, std::string>> thrown(const std::function<void()>& check) {
  try {
    check();
  } catch (const Failure& failure) {
    return std::pair(failure.cause(), std::string(failure.what()));
  }
  return std::nullopt;
}

auto refused_fields(const List& fields, bool development_mode = false) {
  return thrown([&] {
    check_control_fields(request("/", fields).fields, known_engine()->codec(), development_mode);
  });
}

TEST(RequestedTarget, IsTheRequestsOwn) {
  EXPECT_EQ(target_of("/v2/users?a=1", {}), "/v2/users?a=1");
  EXPECT_EQ(target_of("/v2/users?", {}), "/v2/users?");
  EXPECT_EQ(target_of("//v2/%2Fusers??", {{"TargetPath", "/x"}}), "//v2/%2Fusers??");
}

TEST(RequestedTarget, FieldsReplacePathAndQueryEachByItself) {
  EXPECT_EQ(target_of("/a?b=c", {{"X-Psoxy-TargetPath", "/v2/users/%2Fx%253D"}}),
            "/v2/users/%2Fx%253D?b=c");
  EXPECT_EQ(target_of("/a?b=c", {{"x-psoxy-targetquery", "d=e?f"}}), "/a?d=e?f");
  EXPECT_EQ(target_of("/a", {{"X-Psoxy-TargetQuery", "?d=e"}}), "/a?d=e");
  EXPECT_EQ(target_of("/a", {{"X-Psoxy-TargetQuery", "??d"}}), "/a??d");
  EXPECT_EQ(target_of("/a?b=c", {{"X-Psoxy-TargetQuery", ""}}), "/a");
  EXPECT_EQ(target_of("/a?b=c", {{"X-Psoxy-TargetQuery", "?"}}), "/a");
  EXPECT_EQ(target_of("/a?b", {{"X-Psoxy-TargetPath", "/x"}, {"X-Psoxy-TargetQuery", "y"}}),
            "/x?y");
  const std::string longest = "/" + std::string(4095, 'x');
  EXPECT_EQ(target_of("/a", {{"X-Psoxy-TargetPath", longest}}), longest);
}

TEST(RequestedTarget, WhatIsNoPathOrQueryIsRefusedByName) {
  for (const std::string& value :
       {std::string(), std::string("v2/users"), std::string("http://h/v2"), std::string("/a?b"),
        std::string("/a#b"), std::string("/a b"), std::string("/a\tb"), std::string("/\xc3\xbc"),
        std::string("/\x7f"), "/" + std::string(4096, 'x')}) {
    const auto path = thrown([&] { (void)target_of("/a", {{"X-Psoxy-TargetPath", value}}); });
    ASSERT_TRUE(path) << value;
    EXPECT_EQ(path->first, Cause::invalid_request);
    EXPECT_TRUE(path->second.starts_with("X-Psoxy-TargetPath ")) << path->second;
  }
  for (const std::string& value : {std::string("a#b"), std::string("a b"), std::string("a\r\nb"),
                                   std::string("\xff"), std::string(4097, 'x')}) {
    const auto query = thrown([&] { (void)target_of("/a", {{"X-Psoxy-TargetQuery", value}}); });
    ASSERT_TRUE(query) << value;
    EXPECT_EQ(query->first, Cause::invalid_request);
    EXPECT_TRUE(query->second.starts_with("X-Psoxy-TargetQuery ")) << query->second;
  }
}

TEST(RequestedTarget, ThePrefixGoesWhereItIsAWholePiece) {
  for (const char* prefix : {"zoom", "/zoom", "zoom/", "/zoom/"}) {
    EXPECT_EQ(target_of("/zoom/v2/users?a", {}, prefix), "/v2/users?a");
    EXPECT_EQ(target_of("/zoom", {}, prefix), "/");
    EXPECT_EQ(target_of("/zoom?a", {}, prefix), "/?a");
    EXPECT_EQ(target_of("/zoom/", {}, prefix), "/");
    EXPECT_EQ(target_of("/zoomed/v2", {}, prefix), "/zoomed/v2");
    EXPECT_EQ(target_of("/Zoom/v2", {}, prefix), "/Zoom/v2");
    EXPECT_EQ(target_of("/v2/zoom/x", {}, prefix), "/v2/zoom/x");
    EXPECT_EQ(target_of("/zoom/zoom/v2", {}, prefix), "/zoom/v2") << "once";
    EXPECT_EQ(target_of("/a", {{"X-Psoxy-TargetPath", "/zoom/v2"}}, prefix), "/v2");
  }
  EXPECT_EQ(target_of("/a/b/v2", {}, "a/b"), "/v2");
  EXPECT_EQ(target_of("/v2", {}, "/"), "/v2");
}

TEST(ControlFields, HarmlessOnesPass) {
  EXPECT_FALSE(refused_fields({}));
  EXPECT_FALSE(refused_fields({{"X-Psoxy-Pseudonym-Implementation", "v0.4"},
                               {"X-Psoxy-Skip-Sanitizer", "false"},
                               {"X-Psoxy-User-To-Impersonate", std::string(kKnownToken)},
                               {"X-Psoxy-No-Response-Body", "1"}}));
  EXPECT_FALSE(refused_fields({{"X-Psoxy-User-To-Impersonate", "ann@corp.test"}}));
}

TEST(ControlFields, WhatCannotBeGrantedIsRefusedByName) {
  for (const char* value : {"v0.3", "V0.4", "", "v0.5"}) {
    const auto why = refused_fields({{"x-psoxy-pseudonym-implementation", value}});
    ASSERT_TRUE(why) << value;
    EXPECT_EQ(why->first, Cause::invalid_request);
    EXPECT_NE(why->second.find("v0.4"), std::string::npos);
  }
  for (const char* value : {"true", "TRUE"}) {
    EXPECT_TRUE(asks_to_skip_sanitizer(request("/", {{"x-psoxy-skip-sanitizer", value}}).fields));
    EXPECT_FALSE(refused_fields({{"X-Psoxy-Skip-Sanitizer", value}}, true));
    const auto why = refused_fields({{"X-Psoxy-Skip-Sanitizer", value}});
    ASSERT_TRUE(why) << value;
    EXPECT_EQ(why->first, Cause::invalid_request);
    EXPECT_NE(why->second.find("every answer is sanitized"), std::string::npos);
  }
  EXPECT_FALSE(asks_to_skip_sanitizer(request("/", {{"X-Psoxy-Skip-Sanitizer", "1"}}).fields));
  EXPECT_TRUE(refused_fields(
      {{"X-Psoxy-Skip-Sanitizer", "false"}, {"X-Psoxy-Skip-Sanitizer", "true"}}, true));
  const auto twice = refused_fields({{"X-Psoxy-TargetPath", "/a"}, {"x-psoxy-targetpath", "/a"}});
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->first, Cause::invalid_request);
}

TEST(ControlFields, AForgedTokenOfAUserIs409) {
  std::string forged(kKnownToken);
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  const auto why = refused_fields({{"X-Psoxy-User-To-Impersonate", forged}});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->first, Cause::tokenized_request_parameter_invalid);
}

TEST(ControlFields, HealthCheckIsAskedByTheFieldAlone) {
  const auto asked = [](const List& fields) {
    return asked_health_check(request("/", fields).fields);
  };
  EXPECT_EQ(asked({{"X-Psoxy-Health", "deep"}}), HealthCheck::none);
  for (const char* value : {"false", "", "true", "deeper", "dee", "deep, deep", "d eep"}) {
    EXPECT_EQ(asked({{"x-psoxy-health-check", value}}), HealthCheck::plain) << value;
  }
  for (const char* value : {"deep", "DEEP", " \tDeep "}) {
    EXPECT_EQ(asked({{"X-Psoxy-Health-Check", value}}), HealthCheck::deep) << value;
  }
  EXPECT_EQ(asked({{"X-Psoxy-Health-Check", "deep"}, {"X-Psoxy-Health-Check", "deep"}}),
            HealthCheck::plain);
}

}  // namespace
}  // namespace zoom_proxy
