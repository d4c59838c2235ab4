#include "server/blocking_work.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <exception>
#include <memory>
#include <system_error>

namespace zoom_proxy {
namespace {

/// One piece of work on the other threads, and who waits for it.
struct Job {
  explicit Job(const asio::any_io_executor& executor) : done(executor) {}
  asio::steady_timer done;
  bool finished = false;
  std::exception_ptr error;
};

}  // namespace

Task<> run_blocking(asio::any_io_executor threads, Seconds patience, std::function<void()> work) {
  const auto here = co_await asio::this_coro::executor;
  auto job = std::make_shared<Job>(here);
  job->done.expires_after(std::chrono::duration_cast<Clock::duration>(patience));
  asio::post(threads, [job, work = std::move(work), alive = asio::make_work_guard(here)]() mutable {
    std::exception_ptr error;
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
    // With all that belongs to the caller's thread, so that nothing of it ends here.
    const auto back = alive.get_executor();
    asio::post(
        back, [job = std::move(job), alive = std::move(alive), error = std::move(error)]() mutable {
          job->finished = true;
          job->error = std::move(error);
          job->done.expires_at(Clock::time_point::min());
        });
  });
  const auto [stopped] = co_await job->done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!job->finished && stopped) throw boost::system::system_error(stopped);
  if (!job->finished) throw std::system_error(ETIMEDOUT, std::generic_category(), "file system");
  if (job->error) std::rethrow_exception(job->error);
}

}  // namespace zoom_proxy
