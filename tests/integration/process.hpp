#pragma once
// A child process: started, listened to, ended. What it writes is kept in memory.

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace integration {

class Process {
 public:
  using Environment = std::map<std::string, std::string>;

  /// Starts `command` with exactly this environment. Its standard input stays open until stop().
  /// Throws std::system_error.
  explicit Process(std::vector<std::string> command, const Environment& environment = {});
  /// Ends it, by force if it does not go by itself.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for a whole line of standard output that `wanted` takes, among all lines so far and to
  /// come. Throws std::runtime_error, with all that was written, when none comes in time.
  std::string wait_for_line(const std::function<bool(const std::string&)>& wanted,
                            std::chrono::seconds time = std::chrono::seconds(20));

  void signal(int number) const;
  void close_input();
  /// Waits for its end and the last of its output: the exit code, or 128 + the signal that killed
  /// it; -1 when it does not end.
  int wait(std::chrono::seconds time = std::chrono::seconds(20));

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;
  /// Peak resident memory in KiB (VmHWM).
  [[nodiscard]] long peak_memory_kib() const;

 private:
  void read(int descriptor, std::string& into);

  pid_t id_ = -1;
  int input_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  std::string errors_;
  int still_open_ = 2;  ///< standard output and standard error
  std::thread output_reader_;
  std::thread errors_reader_;
};

}  // namespace integration
