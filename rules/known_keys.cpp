#include "rules/known_keys.hpp"

#include <cstring>

namespace zoom_proxy {

namespace {

constexpr std::size_t kAround = 2;  // comma and colon
static_assert(limits::kKnownKeyBytes == 32, "twice what scan::same_bytes compares");

std::uint64_t word(const char* at, std::size_t size) {
  std::uint64_t out = 0;
  std::memcpy(&out, at, std::min(size, sizeof out));
  return out;
}

std::size_t hash(StateId parent, std::string_view raw) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  const std::size_t tail = std::min<std::size_t>(raw.size(), 8);
  const std::uint64_t mixed = (word(raw.data(), raw.size()) ^ parent) * kOdd ^
                              word(raw.data() + raw.size() - tail, tail) ^ raw.size();
  return static_cast<std::size_t>(mixed * kOdd >> 40);
}

}  // namespace

KnownKeys::KnownKeys(std::size_t states) : starts_(states) { keys_.reserve(limits::kKnownKeys); }

// A comma stands where its first byte is compared, and that is no NUL.
constinit KnownKeys::Key KnownKeys::never;

KnownKeys::Key& KnownKeys::foresee_further(const Key& guess, const char* at, const char* end) {
  constexpr int kSteps = 7;
  Key* key = guess.follower;
  for (int step = 0; step < kSteps; ++step, key = key->follower) {
    if (key->stands(at, end)) return *key;
  }
  return never;
}

KnownKeys::Slot KnownKeys::slot(StateId parent, std::string_view raw) {
  if (raw.size() + kAround > limits::kKnownKeyBytes) return nullptr;
  std::size_t at = hash(parent, raw) % table_.size();
  for (; table_[at] != 0; at = (at + 1) % table_.size()) {  // ends: half of the table is empty
    const Key& key = keys_[table_[at] - 1U];
    if (key.parent == parent && key.size == raw.size() + kAround &&
        std::memcmp(key.text.data() + 1, raw.data(), raw.size()) == 0) {
      break;
    }
  }
  return &table_[at];
}

KnownKeys::Key* KnownKeys::find(Slot slot, Link& last) {
  if (slot == nullptr || *slot == 0) return nullptr;
  last.follower = &keys_[*slot - 1U];
  ++last.follower->met;
  return last.follower;
}

KnownKeys::Key* KnownKeys::add(Slot slot, StateId parent, Link& last, std::string_view raw,
                               StateId state, bool unlisted) {
  if (slot == nullptr || keys_.size() == limits::kKnownKeys) return nullptr;
  const std::size_t size = raw.size() + kAround;
  Key& key = keys_.emplace_back();
  key.text[0] = ',';
  std::copy(raw.begin(), raw.end(), key.text.begin() + 1);
  key.text[size - 1] = ':';
  const std::uint64_t covered = (std::uint64_t{1} << size) - 1;
  key.first_half = covered & 0xFFFF;
  key.second_half = static_cast<std::uint32_t>(covered >> 16);
  key.state = state;
  key.met = 1;
  key.size = size;
  key.unlisted = unlisted;
  key.parent = parent;
  key.follower = last.follower;  // it may be back in the next object
  last.follower = &key;
  *slot = static_cast<std::uint16_t>(keys_.size());
  return &key;
}

}  // namespace zoom_proxy
