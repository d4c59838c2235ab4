#include "server/bulk_workers.hpp"

#include <boost/asio/post.hpp>

namespace zoom_proxy {

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

}  // namespace zoom_proxy
