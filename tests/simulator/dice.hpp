#pragma once
// Deterministic randomness: the same seed and place give the same values, in any order of asking.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zoom_simulator {

class Dice {
 public:
  /// `kind` and the two numbers name the place, e.g. ("participant", meeting, 3).
  Dice(std::uint64_t seed, std::string_view kind, std::uint64_t first, std::uint64_t second = 0)
      : state_(seed) {
    for (const char c : kind) stir(static_cast<unsigned char>(c));
    stir(first);
    stir(second);
  }

  /// splitmix64.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }

  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& choices) {
    return choices[below(N)];
  }

  std::string text(std::size_t length, std::string_view alphabet) {
    std::string result(length, ' ');
    for (char& c : result) c = alphabet[below(alphabet.size())];
    return result;
  }

 private:
  void stir(std::uint64_t value) {
    state_ ^= value;
    state_ = next();
  }
  std::uint64_t state_;
};

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace zoom_simulator
