#include "server/done_within.hpp"

#include <future>
#include <thread>

namespace zoom_proxy {

bool done_within(std::chrono::seconds limit, std::function<void()> work) {
  std::promise<void> promise;
  const std::future<void> done = promise.get_future();
  std::thread worker([work = std::move(work), promise = std::move(promise)]() mutable {
    work();
    promise.set_value();
  });
  const bool in_time = done.wait_for(limit) == std::future_status::ready;
  if (in_time) {
    worker.join();
  } else {
    worker.detach();
  }
  return in_time;
}

}  // namespace zoom_proxy
