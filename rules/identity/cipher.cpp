#include "rules/identity/cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <stdexcept>

#include "rules/identity/siv.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using Cipher = std::unique_ptr<EVP_CIPHER, Free>;

constexpr std::size_t kBlockBytes = 16;    // of AES; CBC pads by one to sixteen bytes
constexpr std::size_t kHalfKeyBytes = 32;  // SIV takes two keys of AES-256, CBC one
using Key = std::array<std::uint8_t, 2 * kHalfKeyBytes>;
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
  /// What one operation needs for itself. SIV: AES with either half of the key. CBC: encryption and
  /// decryption.
  struct Contexts {
    Context first{EVP_CIPHER_CTX_new()};
    Context second{EVP_CIPHER_CTX_new()};

    [[nodiscard]] SivContexts siv() const noexcept { return {first.get(), second.get()}; }
  };

  /// Contexts that wait for their next operation. A new key or even a copy costs several times what
  /// the operation does. Thread-safe, never waits.
  class Pool {
   public:
    Pool() = default;
    ~Pool() {
      for (std::atomic<Contexts*>& place : places_) delete place.load();
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Null when none waits.
    std::unique_ptr<Contexts> take() noexcept {
      for (std::atomic<Contexts*>& place : places_) {
        if (place.load(std::memory_order_relaxed) == nullptr) continue;
        if (Contexts* taken = place.exchange(nullptr, std::memory_order_acquire)) {
          return std::unique_ptr<Contexts>(taken);
        }
      }
      return nullptr;
    }

    void give(std::unique_ptr<Contexts> contexts) noexcept {
      for (std::atomic<Contexts*>& place : places_) {
        Contexts* nothing = nullptr;
        if (place.compare_exchange_strong(nothing, contexts.get(), std::memory_order_release,
                                          std::memory_order_relaxed)) {
          static_cast<void>(contexts.release());
          return;
        }
      }
    }

   private:
    std::array<std::atomic<Contexts*>, 64> places_{};  // more than threads that make tokens at once
  };

  /// Contexts for the time of one operation.
  class Lease {
   public:
    explicit Lease(const Impl& impl) : pool_(impl.pool), contexts_(pool_.take()) {
      if (!contexts_) contexts_ = impl.copy();
    }
    ~Lease() { pool_.give(std::move(contexts_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const Contexts* operator->() const noexcept { return contexts_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Contexts> contexts_;
  };

  PseudonymAlgorithm algorithm;
  Contexts keyed;                     ///< ready with the key, only ever copied from
  std::optional<SivSubkeys> subkeys;  ///< of SIV
  mutable Pool pool;

  Impl(PseudonymAlgorithm by, const Key& key);

  [[nodiscard]] bool siv() const noexcept { return algorithm == PseudonymAlgorithm::hmac_sha256; }

  [[nodiscard]] std::unique_ptr<Contexts> copy() const {
    auto contexts = std::make_unique<Contexts>();
    require(contexts->first && contexts->second &&
            EVP_CIPHER_CTX_copy(contexts->first.get(), keyed.first.get()) == 1 &&
            EVP_CIPHER_CTX_copy(contexts->second.get(), keyed.second.get()) == 1);
    return contexts;
  }
};

ValueCipher::Impl::Impl(PseudonymAlgorithm by, const Key& key) : algorithm(by) {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, siv() ? "AES-256-ECB" : "AES-256-CBC", nullptr));
  require(cipher && keyed.first && keyed.second);
  const auto set = [&](const Context& context, const std::uint8_t* from, Direction direction) {
    require(EVP_CipherInit_ex2(context.get(), cipher.get(), from, nullptr, direction, nullptr) ==
            1);
    if (siv()) EVP_CIPHER_CTX_set_padding(context.get(), 0);
  };
  set(keyed.first, key.data(), kEncrypt);
  if (siv()) {
    set(keyed.second, key.data() + kHalfKeyBytes, kEncrypt);
    subkeys.emplace(copy()->siv());
  } else {
    set(keyed.second, key.data(), kDecrypt);
  }
}

ValueCipher::ValueCipher(PseudonymAlgorithm algorithm, std::string_view password,
                         std::string_view salt) {
  struct Derived {
    Key key;
    ~Derived() { OPENSSL_cleanse(key.data(), key.size()); }
  } derived;
  const std::size_t size =
      algorithm == PseudonymAlgorithm::hmac_sha256 ? 2 * kHalfKeyBytes : kHalfKeyBytes;
  require(PKCS5_PBKDF2_HMAC(password.data(), as_int(password.size()), bytes_of(salt),
                            as_int(salt.size()), limits::kKeyDerivationRounds, EVP_sha256(),
                            as_int(size), derived.key.data()) == 1);
  impl_ = std::make_unique<const Impl>(algorithm, derived.key);
}

ValueCipher::~ValueCipher() = default;
ValueCipher::ValueCipher(ValueCipher&&) noexcept = default;
ValueCipher& ValueCipher::operator=(ValueCipher&&) noexcept = default;

void ValueCipher::seal(const Digest& hash, std::string_view value, Bytes& out) const {
  const Impl::Lease contexts(*impl_);
  const std::size_t before = out.size();
  if (impl_->siv()) {
    out.resize(before + kSivTagBytes + value.size(), boost::container::default_init);
    siv_seal(contexts->siv(), *impl_->subkeys, hash, {bytes_of(value), value.size()},
             out.data() + before);
    return;
  }
  out.resize(before + value.size() + kBlockBytes);
  EVP_CIPHER_CTX* const context = contexts->first.get();
  int size = 0;
  int rest = 0;
  require(EVP_CipherInit_ex2(context, nullptr, nullptr, hash.data(), kEncrypt, nullptr) == 1 &&
          EVP_CipherUpdate(context, out.data() + before, &size, bytes_of(value),
                           as_int(value.size())) == 1 &&
          EVP_CipherFinal_ex(context, out.data() + before + size, &rest) == 1);
  out.resize(before + static_cast<std::size_t>(size + rest));
}

std::optional<std::string> ValueCipher::open(const Digest& hash,
                                             std::span<const std::uint8_t> sealed) const {
  const Impl::Lease contexts(*impl_);
  if (impl_->siv()) {
    if (sealed.size() <= kSivTagBytes) return std::nullopt;  // no value is empty
    std::string value(sealed.size() - kSivTagBytes, '\0');
    if (siv_open(contexts->siv(), *impl_->subkeys, hash, sealed, bytes_of(value))) return value;
    return std::nullopt;
  }
  const QuietErrors quiet;
  EVP_CIPHER_CTX* const context = contexts->second.get();
  require(EVP_CipherInit_ex2(context, nullptr, nullptr, hash.data(), kDecrypt, nullptr) == 1);
  std::string value(sealed.size() + kBlockBytes, '\0');
  int size = 0;
  int rest = 0;
  if (EVP_CipherUpdate(context, bytes_of(value), &size, sealed.data(), as_int(sealed.size())) !=
          1 ||
      EVP_CipherFinal_ex(context, bytes_of(value) + size, &rest) != 1) {
    OPENSSL_cleanse(value.data(), value.size());
    return std::nullopt;
  }
  value.resize(static_cast<std::size_t>(size + rest));
  return value;
}

}  // namespace zoom_proxy
