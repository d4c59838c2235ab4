#include "rules/identity/sha256.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

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

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// SHA-256 by FIPS 180-4 section 5.1.1, around the compression function alone. The padded text
/// starts `shift` bytes behind an aligned address.
std::string sha256(const Sha256Implementation& by, std::string_view text, std::size_t shift = 0) {
  std::string padded(shift, '#');
  padded += text;
  padded += '\x80';
  while ((padded.size() - shift) % 64 != 56) padded += '\0';
  for (int byte = 7; byte >= 0; --byte) {
    padded += static_cast<char>(std::uint64_t{text.size()} * 8 >> byte * 8);
  }
  Sha256State state = kSha256Start;
  by.compress(state, bytes_of(padded) + shift, (padded.size() - shift) / 64);
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - i % 4 * 8));
  }
  return hex(digest);
}

std::string openssl_sha256(std::string_view text) {
  Digest digest;
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hex(digest);
}

std::string openssl_hmac(std::string_view key, std::string_view text) {
  Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       digest.data(), nullptr);
  return hex(digest);
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string out(size, '\0');
  std::generate(out.begin(), out.end(), [&] { return static_cast<char>(random()); });
  return out;
}

class Sha256 : public testing::TestWithParam<Sha256Implementation> {};

INSTANTIATE_TEST_SUITE_P(Every, Sha256, testing::ValuesIn(sha256_implementations()),
                         [](const auto& instance) {
                           std::string name(instance.param.name);
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(Sha256, HashesTheExamplesOfFips180) {
  EXPECT_EQ(sha256(GetParam(), ""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(GetParam(), "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(GetParam(), "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(GetParam(), std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_P(Sha256, AgreesWithOpenSslAtEveryLengthAndAlignment) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size <= 300; ++size) {
    const std::string text = random_text(random, size);
    EXPECT_EQ(sha256(GetParam(), text, random() % 64), openssl_sha256(text)) << size;
  }
}

TEST_P(Sha256, AgreesWithOpenSslOnAChainOfHashes) {
  // As in NIST's Monte Carlo test: each text is made of the three hashes before it.
  std::vector<std::string> ours(3, std::string(64, '5'));
  std::vector<std::string> theirs = ours;
  for (int i = 0; i < 1000; ++i) {
    const auto text = [i](const std::vector<std::string>& chain) {
      const auto at = static_cast<std::size_t>(i);
      return chain[at] + chain[at + 1] + chain[at + 2];
    };
    ours.push_back(sha256(GetParam(), text(ours)));
    theirs.push_back(openssl_sha256(text(theirs)));
  }
  EXPECT_EQ(ours.back(), theirs.back());
}

TEST_P(Sha256, HmacAgreesWithOpenSslAtEveryLengthAndAlignment) {
  std::mt19937 random(2);
  for (std::size_t size = 0; size <= 300; ++size) {
    const std::string key = random_text(random, 1 + random() % 150);
    const std::string text = random_text(random, size);
    const std::size_t shift = random() % 64;
    const std::string shifted = std::string(shift, '#') + text;
    const HmacKey states(key);
    const std::string_view place = std::string_view(shifted).substr(shift);
    EXPECT_EQ(hex(hmac_sha256(GetParam(), states, place)), openssl_hmac(key, text)) << size;
  }
}

TEST(Sha256Implementations, OpenSslIsAlwaysThere) {
  ASSERT_FALSE(sha256_implementations().empty());
  EXPECT_EQ(sha256_implementations().back().name, "OpenSSL");
  EXPECT_EQ(sha256_implementations().size(), sha256_shani() == nullptr ? 1U : 2U);
}

}  // namespace
}  // namespace zoom_proxy
