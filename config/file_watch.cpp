#include "config/file_watch.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

namespace zoom_proxy {

namespace {

struct Descriptor {
  explicit Descriptor(const std::string& path)
      // A pipe without a writer must not hold us up.
      : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::string digest_of(const std::string& path) {
  const std::string nothing;
  const Descriptor file(path);
  if (file.number < 0 || !is_regular(file.number)) return nothing;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) return nothing;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(file.number, buffer.data(), buffer.size())) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    EVP_DigestUpdate(hash.get(), buffer.data(), static_cast<std::size_t>(count));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (count < 0 || EVP_DigestFinal_ex(hash.get(), digest.data(), &size) != 1) return nothing;
  return {digest.begin(), digest.begin() + size};
}

FileDigests look_again(const FileDigests& files) {
  FileDigests now;
  for (const auto& [path, digest] : files) now.emplace(path, digest_of(path));
  return now;
}

}  // namespace zoom_proxy
