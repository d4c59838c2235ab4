#include "config/secret.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace zoom_proxy {
namespace {

/// Whether the bytes of `object` hold `text`: a short string lives inside the object.
bool holds(const void* object, std::size_t size, std::string_view text) {
  return std::string_view(static_cast<const char*>(object), size).find(text) !=
         std::string_view::npos;
}

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

TEST(Secret, GivesTheTextBack) {
  const Secret secret("hunter2");
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_EQ(secret.clone().reveal(), "hunter2");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, CleansesWhatAShortTextWasMovedFrom) {
  Secret from("hunter2");
  ASSERT_TRUE(holds(&from, sizeof from, "hunter"));
  const Secret to(std::move(from));
  EXPECT_FALSE(holds(&from, sizeof from, "hunter"));
  EXPECT_EQ(to.reveal(), "hunter2");
}

TEST(Secret, CleansesOnAssignment) {
  Secret from("hunter2");
  Secret to("old-secret");
  to = std::move(from);
  EXPECT_EQ(to.reveal(), "hunter2");
  EXPECT_FALSE(holds(&from, sizeof from, "hunter"));
  EXPECT_FALSE(holds(&to, sizeof to, "secret"));
}

TEST(Secret, CleansesOnDestruction) {
  alignas(Secret) unsigned char room[sizeof(Secret)] = {};
  auto* secret = new (static_cast<void*>(room)) Secret("hunter2");
  ASSERT_TRUE(holds(room, sizeof room, "hunter"));
  std::destroy_at(secret);
  EXPECT_FALSE(holds(room, sizeof room, "hunter"));
}

TEST(Secret, CleansesTheWholeBuffer) {
  std::string text = "a long secret that lives on the heap, not in the object";
  const char* bytes = text.data();
  const std::size_t size = text.size();
  text.resize(3);  // the rest is still there
  ASSERT_NE(std::string_view(bytes, size).find("heap"), std::string_view::npos);
  cleanse(text);
  EXPECT_EQ(std::string_view(bytes, size).find("heap"), std::string_view::npos);
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace zoom_proxy
