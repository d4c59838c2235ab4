// Signatures and claims beyond tests/attacks/jwt.jsonl, whose cases run against the real server in
// tests/integration.
#include "server/auth/id_token.hpp"

#include <gtest/gtest.h>

#include "tests/server/auth/token_maker.hpp"

namespace zoom_proxy {
namespace {

using testing::base64url;
using testing::TokenMaker;
using Verdict = TokenJudgement::Verdict;

constexpr const char* kRsaHeader = R"({"alg":"RS256","kid":"rsa-1"})";
constexpr const char* kEcHeader = R"({"alg":"ES256","kid":"ec-1"})";
constexpr const char* kClaims =
    R"({"iss":"https://id.example","aud":"https://proxy.example","sub":"17","exp":1000600})";
const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000));

/// DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1), without the digest.
const std::string kDigestInfo(
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05"
    "\x00\x04\x20",
    19);

std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
             EVP_sha256(), nullptr);
  return out;
}

class IdTokenTest : public ::testing::Test {
 protected:
  IdTokenTest() {
    oidc_.issuers = {"https://id.example", "https://other.example"};
    oidc_.audiences = {"https://proxy.example"};
    oidc_.allowed = {"17", "reader@leak.test"};
    keys_ = KeySet::parse(maker_.key_set()).value();
  }

  [[nodiscard]] TokenJudgement judge(const std::string& token) const {
    return judge_id_token(token, keys_, oidc_, kNow);
  }
  [[nodiscard]] Verdict with_claims(const std::string& claims) const {
    return judge(maker_.token(kEcHeader, claims, "ES256-good-key")).verdict;
  }
  /// A token with the given header whose signature is made by the function from what is signed.
  template <class Sign>
  [[nodiscard]] Verdict with_signature(const char* header, Sign sign) const {
    const std::string input = base64url(header) + '.' + base64url(kClaims);
    return judge(input + '.' + base64url(sign(input))).verdict;
  }
  /// RSA signature with a padding of the test's own: `block` from the digest to 256 bytes.
  template <class Block>
  [[nodiscard]] Verdict with_block(Block block) const {
    return with_signature(kRsaHeader, [&](const std::string& input) {
      std::string bytes = block(sha256(input));
      bytes.resize(256, '\x5a');
      return TokenMaker::raw_rsa(maker_.key("rsa-1").get(), bytes);
    });
  }

  TokenMaker maker_;
  Settings::InboundAuth::Oidc oidc_;
  KeySet keys_;
};

TEST_F(IdTokenTest, TakesGoodSignaturesOfBothKinds) {
  EXPECT_EQ(judge(maker_.token(kRsaHeader, kClaims, "RS256-good-key")).verdict, Verdict::accepted);
  EXPECT_EQ(judge(maker_.token(kEcHeader, kClaims, "ES256-good-key")).verdict, Verdict::accepted);
  EXPECT_EQ(judge(maker_.token(kEcHeader, kClaims, "ES256-negated-s")).verdict, Verdict::accepted);
}

TEST_F(IdTokenTest, EcdsaNumbersOutOfRange) {
  for (const char* recipe :
       {"ES256-zero", "ES256-r-zero", "ES256-s-zero", "ES256-r-n", "ES256-s-n", "ES256-short",
        "ES256-long", "ES256-leading-zero", "ES256-without-leading-zero", "ES256-half", "ES256-der",
        "ES256-other-key"})
    EXPECT_EQ(judge(maker_.token(kEcHeader, kClaims, recipe)).verdict, Verdict::invalid) << recipe;
  const std::string ones(64, '\xff');
  EXPECT_EQ(with_signature(kEcHeader, [&](const auto&) { return ones; }), Verdict::invalid);
  EXPECT_EQ(with_signature(kEcHeader, [](const auto&) { return std::string(); }), Verdict::invalid);
}

TEST_F(IdTokenTest, EcdsaHalvesOfAnotherLength) {
  const auto spaced = [&](std::size_t zeros) {
    return with_signature(kEcHeader, [&](const std::string& input) {
      const std::string good = TokenMaker::ecdsa(maker_.key("ec-1").get(), input);
      const std::string pad(zeros, '\0');
      return pad + good.substr(0, 32) + pad + good.substr(32);
    });
  };
  EXPECT_EQ(spaced(0), Verdict::accepted);
  EXPECT_EQ(spaced(1), Verdict::invalid) << "the same numbers, 33 bytes each";
  EXPECT_EQ(spaced(16), Verdict::invalid);
}

