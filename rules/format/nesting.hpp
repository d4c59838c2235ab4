#pragma once
// The open containers of a JSON text: how many, and of which kind, a bit each.

#include <array>
#include <cstddef>
#include <cstdint>

#include "rules/limits.hpp"

namespace zoom_proxy::json {

class Nesting {
 public:
  static constexpr std::size_t kWordBits = 64;

  [[nodiscard]] std::size_t depth() const { return depth_; }
  [[nodiscard]] bool full() const { return depth_ == limits::kJsonDepth; }

  /// Only while not full().
  void push(bool array) {
    set(word(), depth_ % kWordBits, array);
    ++depth_;
  }

  /// Only with a container open: of the innermost one.
  [[nodiscard]] bool in_array() const {
    return (words_[(depth_ - 1) / kWordBits] >> ((depth_ - 1) % kWordBits) & 1) != 0;
  }

  void pop() { --depth_; }

  /// For those who keep the bits of the innermost containers in a register: the word that holds
  /// level `depth()`, and what it has become once `depth` levels are open. Within one word's
  /// levels.
  [[nodiscard]] std::uint64_t& word() { return words_[depth_ / kWordBits]; }
  void set_depth(std::size_t depth) { depth_ = depth; }

  static void set(std::uint64_t& word, std::size_t bit, bool array) {
    word = (word & ~(std::uint64_t{1} << bit)) | std::uint64_t{array} << bit;
  }

 private:
  std::array<std::uint64_t, limits::kJsonDepth / kWordBits + 1> words_{};
  std::size_t depth_ = 0;
};

}  // namespace zoom_proxy::json
