#include "server/bulk_job.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>

#include "rules/format/gzip_or_plain.hpp"
#include "rules/format/gzip_parts.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// The source's text, in a buffer from which pieces are cut.
class Text {
 public:
  explicit Text(BulkSource& source) : source_(source), read_(kReadBytes, '\0') {}

  /// False when the text has ended and all of it was cut. Throws BulkError.
  bool cut(BulkSanitizer& sanitizer, BulkPiece& piece) {
    while (!sanitizer.cut(buffer_, ended_, piece)) {
      if (ended_) return false;
      if (buffer_.size() >= limits::kBulkBufferBytes)
        throw std::logic_error("a bulk text that is not cut");
      fill();
    }
    return true;
  }
  [[nodiscard]] bool is_gzip() const noexcept { return gzip_or_plain_.is_gzip(); }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }

 private:
  /// At least one byte more in the buffer, or the end.
  void fill() {
    const std::size_t before = buffer_.size();
    for (;;) {
      if (!gzip_or_plain_.take(in_, kReadBytes, buffer_))
        throw BulkError("the gzip is damaged; compress the file anew");
      if (buffer_.size() > before) return;
      const std::size_t count = source_.read(read_);
      bytes_in_ += count;
      in_ = std::string_view(read_).substr(0, count);
      if (count > 0) continue;
      if (!gzip_or_plain_.finish(buffer_))
        throw BulkError("the gzip is cut off; copy the whole file");
      ended_ = true;
      return;
    }
  }

  BulkSource& source_;
  std::string read_;
  std::string_view in_;  ///< of `read_`, what was not taken yet
  GzipOrPlain gzip_or_plain_;
  std::string buffer_;
  bool ended_ = false;
  std::uint64_t bytes_in_ = 0;
};

/// A piece on its way. Its memory serves one piece after another.
struct Slot {
  BulkPiece piece;
  std::string out;
  GzipPart gzip;
  BulkCounts counts;
  std::exception_ptr error;
  bool done = false;  ///< under the job's lock
};

/// Pieces come out in the order in which they went in, however many are worked on meanwhile.
class Pipeline {
 public:
  Pipeline(const BulkSanitizer& sanitizer, BulkWorkers& workers)
      : sanitizer_(sanitizer), workers_(workers), slots_(2 * workers.threads() + 2) {}
  ~Pipeline() {
    given_up_ = true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ == started_; });
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
  [[nodiscard]] bool full() const noexcept { return used_ == slots_.size(); }
  [[nodiscard]] BulkPiece& next_piece() { return slots_[(first_ + used_) % slots_.size()].piece; }

  /// Starts the work on next_piece().
  void push(bool gzip) {
    Slot& slot = slots_[(first_ + used_) % slots_.size()];
    slot.done = false;
    workers_.post([this, &slot, gzip] { work(slot, gzip); });
    ++used_;
    ++started_;
  }

  [[nodiscard]] bool front_is_done() {
    const std::lock_guard lock(mutex_);
    return used_ > 0 && slots_[first_].done;
  }

  /// Waits for the oldest piece and gives it to `take`. Throws what its work threw.
  template <class Take>
  void pop(Take take) {
    Slot& slot = slots_[first_];
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return slot.done; });
    }
    if (slot.error) std::rethrow_exception(slot.error);
    take(slot);
    first_ = (first_ + 1) % slots_.size();
    --used_;
  }

 private:
  void work(Slot& slot, bool gzip) {
    try {
      slot.out.clear();
      slot.counts = {};
      if (!given_up_) {
        sanitizer_.sanitize(slot.piece, slot.out, slot.counts);
        if (gzip) {
          slot.gzip = compress_part(slot.out);
          slot.out = {};  // the largest part of a slot, and most slots only wait
        }
      }
    } catch (...) {
      slot.error = std::current_exception();
    }
    // Notifies under the lock: once it is free, the whole object may be gone.
    const std::lock_guard lock(mutex_);
    slot.done = true;
    ++ended_;
    changed_.notify_one();
  }

  const BulkSanitizer& sanitizer_;
  BulkWorkers& workers_;
  std::vector<Slot> slots_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::atomic<bool> given_up_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t started_ = 0;  ///< pieces that workers were given
  std::uint64_t ended_ = 0;    ///< pieces that they hold no more; under the lock
};

class Run {
 public:
  Run(BulkSanitizer& sanitizer, const BulkJob& job, BulkWorkers& workers)
      : sanitizer_(sanitizer), job_(job), text_(job.source), pipeline_(sanitizer, workers) {}

  BulkResult run() {
    while (cut()) {
      pipeline_.push(gzip());
      while (pipeline_.front_is_done() || pipeline_.full()) write_front();
    }
    write_all();
    std::string end;
    sanitizer_.finish(end);
    write_end(std::move(end));
    result_.bytes_in = text_.bytes_in();
    result_.warnings = sanitizer_.warnings();
    return std::move(result_);
  }

 private:
  /// Of the errors of a text the first one counts, as if there were one thread.
  bool cut() {
    try {
      return text_.cut(sanitizer_, pipeline_.next_piece());
    } catch (const BulkError&) {
      write_all();
      throw;
    }
  }

  [[nodiscard]] bool gzip() const {
    return job_.gzip == BulkGzip::as_input ? text_.is_gzip() : job_.gzip == BulkGzip::yes;
  }

  void write_all() {
    while (!pipeline_.empty()) write_front();
  }

  void write_front() {
    pipeline_.pop([this](const Slot& slot) {
      if (gzip()) {
        joined_.clear();
        joiner_.append(slot.gzip, joined_);
        write(joined_);
      } else {
        write(slot.out);
      }
      result_.counts.add(slot.counts);
    });
    if (job_.progress) job_.progress({text_.bytes_in(), result_.counts.rows});
  }

  void write_end(std::string end) {
    if (gzip()) {
      joined_.clear();
      if (!end.empty()) joiner_.append(compress_part(end), joined_);
      joiner_.finish(joined_);
      write(joined_);
    } else if (!end.empty()) {
      write(end);
    }
  }

  void write(std::string_view bytes) {
    job_.sink.write(bytes);
    result_.bytes_out += bytes.size();
  }

  BulkSanitizer& sanitizer_;
  const BulkJob& job_;
  Text text_;
  Pipeline pipeline_;
  GzipJoiner joiner_;
  std::string joined_;
  BulkResult result_;
};

}  // namespace

BulkWorkers::BulkWorkers(std::size_t threads)
    : threads_(threads),
      pool_(threads > 0 ? std::make_unique<boost::asio::thread_pool>(threads) : nullptr) {}

BulkWorkers::~BulkWorkers() {
  if (pool_) pool_->join();
}

void BulkWorkers::post(std::function<void()> work) {
  if (pool_) {
    boost::asio::post(*pool_, std::move(work));
  } else {
    work();
  }
}

BulkResult run_bulk_job(BulkSanitizer& sanitizer, const BulkJob& job, BulkWorkers& workers) {
  return Run(sanitizer, job, workers).run();
}

}  // namespace zoom_proxy
