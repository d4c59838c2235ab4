// SHA256_Transform is deprecated in OpenSSL 3, yet EVP takes ten times as long for one block.
#define OPENSSL_API_COMPAT 0x10100000L

#include "rules/identity/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace zoom_proxy {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read and written as they are");

constexpr std::size_t kBlockWords = kSha256BlockBytes / 8;

/// One or two blocks, always written by whole words: a processor reads a word that was just written
/// at once, but waits for one made of bytes.
struct alignas(64) Blocks {
  std::array<std::uint64_t, 2 * kBlockWords> words;

  [[nodiscard]] const std::uint8_t* block(std::size_t index) const noexcept {
    return reinterpret_cast<const std::uint8_t*>(&words[index * kBlockWords]);
  }
};

std::uint64_t word_at(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The last bytes of a text, less than a word, and the mark behind them.
std::uint64_t last_word(std::string_view text) noexcept {
  const std::size_t left = text.size() % 8;
  std::uint64_t mark = std::uint64_t{0x80} << 8 * left;
  if (left == 0) return mark;
  if (text.size() > 8) return mark | word_at(text.data() + text.size() - 8) >> (64 - 8 * left);
  for (std::size_t i = 0; i < left; ++i) {
    mark |= std::uint64_t{static_cast<std::uint8_t>(text[i])} << 8 * i;
  }
  return mark;
}

/// A text of less than a block, padded to the end of the hash: mark, zeros, `bytes` in all as bits.
/// Returns the index of the last block.
std::size_t pad(std::string_view text, std::size_t bytes, Blocks& blocks) noexcept {
  const std::size_t last = text.size() < kSha256BlockBytes - 8 ? 0 : 1;
  const std::size_t length_at = (last + 1) * kBlockWords - 1;
  const std::size_t whole = text.size() / 8;
  const std::uint64_t end = last_word(text);
  for (std::size_t i = 0; i < length_at; ++i) {
    blocks.words[i] = i < whole ? word_at(text.data() + i * 8) : i == whole ? end : 0;
  }
  blocks.words[length_at] = __builtin_bswap64(std::uint64_t{bytes} * 8);
  return last;
}

/// Two words of a state as they stand in a digest.
std::uint64_t digest_word(const Sha256State& state, std::size_t pair) noexcept {
  return __builtin_bswap64(std::uint64_t{state[2 * pair]} << 32 | state[2 * pair + 1]);
}

void compress_openssl(Sha256State& state, const std::uint8_t* blocks, std::size_t count) noexcept {
  SHA256_CTX context;
  std::copy(state.begin(), state.end(), context.h);
  for (; count > 0; --count, blocks += kSha256BlockBytes) SHA256_Transform(&context, blocks);
  std::copy_n(context.h, state.size(), state.begin());
  OPENSSL_cleanse(context.h, sizeof context.h);
}

void end_hmac_openssl(const Sha256State& inner, const Sha256State& outer, const std::uint8_t* block,
                      Digest& digest) noexcept {
  Sha256State state = inner;
  compress_openssl(state, block, 1);
  Blocks second;
  for (std::size_t i = 0; i < 4; ++i) second.words[i] = digest_word(state, i);
  second.words[4] = 0x80;
  second.words[5] = second.words[6] = 0;
  second.words[7] = __builtin_bswap64((kSha256BlockBytes + digest.size()) * 8);
  state = outer;
  compress_openssl(state, second.block(0), 1);
  OPENSSL_cleanse(second.words.data(), digest.size());
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t word = digest_word(state, i);
    std::memcpy(digest.data() + i * sizeof word, &word, sizeof word);
  }
}

struct Implementations {
  std::array<Sha256Implementation, 2> list;
  std::size_t count = 0;

  Implementations() noexcept {
    if (const Sha256Implementation* shani = sha256_shani()) list[count++] = *shani;
    list[count++] = {"OpenSSL", compress_openssl, end_hmac_openssl};
  }
};

/// The key, filled with zeros to a block, XOR `pad`, compressed.
Sha256State padded_state(const std::array<std::uint8_t, kSha256BlockBytes>& key,
                         std::uint8_t pad) noexcept {
  std::array<std::uint8_t, kSha256BlockBytes> block;
  std::transform(key.begin(), key.end(), block.begin(),
                 [pad](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ pad); });
  Sha256State state = kSha256Start;
  compress_openssl(state, block.data(), 1);
  OPENSSL_cleanse(block.data(), block.size());
  return state;
}

}  // namespace

std::span<const Sha256Implementation> sha256_implementations() noexcept {
  static const Implementations implementations;
  return {implementations.list.data(), implementations.count};
}

HmacKey::HmacKey(std::string_view key) noexcept {
  std::array<std::uint8_t, kSha256BlockBytes> block{};
  if (key.size() > block.size()) {
    SHA256(reinterpret_cast<const std::uint8_t*>(key.data()), key.size(), block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  inner = padded_state(block, 0x36);
  outer = padded_state(block, 0x5C);
  OPENSSL_cleanse(block.data(), block.size());
}

HmacKey::~HmacKey() {
  OPENSSL_cleanse(inner.data(), sizeof inner);
  OPENSSL_cleanse(outer.data(), sizeof outer);
}

Digest hmac_sha256(const Sha256Implementation& by, const HmacKey& key,
                   std::string_view text) noexcept {
  const std::size_t bytes = kSha256BlockBytes + text.size();  // with the pad of the key
  Blocks blocks;
  Digest digest;
  if (text.size() < kSha256BlockBytes - 8) {
    pad(text, bytes, blocks);
    by.end_hmac(key.inner, key.outer, blocks.block(0), digest);
    return digest;
  }
  Sha256State inner = key.inner;
  const std::size_t whole = text.size() / kSha256BlockBytes;
  by.compress(inner, reinterpret_cast<const std::uint8_t*>(text.data()), whole);
  const std::size_t last = pad(text.substr(whole * kSha256BlockBytes), bytes, blocks);
  by.compress(inner, blocks.block(0), last);
  by.end_hmac(inner, key.outer, blocks.block(last), digest);
  OPENSSL_cleanse(inner.data(), sizeof inner);
  return digest;
}

}  // namespace zoom_proxy
