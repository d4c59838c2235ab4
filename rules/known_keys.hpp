#pragma once
// What a run has learned about the keys of the objects it met: objects of one kind repeat their
// keys in one order, listed or not, so the next key is nearly always the one that came last time.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/format/scan.hpp"
#include "rules/limits.hpp"
#include "rules/program.hpp"

namespace zoom_proxy {

/// Not thread-safe; one for each run of a program. Bounded by limits::kKnownKeys.
class KnownKeys {
 public:
  struct Key;

  /// The follower where none is known yet: it stands nowhere. Nobody writes to it.
  static Key never;

  /// A place in the order of keys: behind a key, or before the first one of an object.
  struct Link {
    Key* follower = &never;  ///< the key that came next, last time
  };

  struct Key : Link {
    std::array<char, limits::kKnownKeyBytes> text{};  ///< comma, key as it came, colon
    std::uint32_t first_half = 1;   ///< a bit for each byte of the first 16 that `size` covers
    std::uint32_t second_half = 0;  ///< of the other 16
    std::size_t size = 0;           ///< of the text
    StateId state = kDropped;       ///< that it leads to
    bool unlisted = false;          ///< the rules do not name it
    StateId parent = kDropped;      ///< the state of its object
    std::uint64_t met = 0;          ///< how often

    /// True when the text stands at `at` and something follows. Says no near the end of the input.
    [[nodiscard]] bool stands(const char* at, const char* end) const {
      return end - at > static_cast<std::ptrdiff_t>(limits::kKnownKeyBytes) &&
             scan::same_bytes(at, text.data(), first_half) &&
             (second_half == 0 || scan::same_bytes(at + 16, text.data() + 16, second_half));
    }
    /// The same of the text without its comma.
    [[nodiscard]] bool stands_first(const char* at, const char* end) const {
      return size != 0 && end - at > static_cast<std::ptrdiff_t>(limits::kKnownKeyBytes) &&
             std::equal(text.data() + 1, text.data() + size, at);
    }
  };

  explicit KnownKeys(std::size_t states);

  /// Before the first key of an object of this state.
  [[nodiscard]] Link& start(StateId parent) { return starts_[parent]; }

  /// The next key after `guess` that stands at `at`, as some may be missing; else `never`.
  static Key& foresee_further(const Key& guess, const char* at, const char* end);

  /// Where a key stands in the table of all, or would; null for one that is too long.
  using Slot = std::uint16_t*;
  [[nodiscard]] Slot slot(StateId parent, std::string_view raw);

  /// The key (with quotes) of that slot, which came after `last`; null when it is new.
  Key* find(Slot slot, Link& last);

  /// Remembers a new key of that slot, which came after `last`; null when there are too many.
  Key* add(Slot slot, StateId parent, Link& last, std::string_view raw, StateId state,
           bool unlisted);

  /// All keys, in the order in which they came.
  [[nodiscard]] const std::vector<Key>& all() const { return keys_; }

 private:
  std::vector<Key> keys_;     ///< never grows beyond what is reserved: keys stay where they are
  std::vector<Link> starts_;  ///< by state
  /// Open addressing: places in keys_, counted from 1.
  std::array<std::uint16_t, 2 * limits::kKnownKeys> table_{};
};

}  // namespace zoom_proxy
