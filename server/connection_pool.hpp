#pragma once
// Keep-alive TLS connections to one origin, for one worker thread: a cap, a fair queue, no stale
// sockets. DNS is asked again for every new connection.

#include <cstddef>
#include <list>
#include <memory>
#include <vector>

#include "server/moment.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// Not thread-safe: it and its leases live on the worker whose coroutines use it. Must outlive its
/// leases and waiting coroutines, but not the io_context, to which its idle connections belong.
class ConnectionPool {
 public:
  struct Options {
    Origin origin;
    std::size_t max_connections = 1;  ///< this worker's share; open or being opened
    Seconds connect_timeout{10};      ///< TCP, and TLS again
    NowFunction now = Moment::now;    ///< for the age of idle connections
  };

  /// A connection to use alone. Destroying it closes the connection; give_back() keeps it.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<Stream> stream, bool reused) noexcept;
    ~Lease();
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;

    [[nodiscard]] Stream& stream() const noexcept { return *stream_; }
    /// It has served a request before, so Zoom may have closed it at this very moment.
    [[nodiscard]] bool reused() const noexcept { return reused_; }
    /// The last answer ended whole and allows another request. The lease is empty after this.
    void give_back() noexcept;

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Stream> stream_;
    bool reused_;
  };

  enum class Reuse { allowed, never };

  ConnectionPool(Options options, std::shared_ptr<asio::ssl::context> tls);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// The newest idle connection that is fit, or a new one; waits its turn when all are in use.
  /// `never`: an idle connection has just turned out dead, so all of them are dropped. Throws
  /// Failure: as connect_tls(), or source_api_read_timeout when no turn came before the deadline.
  [[nodiscard]] Task<Lease> acquire(Clock::time_point deadline, Reuse reuse);

  [[nodiscard]] const Origin& origin() const noexcept { return options_.origin; }

  // For metrics.
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  struct Idle {
    std::unique_ptr<Stream> stream;
    Moment stale_at;
  };
  struct Waiter;
  class Turn;

  [[nodiscard]] Task<Turn> wait_for_turn(Clock::time_point deadline);
  [[nodiscard]] std::unique_ptr<Stream> take_idle() noexcept;
  void end_turn() noexcept;

  Options options_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<Idle> idle_;  ///< newest last
  std::list<Waiter*> waiters_;
  std::size_t in_use_ = 0;
};

}  // namespace zoom_proxy
