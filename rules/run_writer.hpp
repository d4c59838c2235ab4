#pragma once
// Output as runs of input: neighbouring kept tokens are copied at once, short runs without a call.

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace zoom_proxy {

/// Call open() before and flush() after each piece of input: between them the runs point into it.
class RunWriter {
 public:
  /// `input` is where most runs will point into.
  void open(std::string& out, std::string_view input) {
    out_ = &out;
    input_ = input;
  }

  /// Other input for a while; returns what it was.
  std::string_view exchange_input(std::string_view input) {
    end_run();
    return std::exchange(input_, input);
  }

  /// Keeps [from, to) of the input.
  void keep(const char* from, const char* to) {
    if (from != end_) {
      end_run();
      begin_ = from;
    }
    end_ = to;
  }
  void keep(std::string_view text) { keep(text.data(), text.data() + text.size()); }

  /// For text that is not part of the input.
  void append(std::string_view text) {
    end_run();
    copy(text.data(), text.size());
  }
  void put(char c) { append({&c, 1}); }

  /// A JSON string of a text that needs no escapes.
  void append_quoted(std::string_view text) {
    end_run();
    if (fill_ + text.size() + 2 > kBytes) {
      drain();
      if (text.size() + 2 > kBytes) {
        out_->append(1, '"').append(text).append(1, '"');
        return;
      }
    }
    char* const to = buffer_.data() + fill_;
    to[0] = '"';
    std::memcpy(to + 1, text.data(), text.size());
    to[text.size() + 1] = '"';
    fill_ += text.size() + 2;
  }

  /// All that was kept and appended is in `out` then.
  void flush() {
    end_run();
    drain();
  }

 private:
  static constexpr std::size_t kBytes = 4096;  ///< that are gathered before `out` is called
  static constexpr std::size_t kShort = 64;    ///< a run up to this is copied as four registers

  [[gnu::always_inline]] void end_run() {
    if (begin_ == end_) return;
    const auto size = static_cast<std::size_t>(end_ - begin_);
    if (size <= kShort && fill_ <= kBytes - kShort && readable(begin_)) {
      std::memcpy(buffer_.data() + fill_, begin_, kShort);
      fill_ += size;
    } else {
      copy(begin_, size);
    }
    begin_ = end_ = nullptr;
  }

  /// True when kShort bytes of the input stand there.
  [[nodiscard]] bool readable(const char* at) const {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(input_.data());
    return offset < input_.size() && input_.size() - offset >= kShort;
  }

  [[gnu::noinline]] void copy(const char* from, std::size_t size) {
    if (fill_ + size > kBytes) {
      drain();
      if (size > kBytes) {
        out_->append(from, size);
        return;
      }
    }
    std::memcpy(buffer_.data() + fill_, from, size);
    fill_ += size;
  }

  void drain() {
    out_->append(buffer_.data(), fill_);
    fill_ = 0;
  }

  std::string* out_ = nullptr;
  std::string_view input_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::size_t fill_ = 0;
  std::array<char, kBytes> buffer_;
};

}  // namespace zoom_proxy
