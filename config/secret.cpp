#include "config/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace zoom_proxy {

void cleanse(std::string& text) noexcept {
  // Up to the capacity: what was there before a move or a shorter assignment must go as well.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string value) : value_(std::move(value)) { cleanse(value); }

Secret::~Secret() { cleanse(value_); }

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  // A short string is copied by a move, not stolen: its bytes would stay behind.
  cleanse(other.value_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    cleanse(value_);
    value_ = std::move(other.value_);
    cleanse(other.value_);
  }
  return *this;
}

}  // namespace zoom_proxy
