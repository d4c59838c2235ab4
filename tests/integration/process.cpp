#include "tests/integration/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace integration {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe2");
    }
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(std::vector<std::string> command, const Environment& environment) {
  const Pipe in;
  const Pipe out;
  const Pipe err;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  const int error = ::posix_spawn(&id_, command[0].c_str(), &actions, nullptr,
                                  pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(in.ends[0]);
  ::close(out.ends[1]);
  ::close(err.ends[1]);
  input_ = in.ends[1];
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);
  const auto read_all = [this](int from, std::string& into) {
    read(from, into);
    const std::lock_guard lock(mutex_);
    --still_open_;
    changed_.notify_all();
  };
  output_reader_ = std::thread(read_all, out.ends[0], std::ref(output_));
  errors_reader_ = std::thread(read_all, err.ends[0], std::ref(errors_));
}

Process::~Process() {
  close_input();
  if (!ended_) {
    signal(SIGTERM);
    if (wait(std::chrono::seconds(5)) == -1) {
      signal(SIGKILL);
      wait();
    }
  }
}

void Process::read(int descriptor, std::string& into) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const std::lock_guard lock(mutex_);
    into.append(buffer.data(), static_cast<std::size_t>(size));
    changed_.notify_all();
  }
  ::close(descriptor);
}

std::string Process::wait_for_line(const std::function<bool(const std::string&)>& wanted,
                                   std::chrono::seconds time) {
  std::string found;
  std::size_t begin = 0;
  std::unique_lock lock(mutex_);
  const auto seen = [&] {
    for (auto end = output_.find('\n', begin); end != output_.npos;
         end = output_.find('\n', begin)) {
      const std::string line = output_.substr(begin, end - begin);
      begin = end + 1;
      if (wanted(line)) {
        found = line;
        return true;
      }
    }
    return still_open_ == 0;  // what it said last may be on either
  };
  changed_.wait_for(lock, time, seen);
  if (found.empty()) {
    throw std::runtime_error("the line that was waited for did not come; output:\n" + output_ +
                             "\nerrors:\n" + errors_);
  }
  return found;
}

void Process::signal(int number) const {
  if (!ended_) ::kill(id_, number);
}

void Process::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

int Process::wait(std::chrono::seconds time) {
  if (ended_) return exit_code_;
  // A pidfd becomes readable when the process ends, so there is nothing to poll for.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  pollfd waited{handle, POLLIN, 0};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  const int ready = ::poll(&waited, 1, static_cast<int>(milliseconds));
  ::close(handle);
  if (ready <= 0) return -1;
  int status = 0;
  ::waitpid(id_, &status, 0);
  ended_ = true;
  output_reader_.join();  // so that everything it wrote is there
  errors_reader_.join();
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

std::string Process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string Process::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

long Process::peak_memory_kib() const {
  std::ifstream file("/proc/" + std::to_string(id_) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 6, "VmHWM:") == 0) return std::stol(line.substr(6));
  }
  throw std::runtime_error("no VmHWM for process " + std::to_string(id_));
}

}  // namespace integration
