#include "server/auth/key_set.hpp"

#include <gtest/gtest.h>

#include "tests/server/auth/token_maker.hpp"

namespace zoom_proxy {
namespace {

using testing::TokenMaker;
constexpr auto kRs256 = SignatureAlgorithm::rs256;
constexpr auto kEs256 = SignatureAlgorithm::es256;

std::string set_of(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

/// How many of the keys can be used.
std::size_t usable(const std::string& keys) {
  const auto set = KeySet::parse(set_of(keys));
  EXPECT_TRUE(set);
  return set ? set->size() : 0;
}

class KeySetTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string rsa(const std::string& more = "") const {
    return TokenMaker::jwk("rsa-1", maker_.key("rsa-1").get(), more);
  }
  [[nodiscard]] std::string ec(const std::string& more = "") const {
    return TokenMaker::jwk("ec-1", maker_.key("ec-1").get(), more);
  }
  TokenMaker maker_;
};

TEST_F(KeySetTest, FindsByNameAndKind) {
  const auto set = KeySet::parse(set_of(rsa() + "," + ec()));
  ASSERT_TRUE(set);
  ASSERT_NE(set->find("rsa-1", kRs256), nullptr);
  EXPECT_EQ(set->find("rsa-1", kRs256)->signature_bytes, 256U);
  ASSERT_NE(set->find("ec-1", kEs256), nullptr);
  EXPECT_EQ(set->find("ec-1", kEs256)->signature_bytes, 64U);
  EXPECT_EQ(set->find("rsa-1", kEs256), nullptr);
  EXPECT_EQ(set->find("ec-1", kRs256), nullptr);
  EXPECT_EQ(set->find("", kRs256), nullptr);
  EXPECT_EQ(set->find("RSA-1", kRs256), nullptr);
}

TEST_F(KeySetTest, LeavesOutWhatIsNotForSignaturesOrOfAnotherAlgorithm) {
  EXPECT_EQ(usable(rsa(R"("use":"sig","alg":"RS256","key_ops":["verify"],"x5t":"a",)")), 1U);
  EXPECT_EQ(usable(ec(R"("alg":"ES256",)")), 1U);
  for (const char* more : {R"("use":"enc",)", R"("use":1,)", R"("alg":"RS384",)",
                           R"("alg":"PS256",)", R"("alg":"ES256",)", R"("alg":null,)",
                           R"("key_ops":["encrypt"],)", R"("key_ops":"verify",)"})
    EXPECT_EQ(usable(rsa(more)), 0U) << more;
  EXPECT_EQ(usable(R"({"kty":"oct","kid":"a","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"),
            0U);
  EXPECT_EQ(usable(R"({"kty":"OKP","kid":"a","crv":"Ed25519","x":"AAAA"})"), 0U);
}

TEST_F(KeySetTest, LeavesOutWeakKeys) {
  const auto weak = TokenMaker::make_rsa(1024);
  EXPECT_EQ(usable(TokenMaker::jwk("a", weak.get())), 0U);
  const auto almost = TokenMaker::make_rsa(2040);
  EXPECT_EQ(usable(TokenMaker::jwk("a", almost.get())), 0U);
  const auto other_curve = TokenMaker::make_ec("P-384");
  EXPECT_EQ(usable(TokenMaker::jwk("a", other_curve.get())), 0U);
}

TEST_F(KeySetTest, LeavesOutBrokenKeys) {
  EXPECT_EQ(usable(R"({"kty":"RSA","kid":"a"})"), 0U);
  EXPECT_EQ(usable(R"({"kty":"RSA","kid":"a","n":"","e":"AQAB"})"), 0U);
  EXPECT_EQ(usable(R"({"kty":"RSA","kid":"a","n":"!!!!","e":"AQAB"})"), 0U);
  EXPECT_EQ(usable(R"({"kty":"RSA","kid":"a","n":7,"e":"AQAB"})"), 0U);
  const std::string zero(43, 'A');
  EXPECT_EQ(
      usable(R"({"kty":"EC","kid":"a","crv":"P-256","x":")" + zero + R"(","y":")" + zero + "\"}"),
      0U)
      << "no point of the curve";
  std::string nameless = rsa();
  nameless.replace(nameless.find("\"kid\""), 5, "\"kit\"");
  EXPECT_EQ(usable(nameless), 0U);
  EXPECT_EQ(usable("1,null,[],\"a\"," + rsa()), 1U) << "the others are none, the last one is";
}

TEST_F(KeySetTest, RefusesWhatIsNoKeySet) {
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"keys":{}})"),
        std::string("<html>"), set_of(rsa()) + "x", R"({"keys":[],"keys":[)" + rsa() + "]}",
        set_of(rsa()).insert(1, "\"x\":\"" + std::string(KeySet::kMostBytes, 'x') + "\",")})
    EXPECT_FALSE(KeySet::parse(text)) << text.substr(0, 80);
}

TEST_F(KeySetTest, LooksAtABoundedNumberOfKeys) {
  std::string many = "0";
  for (std::size_t i = 2; i < KeySet::kMostKeys; ++i) many += ",0";
  EXPECT_EQ(usable(many + "," + ec()), 1U);
  EXPECT_EQ(usable(many + ",0," + ec()), 0U);
}

}  // namespace
}  // namespace zoom_proxy
