#include "rules/identity/cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using Cipher = std::unique_ptr<EVP_CIPHER, Free>;

constexpr std::size_t kTagBytes = 16;    // RFC 5297: the synthetic IV, in front of the ciphertext
constexpr std::size_t kBlockBytes = 16;  // of AES; CBC pads by one to sixteen bytes
enum Direction { kDecrypt = 0, kEncrypt = 1 };

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses to encrypt or decrypt a pseudonym");
}

/// OpenSSL counts in int. Values and tokens are far shorter: limits::kJsonScalarBytes.
int as_int(std::size_t size) {
  require(size < 0x4000'0000);
  return static_cast<int>(size);
}

const std::uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::uint8_t* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

/// Keeps OpenSSL's error queue as it was: a failed decryption left there would be taken for a fault
/// of the next TLS operation on this thread.
class QuietErrors {
 public:
  QuietErrors() noexcept { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

}  // namespace

struct ValueCipher::Impl {
  PseudonymAlgorithm algorithm;
  Cipher cipher;
  // Ready with the key, only ever copied from: a copy is several times cheaper than a new key.
  Context encrypt{EVP_CIPHER_CTX_new()};
  Context decrypt{EVP_CIPHER_CTX_new()};

  [[nodiscard]] bool siv() const noexcept { return algorithm == PseudonymAlgorithm::hmac_sha256; }

  /// A context of its own for one operation, with the value's hash set.
  [[nodiscard]] Context start(Direction direction, const Digest& hash) const {
    Context context(EVP_CIPHER_CTX_new());
    require(context != nullptr &&
            EVP_CIPHER_CTX_copy(context.get(),
                                direction == kEncrypt ? encrypt.get() : decrypt.get()) == 1);
    int size = 0;
    require(siv() ? EVP_CipherUpdate(context.get(), nullptr, &size, hash.data(),
                                     as_int(hash.size())) == 1
                  : EVP_CipherInit_ex2(context.get(), nullptr, nullptr, hash.data(), direction,
                                       nullptr) == 1);
    return context;
  }
};

ValueCipher::ValueCipher(PseudonymAlgorithm algorithm, std::string_view password,
                         std::string_view salt) {
  auto impl = std::make_unique<Impl>();
  impl->algorithm = algorithm;
  impl->cipher.reset(
      EVP_CIPHER_fetch(nullptr, impl->siv() ? "AES-256-SIV" : "AES-256-CBC", nullptr));
  require(impl->cipher && impl->encrypt && impl->decrypt);
  std::array<std::uint8_t, 64> key;
  const std::size_t key_size = impl->siv() ? 64 : 32;
  bool ready = PKCS5_PBKDF2_HMAC(password.data(), as_int(password.size()), bytes_of(salt),
                                 as_int(salt.size()), limits::kKeyDerivationRounds, EVP_sha256(),
                                 as_int(key_size), key.data()) == 1;
  for (EVP_CIPHER_CTX* context : {impl->encrypt.get(), impl->decrypt.get()}) {
    const Direction direction = context == impl->encrypt.get() ? kEncrypt : kDecrypt;
    ready = ready && EVP_CipherInit_ex2(context, impl->cipher.get(), key.data(), nullptr, direction,
                                        nullptr) == 1;
  }
  OPENSSL_cleanse(key.data(), key.size());
  require(ready);
  impl_ = std::move(impl);
}

ValueCipher::~ValueCipher() = default;
ValueCipher::ValueCipher(ValueCipher&&) noexcept = default;
ValueCipher& ValueCipher::operator=(ValueCipher&&) noexcept = default;

void ValueCipher::seal(const Digest& hash, std::string_view value, Bytes& out) const {
  const Context context = impl_->start(kEncrypt, hash);
  const std::size_t tag = out.size();
  const std::size_t text = tag + (impl_->siv() ? kTagBytes : 0);
  out.resize(text + value.size() + (impl_->siv() ? 0 : kBlockBytes));
  int size = 0;
  int rest = 0;
  require(EVP_CipherUpdate(context.get(), out.data() + text, &size, bytes_of(value),
                           as_int(value.size())) == 1 &&
          EVP_CipherFinal_ex(context.get(), out.data() + text + size, &rest) == 1);
  if (impl_->siv()) {
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                                out.data() + tag) == 1);
  }
  out.resize(text + static_cast<std::size_t>(size + rest));
}

std::optional<std::string> ValueCipher::open(const Digest& hash,
                                             std::span<const std::uint8_t> sealed) const {
  const QuietErrors quiet;
  const Context context = impl_->start(kDecrypt, hash);
  if (impl_->siv()) {
    if (sealed.size() <= kTagBytes) return std::nullopt;  // no value is empty
    std::array<std::uint8_t, kTagBytes> tag;
    std::copy_n(sealed.begin(), kTagBytes, tag.begin());
    sealed = sealed.subspan(kTagBytes);
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  }
  std::string value(sealed.size() + kBlockBytes, '\0');
  int size = 0;
  int rest = 0;
  if (EVP_CipherUpdate(context.get(), bytes_of(value), &size, sealed.data(),
                       as_int(sealed.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), bytes_of(value) + size, &rest) != 1) {
    OPENSSL_cleanse(value.data(), value.size());
    return std::nullopt;
  }
  value.resize(static_cast<std::size_t>(size + rest));
  return value;
}

}  // namespace zoom_proxy
