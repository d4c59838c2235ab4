#include "server/client_address.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

/// The address as text; empty when there is none. The socket's peer is 10.0.0.9.
std::string client(std::initializer_list<const char*> forwarded_for, std::size_t trusted,
                   const char* peer = "10.0.0.9") {
  Fields fields;
  for (const char* value : forwarded_for) fields.add("X-Forwarded-for", value);
  const auto found = client_address(fields, boost::asio::ip::make_address(peer), trusted);
  return found ? found->to_string() : "";
}

TEST(ClientAddress, WithoutProxiesIsTheSocketsPeer) {
  EXPECT_EQ(client({}, 0), "10.0.0.9");
  EXPECT_EQ(client({"192.0.2.1"}, 0), "10.0.0.9");
  EXPECT_EQ(client({}, 0, "::ffff:10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(client({}, 0, "2001:db8::1"), "2001:db8::1");
}

TEST(ClientAddress, IsCountedFromTheRight) {
  EXPECT_EQ(client({"192.0.2.1"}, 1), "192.0.2.1");
  EXPECT_EQ(client({"192.0.2.1, 192.0.2.2,192.0.2.3"}, 1), "192.0.2.3");
  EXPECT_EQ(client({"192.0.2.1, 192.0.2.2,192.0.2.3"}, 2), "192.0.2.2");
  EXPECT_EQ(client({"192.0.2.1, 192.0.2.2,192.0.2.3"}, 3), "192.0.2.1");
  EXPECT_EQ(client({"192.0.2.1", "192.0.2.2, 192.0.2.3"}, 3), "192.0.2.1") << "fields are one list";
  EXPECT_EQ(client({"nonsense, 192.0.2.2"}, 1), "192.0.2.2") << "what a client claims is not read";
}

TEST(ClientAddress, IsUnknownWhenTheProxiesDidNotWriteIt) {
  EXPECT_EQ(client({}, 1), "");
  EXPECT_EQ(client({""}, 1), "");
  EXPECT_EQ(client({"192.0.2.1"}, 2), "");
  EXPECT_EQ(client({"192.0.2.1"}, static_cast<std::size_t>(-1)), "");
  for (const char* text : {"unknown", "192.0.2.1,", "192.0.2", "192.0.2.1 192.0.2.2", "localhost",
                           "[2001:db8::1", "[2001:db8::1]x", "[]", "192.0.2.256", "0x7f.1"}) {
    EXPECT_EQ(client({text}, 1), "") << text;
  }
}

TEST(ClientAddress, MayBeWrittenInSeveralWays) {
  EXPECT_EQ(client({" 192.0.2.1 "}, 1), "192.0.2.1");
  EXPECT_EQ(client({"192.0.2.1:4711"}, 1), "192.0.2.1");
  EXPECT_EQ(client({"2001:DB8::1"}, 1), "2001:db8::1");
  EXPECT_EQ(client({"[2001:db8::1]"}, 1), "2001:db8::1");
  EXPECT_EQ(client({"[2001:db8::1]:4711"}, 1), "2001:db8::1");
  EXPECT_EQ(client({"::ffff:192.0.2.1"}, 1), "192.0.2.1");
}

}  // namespace
}  // namespace zoom_proxy
