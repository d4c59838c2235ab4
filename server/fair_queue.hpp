#pragma once
// A line for each client, served in turn: who has much to ask holds up nobody else.

#include <algorithm>
#include <deque>
#include <list>
#include <map>

namespace zoom_proxy {

/// Holds pointers, owns nothing. A key is forgotten with the last of its items. Not thread-safe.
template <class Key, class Item>
class FairQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }

  /// Takes the last place of that key's line; a new line is the last to be served.
  void push(const Key& key, Item& item) {
    const auto [line, is_new] = lines_.try_emplace(key);
    if (is_new) turns_.push_back(line);
    line->second.push_back(&item);
  }

  /// The first of the line whose turn it is. Must not be empty.
  Item& pop() {
    const auto line = turns_.front();
    Item& item = *line->second.front();
    line->second.pop_front();
    turns_.pop_front();
    if (line->second.empty()) {
      lines_.erase(line);
    } else {
      turns_.push_back(line);
    }
    return item;
  }

  /// Leaves the line; nothing happens when it is not in it.
  void remove(const Key& key, Item& item) {
    const auto line = lines_.find(key);
    if (line == lines_.end()) return;
    std::erase(line->second, &item);
    if (!line->second.empty()) return;
    turns_.remove(line);
    lines_.erase(line);
  }

 private:
  using Lines = std::map<Key, std::deque<Item*>>;
  Lines lines_;                                ///< none is empty
  std::list<typename Lines::iterator> turns_;  ///< each line once, the next one first
};

}  // namespace zoom_proxy
