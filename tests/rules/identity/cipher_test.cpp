#include "rules/identity/cipher.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <thread>
#include <vector>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

const ValueCipher& siv() {
  static const ValueCipher cipher(PseudonymAlgorithm::hmac_sha256, "secret", "salt");
  return cipher;
}

const ValueCipher& cbc() {
  static const ValueCipher cipher(PseudonymAlgorithm::psoxy, "secret", "salt");
  return cipher;
}

Digest hash_of(std::string_view value) {
  return PseudonymHash(PseudonymAlgorithm::hmac_sha256, "salt")(value);
}

ValueCipher::Bytes sealed(const ValueCipher& cipher, std::string_view value) {
  ValueCipher::Bytes out;
  cipher.seal(hash_of(value), value, out);
  return out;
}

TEST(ValueCipher, EveryLengthComesBack) {
  for (const ValueCipher* cipher : {&siv(), &cbc()}) {
    for (std::size_t size = 1; size < 300; size += size < 70 ? 1 : 23) {
      const std::string value(size, 'x');
      const auto bytes = sealed(*cipher, value);
      EXPECT_EQ(bytes.size(), cipher == &siv() ? 16 + size : (size / 16 + 1) * 16);
      EXPECT_EQ(cipher->open(hash_of(value), bytes), value);
    }
  }
}

TEST(ValueCipher, AppendsAndIsDeterministic) {
  ValueCipher::Bytes out = {1, 2, 3};
  siv().seal(hash_of("ann"), "ann", out);
  const auto again = sealed(siv(), "ann");
  ASSERT_EQ(out.size(), 3 + again.size());
  EXPECT_TRUE(std::equal(again.begin(), again.end(), out.begin() + 3));
}

TEST(ValueCipher, IsAesSivAsAnotherImplementationHasIt) {
  // From the AESSIV class of Python's cryptography, with the key of its PBKDF2.
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"ann@corp.test", "hU47Ia96UvDaBHt2D2b9TffC_4kb1qTVNPsj2oE"},
      {"z8yAAAAA8bbbQ", "CcOu7-8mHJBaB84Hbeza97ujWEHNvUoHjZyFPmQ"},
      {"5551234567", "hecLU9cZgH4V6xXgvd7JKb36KXlaCTX5Dpc"},
  };
  for (const auto& [value, expected] : rows) {
    const auto bytes = sealed(siv(), value);
    std::string text;
    append_base64url({bytes.data(), bytes.size()}, text);
    EXPECT_EQ(text, expected) << value;
  }
}

TEST(ValueCipher, NoticesEveryChange) {
  const Digest hash = hash_of("z8yAAAAA8bbbQ");
  const auto good = sealed(siv(), "z8yAAAAA8bbbQ");
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    auto bad = good;
    bad[i / 8] ^= static_cast<std::uint8_t>(1U << i % 8);
    EXPECT_EQ(siv().open(hash, bad), std::nullopt) << i;
  }
  for (std::size_t i = 0; i < hash.size() * 8; ++i) {
    Digest bad = hash;
    bad[i / 8] ^= static_cast<std::uint8_t>(1U << i % 8);
    EXPECT_EQ(siv().open(bad, good), std::nullopt) << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(siv().open(hash, {good.data(), size}), std::nullopt) << size;
  }
}

TEST(ValueCipher, AnotherKeyOpensNothing) {
  const ValueCipher other_password(PseudonymAlgorithm::hmac_sha256, "secret2", "salt");
  const ValueCipher other_salt(PseudonymAlgorithm::hmac_sha256, "secret", "salt2");
  const auto bytes = sealed(siv(), "ann");
  EXPECT_EQ(other_password.open(hash_of("ann"), bytes), std::nullopt);
  EXPECT_EQ(other_salt.open(hash_of("ann"), bytes), std::nullopt);
}

TEST(ValueCipher, AFailureLeavesNoErrorBehind) {
  for (const ValueCipher* cipher : {&siv(), &cbc()}) {
    ERR_clear_error();
    const std::vector<std::uint8_t> nonsense(40, 7);
    EXPECT_EQ(cipher->open(Digest{}, nonsense), std::nullopt);
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

TEST(ValueCipher, ThreadsShareOne) {
  for (const ValueCipher* cipher : {&siv(), &cbc()}) {
    const auto expected = sealed(*cipher, "ann@corp.test");
    std::vector<std::thread> threads;
    std::array<int, 4> good{};
    for (int& count : good) {
      threads.emplace_back([&expected, cipher, &count] {
        for (int i = 0; i < 500; ++i) {
          count += sealed(*cipher, "ann@corp.test") == expected &&
                   cipher->open(hash_of("ann@corp.test"), expected) == "ann@corp.test";
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int count : good) EXPECT_EQ(count, 500);
  }
}

}  // namespace
}  // namespace zoom_proxy
