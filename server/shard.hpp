#pragma once
// Which of several machines does what, without a word between them: a file's name decides.

#include <cstddef>
#include <string_view>

namespace zoom_proxy {

/// Which of several machines that share the work this is.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;  ///< at least 1

  /// True for exactly one index of the same count. `name`: relative path of the file. The same in
  /// every version of the program: tasks of two of them may run side by side.
  [[nodiscard]] bool owns(std::string_view name) const noexcept;
};

}  // namespace zoom_proxy
