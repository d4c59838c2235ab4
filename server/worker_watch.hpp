#pragma once
// Asks the workers for their numbers, each on its own thread, and notices one that does not answer.

#include <cstddef>
#include <functional>
#include <vector>

#include "server/net.hpp"

namespace zoom_proxy {

/// Lives on one executor, whose thread calls look(). The workers must end before it.
class WorkerWatch {
 public:
  struct Connections {
    std::size_t in_use = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;
  };
  struct Worker {
    asio::any_io_executor executor;
    std::function<Connections()> connections;  ///< called on the executor, must not throw
  };

  explicit WorkerWatch(std::vector<Worker> workers);

  /// False when a worker has not come to its turn within the bound: it is stuck.
  [[nodiscard]] Task<bool> look(Clock::duration bound);

  /// Summed over the workers, as each of them said last.
  [[nodiscard]] Connections connections() const noexcept;

  [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }

 private:
  std::vector<Worker> workers_;
  std::vector<Connections> last_;
};

}  // namespace zoom_proxy
