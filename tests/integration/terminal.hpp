#pragma once
// A terminal at which programs of the tests sit. It needs no /dev/pts, which a bare root file
// system has not.

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <system_error>

namespace integration {

class Terminal {
 public:
  /// Throws std::system_error.
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    int lock = 0;
    if (master_ >= 0 && ::ioctl(master_, TIOCSPTLCK, &lock) == 0) {
      program_side_ = ::ioctl(master_, TIOCGPTPEER, O_RDWR | O_NOCTTY);  // for children, too
    }
    if (program_side_ >= 0) return;
    const int error = errno;
    ::close(master_);
    throw std::system_error(error, std::generic_category(),
                            "no terminal; is a devpts file system mounted at /dev/pts?");
  }
  ~Terminal() {
    ::close(program_side_);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// For children to open, as a shell does.
  [[nodiscard]] std::string name() const {
    return "/proc/self/fd/" + std::to_string(program_side_);
  }

  /// All up to that text, and a little more. Throws std::runtime_error when it does not come.
  [[nodiscard]] std::string read_to(const std::string& end) const {
    std::string all;
    while (all.find(end) == all.npos) {
      if (!read_some(all)) throw std::runtime_error("the terminal shows only: " + all);
    }
    return all;
  }

 private:
  [[nodiscard]] bool read_some(std::string& into) const {
    constexpr int kPatience = 20'000;  // milliseconds
    pollfd ready{master_, POLLIN, 0};
    if (::poll(&ready, 1, kPatience) != 1 || (ready.revents & POLLIN) == 0) return false;
    char room[4096];
    const ssize_t count = ::read(master_, room, sizeof room);
    if (count > 0) into.append(room, static_cast<std::size_t>(count));
    return count > 0;
  }

  int master_;
  int program_side_ = -1;
};

}  // namespace integration
