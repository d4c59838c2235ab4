#pragma once
// A value that must never be seen: no copy by accident, no way to print it, cleansed when it goes.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// Overwrites the text's whole buffer in a way that no compiler removes, and empties it.
void cleanse(std::string& text) noexcept;

/// Movable; copied only by clone(). There is no operator<< and no implicit conversion on purpose.
/// What a Secret was moved from is cleansed as well.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  /// The text itself, for the one place that uses it. Valid while the Secret lives.
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
  [[nodiscard]] Secret clone() const { return Secret(std::string(value_)); }

 private:
  std::string value_;
};

}  // namespace zoom_proxy
