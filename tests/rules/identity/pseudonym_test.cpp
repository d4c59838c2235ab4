#include "rules/identity/pseudonym.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <random>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

std::string hex(const Digest& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string base64url(const Digest& digest) {
  std::string out;
  append_base64url(digest, out);
  return out;
}

std::string hmac(std::string_view key, std::string_view text) {
  return hex(PseudonymHash(PseudonymAlgorithm::hmac_sha256, key)(text));
}

TEST(PseudonymHash, IsHmacSha256AsInRfc4231) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac(std::string(131, '\xaa'),
                 "This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(PseudonymHash, AgreesWithOpenSslOnRandomInput) {
  std::mt19937 random(7);
  const auto text = [&](std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(random());
    return out;
  };
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string key = text(1 + (size * 7) % 150);
    const std::string message = text(size);
    Digest expected;
    unsigned length = 0;
    ASSERT_NE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                   expected.data(), &length),
              nullptr);
    ASSERT_EQ(length, expected.size());
    EXPECT_EQ(hmac(key, message), hex(expected)) << size;
  }
}

TEST(PseudonymHash, ThePeersIsSha256OfValueAndSalt) {
  const PseudonymHash hash(PseudonymAlgorithm::psoxy, "salt");
  EXPECT_EQ(base64url(hash("example@example.com")), "8ZuLJANBU0hIFqmaE8RjwHZqRb4MezRyGZ6rLZUkKSg");
  EXPECT_EQ(base64url(hash("alice@worklytics.co")), "Qf4dLJ4jfqZLn9ef4VirvYjvOnRaVI5tf5oLnM65YOA");
  EXPECT_EQ(base64url(hash("person 1")), "GI144xrPnMS9IwneeTEzMfcC2zowYSHHhVaReTIDXeo");
  EXPECT_EQ(base64url(hash("2001:db8:0:0:0:0:0:1")), "njBikXo6n6-7z6JEg8zs_E89aJQ0lje1vW3O9EkS__8");
}

TEST(PseudonymHash, CanBeMoved) {
  PseudonymHash first(PseudonymAlgorithm::hmac_sha256, "salt");
  const Digest digest = first("x");
  PseudonymHash second = std::move(first);
  EXPECT_EQ(second("x"), digest);
  second = PseudonymHash(PseudonymAlgorithm::hmac_sha256, "other salt");
  EXPECT_NE(second("x"), digest);
}

TEST(SaltFingerprint, IsThePeers) {
  EXPECT_EQ(salt_fingerprint("salt"), "pRwka918R7CEI6El1noIhIMJzqBGYUvvqXYHyMvxl2Y");
  EXPECT_EQ(salt_fingerprint(""), "");
}

TEST(SaltFingerprint, HasAnAlphabetOfItsOwn) {
  // By trial: the digests of these hold both characters that differ from plain base64.
  std::string all;
  for (int i = 0; i < 50; ++i) all += salt_fingerprint("salt" + std::to_string(i));
  EXPECT_EQ(all.size(), 50U * 43);
  EXPECT_EQ(all.find_first_of("+/-="), std::string::npos);
  EXPECT_NE(all.find('.'), std::string::npos);
  EXPECT_NE(all.find('_'), std::string::npos);
}

TEST(Canonicalize, DomainPointsIntoTheValue) {
  const std::string value = "Ann <Ann.Q+x@Corp.TEST>";
  const CanonicalValue strict = canonicalize(value, EmailCanonicalization::strict);
  EXPECT_EQ(strict.text, "ann.q@corp.test");
  EXPECT_EQ(strict.domain, "Corp.TEST");
  EXPECT_EQ(strict.domain.data(), value.data() + value.find("Corp"));
  EXPECT_EQ(canonicalize(value, EmailCanonicalization::ignore_dots).text, "annq@corp.test");
}

TEST(Canonicalize, AnythingElseStaysAsItIs) {
  for (const char* value : {"", " ANN ", "Ann.Q", "a@b", "ÄNN@corp.test"}) {
    for (const auto how : {EmailCanonicalization::strict, EmailCanonicalization::ignore_dots}) {
      EXPECT_EQ(canonicalize(value, how).text, value);
      EXPECT_TRUE(canonicalize(value, how).domain.empty());
    }
  }
}