TEST_F(IdTokenTest, EcdsaInDerThatIsNotCanonical) {
  for (const char* how : {"leading-zeros", "long-length", "indefinite-length", "negative",
                          "third-number", "rubbish-behind"}) {
    const std::string recipe = std::string("ES256-der-") + how;
    EXPECT_EQ(judge(maker_.token(kEcHeader, kClaims, recipe)).verdict, Verdict::invalid) << recipe;
  }
}

TEST_F(IdTokenTest, RsaPaddingMustBeExact) {
  const auto pad = [](std::size_t count) {
    return std::string("\x00\x01", 2) + std::string(count, '\xff') + std::string(1, '\0');
  };
  EXPECT_EQ(with_block([&](const auto& digest) { return pad(202) + kDigestInfo + digest; }),
            Verdict::accepted);
  EXPECT_EQ(with_block([&](const auto& digest) { return pad(8) + kDigestInfo + digest; }),
            Verdict::invalid)
      << "rubbish behind the digest: forgeable where e is 3";
  EXPECT_EQ(with_block([&](const auto& digest) { return pad(221) + digest; }), Verdict::invalid)
      << "no DigestInfo";
  EXPECT_EQ(with_block([&](const auto& digest) {
              std::string block = pad(202) + kDigestInfo + digest;
              block[1] = '\x02';
              return block;
            }),
            Verdict::invalid)
      << "the padding of encryption";
  EXPECT_EQ(with_block([&](const auto& digest) {
              std::string block = pad(202) + kDigestInfo + digest;
              block[100] = '\xfe';
              return block;
            }),
            Verdict::invalid);
  EXPECT_EQ(with_block([&](const auto& digest) {
              std::string sha512 = kDigestInfo;
              sha512[14] = '\x03';
              return pad(202) + sha512 + digest;
            }),
            Verdict::invalid)
      << "the name of another hash";
}

TEST_F(IdTokenTest, RsaSignaturesOfAnotherLength) {
  const auto changed = [&](auto change) {
    return with_signature(kRsaHeader, [&](const std::string& input) {
      return change(maker_.signature(input, "RS256-good-key", "rsa-1"));
    });
  };
  EXPECT_EQ(changed([](auto good) { return good; }), Verdict::accepted);
  EXPECT_EQ(changed([](auto good) { return std::string(1, '\0') + good; }), Verdict::invalid);
  EXPECT_EQ(changed([](auto good) { return good + '\0'; }), Verdict::invalid);
  EXPECT_EQ(changed([](auto good) { return good.substr(1); }), Verdict::invalid);
  EXPECT_EQ(changed([](auto good) { return std::string(good.size(), '\0'); }), Verdict::invalid);
  EXPECT_EQ(changed([](auto good) { return std::string(good.size(), '\xff'); }), Verdict::invalid);
}

TEST_F(IdTokenTest, SaysWhenTheKeyIsNotThere) {
  const auto verdict = [&](const char* header) {
    return judge(maker_.token(header, kClaims, "RS256-good-key")).verdict;
  };
  EXPECT_EQ(verdict(R"({"alg":"RS256","kid":"rsa-3"})"), Verdict::unknown_key);
  EXPECT_EQ(verdict(R"({"alg":"RS256","kid":"ec-1"})"), Verdict::unknown_key);
  EXPECT_EQ(verdict(R"({"alg":"ES256","kid":"rsa-1"})"), Verdict::unknown_key);
  EXPECT_EQ(verdict(R"({"alg":"RS256"})"), Verdict::invalid) << "no kid";
  EXPECT_EQ(verdict(R"({"alg":"RS384","kid":"rsa-3"})"), Verdict::invalid);
}

TEST_F(IdTokenTest, ClocksMayBeAMinuteApart) {
  const auto claims = [](const std::string& times) {
    return R"({"iss":"https://other.example","aud":["https://proxy.example"],"sub":"17",)" + times +
           "}";
  };
  EXPECT_EQ(with_claims(claims(R"("exp":999941)")), Verdict::accepted);
  EXPECT_EQ(with_claims(claims(R"("exp":999940)")), Verdict::invalid);
  EXPECT_EQ(with_claims(claims(R"("exp":999940.5)")), Verdict::accepted);
  EXPECT_EQ(with_claims(claims(R"("exp":1e9,"nbf":1000060)")), Verdict::accepted);
  EXPECT_EQ(with_claims(claims(R"("exp":1e9,"nbf":1000061)")), Verdict::invalid);
  EXPECT_EQ(with_claims(claims(R"("exp":1e9,"iat":1000060)")), Verdict::accepted);
  EXPECT_EQ(with_claims(claims(R"("exp":1e9,"iat":1000061)")), Verdict::invalid);
  EXPECT_EQ(with_claims(claims(R"("exp":-1e300)")), Verdict::invalid);
}

