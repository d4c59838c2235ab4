#include "rules/identity/siv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace zoom_proxy {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using Cipher = std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)>;

void fill(std::mt19937& random, std::span<std::uint8_t> bytes) {
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
}

Context context(const char* name, const std::uint8_t* key) {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr), EVP_CIPHER_free);
  Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (EVP_EncryptInit_ex2(context.get(), cipher.get(), key, nullptr, nullptr) != 1) {
    throw std::runtime_error("no cipher for the test");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

/// Tag and ciphertext by OpenSSL's own AES-256-SIV.
Bytes openssl_siv(const std::uint8_t* key, const Digest& hash, const Bytes& text) {
  const Context siv = context("AES-256-SIV", key);
  Bytes out(kSivTagBytes + text.size());
  int size = 0;
  if (EVP_EncryptUpdate(siv.get(), nullptr, &size, hash.data(), static_cast<int>(hash.size())) !=
          1 ||
      EVP_EncryptUpdate(siv.get(), out.data() + kSivTagBytes, &size, text.data(),
                        static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(siv.get(), out.data() + out.size(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(siv.get(), EVP_CTRL_AEAD_GET_TAG, kSivTagBytes, out.data()) != 1) {
    throw std::runtime_error("no AES-SIV for the test");
  }
  return out;
}

struct Sealer {
  explicit Sealer(const std::uint8_t* key)
      : mac(context("AES-256-ECB", key)), counter(context("AES-256-ECB", key + 32)) {}

  [[nodiscard]] SivContexts contexts() const { return {mac.get(), counter.get()}; }

  [[nodiscard]] Bytes seal(const Digest& hash, const Bytes& text) const {
    Bytes out(kSivTagBytes + text.size());
    siv_seal(contexts(), subkeys, hash, text, out.data());
    return out;
  }

  Context mac;
  Context counter;
  SivSubkeys subkeys{contexts()};
};

TEST(Siv, AgreesWithOpenSslAtEveryLength) {
  std::mt19937 random(1);
  for (std::size_t size = 1; size <= 300; ++size) {
    std::array<std::uint8_t, 64> key;
    fill(random, key);
    Digest hash;
    fill(random, hash);
    Bytes text(size);
    fill(random, text);
    const Sealer sealer(key.data());
    const Bytes sealed = sealer.seal(hash, text);
    ASSERT_EQ(sealed, openssl_siv(key.data(), hash, text)) << size;
    Bytes opened(size);
    EXPECT_TRUE(siv_open(sealer.contexts(), sealer.subkeys, hash, sealed, opened.data()));
    EXPECT_EQ(opened, text);
  }
}

TEST(Siv, AgreesWithOpenSslWhateverTheSyntheticIv) {
  // The counter starts anywhere: bits cleared, carries between its bytes.
  std::mt19937 random(2);
  std::array<std::uint8_t, 64> key;
  fill(random, key);
  const Sealer sealer(key.data());
  for (int i = 0; i < 5000; ++i) {
    Digest hash;
    fill(random, hash);
    Bytes text(1 + random() % 200);
    fill(random, text);
    ASSERT_EQ(sealer.seal(hash, text), openssl_siv(key.data(), hash, text));
  }
}

TEST(Siv, WhatItRefusesLeavesNoText) {
  std::mt19937 random(3);
  std::array<std::uint8_t, 64> key;
  fill(random, key);
  const Sealer sealer(key.data());
  const Digest hash{};
  Bytes sealed = sealer.seal(hash, Bytes(40, 'x'));
  sealed.back() ^= 1;
  Bytes opened(40, 'y');
  EXPECT_FALSE(siv_open(sealer.contexts(), sealer.subkeys, hash, sealed, opened.data()));
  EXPECT_EQ(opened, Bytes(40, 0));
}

}  // namespace
}  // namespace zoom_proxy
