#include "rules/identity/siv.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace zoom_proxy {
namespace {

constexpr std::size_t kBlock = sizeof(AesBlock);

void encrypt(EVP_CIPHER_CTX* context, std::span<AesBlock> blocks) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(blocks.data());
  int size = 0;
  if (EVP_EncryptUpdate(context, bytes, &size, bytes, static_cast<int>(blocks.size_bytes())) != 1) {
    throw std::runtime_error("OpenSSL refuses to encrypt a block of a pseudonym");
  }
}

AesBlock block_at(const std::uint8_t* from) noexcept {
  AesBlock block;
  std::memcpy(block.data(), from, sizeof block);
  return block;
}

/// Less than a block, one bit behind it, zeros.
AesBlock padded(std::span<const std::uint8_t> text) noexcept {
  std::array<std::uint8_t, kBlock> bytes{};
  std::copy(text.begin(), text.end(), bytes.begin());
  bytes[text.size()] = 0x80;
  return block_at(bytes.data());
}

AesBlock sum_of(const AesBlock& a, const AesBlock& b) noexcept {
  return {a[0] ^ b[0], a[1] ^ b[1]};
}

/// Multiplied by x in GF(2^128), RFC 5297 section 2.3; without a branch.
AesBlock doubled(const AesBlock& block) noexcept {
  const std::uint64_t high = __builtin_bswap64(block[0]);
  const std::uint64_t low = __builtin_bswap64(block[1]);
  return {__builtin_bswap64(high << 1 | low >> 63),
          __builtin_bswap64(low << 1 ^ ((0 - (high >> 63)) & 0x87))};
}

/// One step of CMAC: the block joins the chain.
void chain(EVP_CIPHER_CTX* context, AesBlock& state, const AesBlock& block) {
  state = sum_of(state, block);
  encrypt(context, {&state, 1});
}

/// S2V of RFC 5297 section 2.4 over the hash and the text.
AesBlock synthetic_iv(EVP_CIPHER_CTX* mac, const SivSubkeys& subkeys, const Digest& hash,
                      std::span<const std::uint8_t> text) {
  AesBlock state{};
  chain(mac, state, block_at(hash.data()));
  chain(mac, state, sum_of(block_at(hash.data() + kBlock), subkeys.whole));
  const AesBlock mask = sum_of(subkeys.start, state);
  state = {};
  if (text.size() < kBlock) {
    chain(mac, state, sum_of(sum_of(doubled(mask), padded(text)), subkeys.whole));
    return state;
  }
  // The mask is added to the last sixteen bytes, which may lie across the last two blocks.
  while (text.size() > 2 * kBlock) {
    chain(mac, state, block_at(text.data()));
    text = text.subspan(kBlock);
  }
  std::array<std::uint8_t, 2 * kBlock> end;
  std::copy(text.begin(), text.end(), end.begin());
  std::uint8_t* const last = end.data() + text.size() - kBlock;
  const AesBlock added = sum_of(block_at(last), mask);
  std::memcpy(last, added.data(), sizeof added);
  std::span<const std::uint8_t> rest(end.data(), text.size());
  if (rest.size() > kBlock) {
    chain(mac, state, block_at(rest.data()));
    rest = rest.subspan(kBlock);
  }
  chain(mac, state,
        rest.size() == kBlock ? sum_of(block_at(rest.data()), subkeys.whole)
                              : sum_of(padded(rest), subkeys.padded));
  OPENSSL_cleanse(end.data(), end.size());
  return state;
}

/// Counter mode of RFC 5297 section 2.5. With two bits of the start cleared no count that fits into
/// memory carries beyond the last four bytes.
void xor_stream(EVP_CIPHER_CTX* context, const AesBlock& iv, std::span<const std::uint8_t> from,
                std::uint8_t* to) {
  const std::uint64_t high = iv[0];
  const std::uint64_t low = __builtin_bswap64(iv[1]) & 0x7FFF'FFFF'7FFF'FFFF;
  std::array<AesBlock, 8> stream;
  for (std::uint64_t count = 0; !from.empty();) {
    const std::size_t size = std::min(from.size(), sizeof stream);
    const std::size_t blocks = (size + kBlock - 1) / kBlock;
    for (std::size_t i = 0; i < blocks; ++i) stream[i] = {high, __builtin_bswap64(low + count++)};
    encrypt(context, {stream.data(), blocks});
    const auto* key = reinterpret_cast<const std::uint8_t*>(stream.data());
    std::transform(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size), key, to,
                   [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a ^ b); });
    from = from.subspan(size);
    to += size;
  }
  OPENSSL_cleanse(stream.data(), sizeof stream);
}

}  // namespace

SivSubkeys::SivSubkeys(const SivContexts& contexts) {
  AesBlock zeros{};
  encrypt(contexts.mac, {&zeros, 1});
  whole = doubled(zeros);
  padded = doubled(whole);
  start = {};
  chain(contexts.mac, start, whole);  // CMAC of a block of zeros
  start = doubled(start);
  OPENSSL_cleanse(zeros.data(), sizeof zeros);
}

SivSubkeys::~SivSubkeys() { OPENSSL_cleanse(this, sizeof *this); }

void siv_seal(const SivContexts& contexts, const SivSubkeys& subkeys, const Digest& hash,
              std::span<const std::uint8_t> text, std::uint8_t* out) {
  const AesBlock iv = synthetic_iv(contexts.mac, subkeys, hash, text);
  std::memcpy(out, iv.data(), sizeof iv);
  xor_stream(contexts.counter, iv, text, out + sizeof iv);
}

bool siv_open(const SivContexts& contexts, const SivSubkeys& subkeys, const Digest& hash,
              std::span<const std::uint8_t> sealed, std::uint8_t* out) {
  const AesBlock iv = block_at(sealed.data());
  sealed = sealed.subspan(kSivTagBytes);
  xor_stream(contexts.counter, iv, sealed, out);
  const AesBlock expected = synthetic_iv(contexts.mac, subkeys, hash, {out, sealed.size()});
  if (CRYPTO_memcmp(iv.data(), expected.data(), sizeof iv) == 0) return true;
  OPENSSL_cleanse(out, sealed.size());
  return false;
}

}  // namespace zoom_proxy
