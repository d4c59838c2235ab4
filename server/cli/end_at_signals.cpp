#include "server/cli/end_at_signals.hpp"

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

#include "server/bulk_file.hpp"

namespace zoom_proxy {

void end_at_signals(std::function<int(int exit_code)> last) {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&ends, number);
  }
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::thread([ends, last = std::move(last)] {
    int number = 0;
    sigwait(&ends, &number);
    constexpr int kEndedBySignal = 128;  // as a shell tells it
    const int exit_code = kEndedBySignal + number;
    exit_without_unfinished_files(last ? last(exit_code) : exit_code);
  }).detach();
}

}  // namespace zoom_proxy