TEST_F(IdTokenTest, AnAddressCountsOnlyVerifiedAndOnlyAsAnAddress) {
  const auto claims = [](const std::string& who) {
    return R"({"iss":"https://id.example","aud":"https://proxy.example","exp":1000600,)" + who +
           "}";
  };
  EXPECT_EQ(with_claims(claims(R"("email":"reader@leak.test","email_verified":true)")),
            Verdict::accepted);
  for (const char* who :
       {R"("email":"reader@leak.test")", R"("email":"reader@leak.test","email_verified":false)",
        R"("email":"reader@leak.test","email_verified":"true")",
        R"("email":"reader@leak.test","email_verified":1)",
        R"("email":"Reader@leak.test","email_verified":true)", R"("sub":"reader@leak.test")",
        R"("email":"17","email_verified":true)", R"("sub":17)", R"("sub":"")"})
    EXPECT_EQ(with_claims(claims(who)), Verdict::not_allowed) << who;
}

TEST_F(IdTokenTest, AnAudienceListMustBeOfTexts) {
  const auto claims = [](const std::string& audience) {
    return R"({"iss":"https://id.example","sub":"17","exp":1000600,"aud":)" + audience + "}";
  };
  EXPECT_EQ(with_claims(claims(R"(["a","https://proxy.example"])")), Verdict::accepted);
  EXPECT_EQ(with_claims(claims(R"(["https://proxy.example",1])")), Verdict::invalid);
  EXPECT_EQ(with_claims(claims(R"([["https://proxy.example"]])")), Verdict::invalid);
}

TEST_F(IdTokenTest, TheSizeIsBounded) {
  const std::string padded =
      std::string(kClaims).insert(1, "\"x\":\"" + std::string(9000, 'x') + "\",");
  EXPECT_EQ(with_claims(padded), Verdict::accepted);
  const std::string huge =
      std::string(kClaims).insert(1, "\"x\":\"" + std::string(13'000, 'x') + "\",");
  EXPECT_EQ(with_claims(huge), Verdict::invalid);
}

TEST_F(IdTokenTest, TokensOfOtherKindsAreNotTaken) {
  const auto with_header = [&](const std::string& more) {
    const std::string header = R"({"alg":"ES256","kid":"ec-1")" + more + "}";
    return judge(maker_.token(header, kClaims, "ES256-good-key")).verdict;
  };
  EXPECT_EQ(with_header(R"(,"typ":"jwt","x":{"y":1},"jku":"https://evil.example")"),
            Verdict::accepted);
  for (const char* more : {R"(,"typ":"at+jwt")", R"(,"typ":1)", R"(,"typ":"")", R"(,"crit":[])",
                           R"(,"crit":["exp"])", R"(,"b64":false)", R"(,"enc":"A256GCM")"})
    EXPECT_EQ(with_header(more), Verdict::invalid) << more;
}

TEST_F(IdTokenTest, WhatTwoReadersCouldTakeInTwoWaysIsNotTaken) {
  const auto header = [&](const char* text) {
    return judge(maker_.token(text, kClaims, "ES256-good-key")).verdict;
  };
  EXPECT_EQ(header(R"({"alg":"none","alg":"ES256","kid":"ec-1"})"), Verdict::invalid);
  EXPECT_EQ(header(R"({"alg":"ES256","kid":"ec-1","kid":"ec-1"})"), Verdict::invalid);
  EXPECT_EQ(header(R"({"alg":"ES256","k\u0069d":"ec-2","kid":"ec-1"})"), Verdict::invalid);
  EXPECT_EQ(header("{\"alg\":\"ES256\",\"kid\":\"ec-1\",\"x\":\"\xff\"}"), Verdict::invalid);
  const std::string claims(kClaims);
  EXPECT_EQ(with_claims(claims), Verdict::accepted);
  EXPECT_EQ(with_claims("\xef\xbb\xbf" + claims), Verdict::invalid);
  EXPECT_EQ(with_claims(claims + claims), Verdict::invalid);
  EXPECT_EQ(with_claims(std::string(claims).insert(1, R"("sub":"18",)")), Verdict::invalid);
  EXPECT_EQ(with_claims(std::string(claims).insert(1, R"("x":{"a":1,"a":1},)")), Verdict::invalid);
  EXPECT_EQ(with_claims(std::string(claims).insert(1, R"("x":"\u0000",)")), Verdict::invalid);
}

TEST_F(IdTokenTest, AStrippedSignatureIsToldApart) {
  const std::string input = base64url(kRsaHeader) + '.' + base64url(kClaims);
  const TokenJudgement judgement = judge(input + ".SIGNATURE_REMOVED_BY_GOOGLE");
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  EXPECT_NE(std::string(judgement.reason).find("removed"), std::string::npos);
}

}  // namespace
}  // namespace zoom_proxy
