#pragma once
// Made-up people and values.

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace zoom_proxy::bench {

inline constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The same throws for the same seed on every machine: std::uniform_int_distribution does not
/// promise that, std::mt19937_64 does.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::uint64_t between(std::uint64_t first, std::uint64_t last) {
    return first + below(last - first + 1);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[below(N)];
  }

  std::string text(std::size_t size) {
    std::string out(size, ' ');
    for (char& c : out) c = kBase64Url[below(kBase64Url.size())];
    return out;
  }

  std::string time() {
    return "20" + std::to_string(between(19, 26)) + '-' + std::to_string(between(10, 12)) + '-' +
           std::to_string(between(10, 28)) + 'T' + std::to_string(between(10, 23)) + ':' +
           std::to_string(between(10, 59)) + ':' + std::to_string(between(10, 59)) + 'Z';
  }

 private:
  std::mt19937_64 engine_;
};

struct Person {
  std::string given;
  std::string family;
  std::string email;
  std::string id;

  [[nodiscard]] std::string name() const { return given + ' ' + family; }
};

inline Person person(Dice& dice) {
  constexpr std::array<std::string_view, 8> kGiven = {"Anna", "Ben",   "Chiara", "Jürgen",
                                                      "Li",   "Maria", "Oluwa",  "Sébastien"};
  constexpr std::array<std::string_view, 8> kFamily = {"Smith", "Müller", "Okafor", "García",
                                                       "Chen",  "Rossi",  "Novak",  "Johansson"};
  constexpr std::array<std::string_view, 4> kMailbox = {"anna.smith", "ben", "Chiara.R", "l_chen"};
  return {.given = std::string(dice.pick(kGiven)),
          .family = std::string(dice.pick(kFamily)),
          .email = std::string(dice.pick(kMailbox)) + '.' +
                   std::to_string(dice.between(1, 99'999)) + "@corp.example",
          .id = dice.text(22)};
}

}  // namespace zoom_proxy::bench