TEST(NumberText, IsThePeers) {
  // A JSON number, its text, and the hash that the peer recorded for it with the salt `salt`.
  const std::array<std::string_view, 3> rows[] = {
      {"0", "0", "uXY-rAXeOzg_TOxA3id5pRgzfCc7sMGRAnsZJK0Ds0U"},
      {"-0", "0", "uXY-rAXeOzg_TOxA3id5pRgzfCc7sMGRAnsZJK0Ds0U"},
      {"1.0", "1.0", "jkOHVuC6CUAt5MHD_T5d5cZF-tI39tBX74qyDlHRorA"},
      {"-0.0", "-0.0", "kTSjuI_X0asLvQvm1P8eqFxRvca-4MN9gNUBfr8818Q"},
      {"1e2", "100.0", "N0t7L5mVReCOS5lxoI2bZ5eUaKEDjO1U1gk8vU46xoA"},
      {"1E400", "Infinity", "AtQtioAez4XzfCZL3mI6WoEtsbvFuMS9567LmYFXiKE"},
      {"9223372036854775808", "9223372036854775808", "Oee2ZwrasO-37ulZTjFtqJwqHqdcpQ-yaq8J2ZIRyD0"},
      {"123456789012345678901234567890", "123456789012345678901234567890",
       "ayeTfZ4jQG_lSVkp23Gj02cNb3WDHKtqDzNk5HjSOAQ"},
      {"0.1", "0.1", "m4EbkNlXdubatjeZBsTGLfKBj-tgAH_TuCvNX1uiwIk"},
      {"1e-7", "1.0E-7", "TbEsiqDfyRi6BmdgyPZg0TjgDt82lxEo0UBdqQeLu6Q"},
      {"12345678.9", "1.23456789E7", "NfvQSJotmUgyD3yvNCrzIi9VaucCav2RuPFdFygPpO4"},
      {"100000000.0", "1.0E8", "H8UFuv9Hw7KB_xI7ZKAf9-75Eeo74nzIErhvQeG3CUw"},
      {"3.0e10", "3.0E10", "2l0F9w3DhZkIHWnPGdZ080zotiqJFZEn-AnIwoGeSLY"},
  };
  const PseudonymHash hash(PseudonymAlgorithm::psoxy, "salt");
  for (const auto& [number, text, digest] : rows) {
    EXPECT_EQ(number_text(number), text);
    EXPECT_EQ(base64url(hash(number_text(number))), digest) << number;
  }
}

TEST(NumberText, WritesDoublesAsJava) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"1.10", "1.1"},
      {"1.50", "1.5"},
      {"10.0", "10.0"},
      {"120.0", "120.0"},
      {"123.456", "123.456"},
      {"2e-3", "0.002"},
      {"0.00123", "0.00123"},
      {"0.000999", "9.99E-4"},
      {"9999999.0", "9999999.0"},
      {"9999999.5", "9999999.5"},
      {"1e7", "1.0E7"},
      {"-12.5", "-12.5"},
      {"-1e21", "-1.0E21"},
      {"123456789.123456789", "1.2345678912345679E8"},
      {"2.2250738585072012e-308", "2.2250738585072014E-308"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"1.7976931348623157e308", "1.7976931348623157E308"},
      {"5e-324", "4.9E-324"},
      {"0e0", "0.0"},
      {"0.000", "0.0"},
      {"-0e5", "-0.0"},
  };
  for (const auto& [number, text] : rows) EXPECT_EQ(number_text(number), text) << number;
}

TEST(NumberText, BeyondADoubleIsInfiniteOrZero) {
  const std::string zeros(500, '0');
  const std::pair<std::string, std::string_view> rows[] = {
      {"-1e400", "-Infinity"},
      {"1e-400", "0.0"},
      {"-1e-400", "-0.0"},
      {"1e99999999999999999999", "Infinity"},
      {"1e+99999999999999999999", "Infinity"},
      {"1e-99999999999999999999", "0.0"},
      {"0e99999999999999999999", "0.0"},
      {"1" + zeros + ".5", "Infinity"},
      {"0." + zeros + "1", "0.0"},
      {"1" + zeros + "e-500", "1.0"},
      {"1" + zeros + "e-100", "Infinity"},
      {"0." + zeros + "1e100", "0.0"},
      {"0." + zeros + "1e900", "Infinity"},
      {"0." + zeros + "1e501", "1.0"},
  };
  for (const auto& [number, text] : rows) EXPECT_EQ(number_text(number), text) << number;
}

}  // namespace
}  // namespace zoom_proxy
