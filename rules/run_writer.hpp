#pragma once
// Output as runs of input: neighbouring kept tokens are copied at once.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// Call open() before and flush() after each piece of input: between them the runs point into it.
class RunWriter {
 public:
  void open(std::string& out) { out_ = &out; }

  /// Keeps [from, to) of the input.
  void keep(const char* from, const char* to) {
    if (from != end_) {
      flush();
      begin_ = from;
    }
    end_ = to;
  }
  void keep(std::string_view text) { keep(text.data(), text.data() + text.size()); }

  /// True when keeping a token that stands at `at` would make the run longer.
  [[nodiscard]] bool continues_at(const char* at) const { return at != nullptr && at == end_; }

  void put(char c) {
    flush();
    out_->push_back(c);
  }

  /// For text that is not part of the input.
  std::string& text() {
    flush();
    return *out_;
  }

  void flush() {
    if (begin_ != end_) out_->append(begin_, end_);
    begin_ = end_ = nullptr;
  }

 private:
  std::string* out_ = nullptr;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace zoom_proxy
