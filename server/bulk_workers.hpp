#pragma once
// Threads, and work on them whose results are taken in order.

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace zoom_proxy {

/// Threads for any number of jobs. Thread-safe.
class BulkWorkers {
 public:
  /// 0: each job does its work itself.
  explicit BulkWorkers(std::size_t threads);
  ~BulkWorkers();
  BulkWorkers(const BulkWorkers&) = delete;
  BulkWorkers& operator=(const BulkWorkers&) = delete;

  [[nodiscard]] std::size_t threads() const noexcept { return threads_; }
  void post(std::function<void()> work);

 private:
  std::size_t threads_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
};

/// Work on items, which come out in the order in which they went in, however many are worked on
/// meanwhile. One thread pushes and pops. An item's memory serves one after another.
template <class Item>
class Pipeline {
 public:
  /// At most so many items at a time. `work` may be called by several threads.
  Pipeline(BulkWorkers& workers, std::size_t items, std::function<void(Item&)> work)
      : workers_(workers), work_(std::move(work)), slots_(items) {}
  ~Pipeline() {
    given_up_ = true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ == started_; });
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] bool full() const noexcept { return used_ == slots_.size(); }
  [[nodiscard]] Item& next() { return next_slot().item; }

  /// Starts the work on next().
  void push() {
    start(next_slot());
    ++used_;
  }

  [[nodiscard]] bool front_is_done() {
    const std::lock_guard lock(mutex_);
    return used_ > 0 && slots_[first_].done;
  }

  /// Waits for the oldest item and gives it to `take`, which is false for one that must be worked
  /// on again: it stays the oldest. Throws what its work threw.
  template <class Take>
  void pop(Take take) {
    // Not for each of many: to sleep and wake up takes as long as a small item's work.
    if (full()) wait_for(slots_[(first_ + used_ / 4) % slots_.size()]);
    Slot& slot = slots_[first_];
    wait_for(slot);
    if (slot.error) std::rethrow_exception(slot.error);
    if (!take(slot.item)) return start(slot);
    first_ = (first_ + 1) % slots_.size();
    --used_;
  }

 private:
  struct Slot {
    Item item;
    std::exception_ptr error;
    bool done = false;  ///< under the lock
  };

  void start(Slot& slot) {
    slot.done = false;
    workers_.post([this, &slot] { work(slot); });
    ++started_;
  }

  void wait_for(const Slot& slot) {
    std::unique_lock lock(mutex_);
    awaited_ = &slot;
    changed_.wait(lock, [&] { return slot.done; });
    awaited_ = nullptr;
  }

  Slot& next_slot() { return slots_[(first_ + used_) % slots_.size()]; }

  void work(Slot& slot) {
    try {
      if (!given_up_) work_(slot.item);
    } catch (...) {
      slot.error = std::current_exception();
    }
    // Notifies under the lock: once it is free, the whole object may be gone.
    const std::lock_guard lock(mutex_);
    slot.done = true;
    ++ended_;
    if (awaited_ == nullptr || awaited_ == &slot) changed_.notify_one();
  }

  BulkWorkers& workers_;
  std::function<void(Item&)> work_;
  std::vector<Slot> slots_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::atomic<bool> given_up_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  const Slot* awaited_ = nullptr;  ///< no other one matters; under the lock
  std::uint64_t started_ = 0;      ///< items that workers were given
  std::uint64_t ended_ = 0;        ///< items that they hold no more; under the lock
};

}  // namespace zoom_proxy
