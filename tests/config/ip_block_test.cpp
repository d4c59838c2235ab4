#include "config/ip_block.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

IpBytes bytes(const char* text) {
  IpBytes address{};
  if (inet_pton(AF_INET6, text, address.data()) != 1) ADD_FAILURE() << text;
  return address;
}

bool holds(const char* block, const char* address) {
  const auto parsed = IpBlock::parse(block);
  EXPECT_TRUE(parsed) << block;
  return parsed && parsed->contains(bytes(address));
}

TEST(IpBlock, HoldsFirstAndLastAddressAndNoNeighbour) {
  EXPECT_TRUE(holds("192.0.2.0/24", "::ffff:192.0.2.0"));
  EXPECT_TRUE(holds("192.0.2.0/24", "::ffff:192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.0/24", "::ffff:192.0.1.255"));
  EXPECT_FALSE(holds("192.0.2.0/24", "::ffff:192.0.3.0"));
  EXPECT_TRUE(holds("192.0.2.64/27", "::ffff:192.0.2.95"));
  EXPECT_FALSE(holds("192.0.2.64/27", "::ffff:192.0.2.96"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
}

TEST(IpBlock, BitsBehindThePrefixDoNotCount) {
  EXPECT_TRUE(holds("192.0.2.77/24", "::ffff:192.0.2.1"));
  EXPECT_EQ(IpBlock::parse("192.0.2.77/24")->text(), "192.0.2.77/24");
}

TEST(IpBlock, ALoneAddressIsABlockOfOne) {
  EXPECT_TRUE(holds("192.0.2.7", "::ffff:192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "::ffff:192.0.2.6"));
  EXPECT_TRUE(holds("2001:db8::7", "2001:db8::7"));
  EXPECT_FALSE(holds("2001:db8::7", "2001:db8::8"));
}

TEST(IpBlock, TheFamiliesAreApartUntilABlockHoldsBoth) {
  EXPECT_TRUE(holds("0.0.0.0/0", "::ffff:203.0.113.1"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::ffff:192.0.2.0/120", "::ffff:192.0.2.9"));
}

TEST(IpBlock, NothingElseIsOne) {
  for (const char* text : {"",
                           "/",
                           "/24",
                           "192.0.2.0/",
                           "192.0.2.0/33",
                           "192.0.2.0/-1",
                           "192.0.2.0/+8",
                           "192.0.2.0/8x",
                           "192.0.2.0/24/8",
                           "192.0.2.0 /24",
                           " 192.0.2.1",
                           "192.0.2",
                           "192.0.2.256",
                           "010.0.0.1/8",
                           "0x7f000001",
                           "2001:db8::/129",
                           "2001:db8:::/32",
                           "[2001:db8::]/32",
                           "fe80::1%eth0",
                           "192.0.2.1:80",
                           "localhost",
                           "192.0.2.0/4294967320"})
    EXPECT_FALSE(IpBlock::parse(text)) << text;
}

}  // namespace
}  // namespace zoom_proxy
