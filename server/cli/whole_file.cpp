#include "server/cli/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "rules/error.hpp"

namespace zoom_proxy {

namespace {

/// An open file that does not outlive its failure.
class Draft {
 public:
  explicit Draft(std::string path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (file_ < 0) fail();
  }
  ~Draft() {
    if (file_ >= 0) ::close(file_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(file_, text.data(), text.size());
      if (count >= 0) {
        text.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno != EINTR) {
        fail();
      }
    }
  }

  void put_in_place(const std::string& target) {
    if (::fsync(file_) != 0 || ::rename(path_.c_str(), target.c_str()) != 0) fail();
    path_.clear();
  }

 private:
  [[noreturn]] static void fail() { throw std::system_error(errno, std::generic_category()); }

  std::string path_;
  int file_;
};

}  // namespace

void write_whole_file(const std::string& path, std::string_view text) {
  namespace fs = std::filesystem;
  try {
    const std::string target = fs::is_symlink(path) ? fs::canonical(path).string() : path;
    if (fs::exists(target) && !fs::is_regular_file(target)) {
      throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                              "not a file; name one that may be replaced");
    }
    Draft draft(target + ".tmp." + std::to_string(::getpid()));
    draft.write(text);
    draft.put_in_place(target);
  } catch (const std::system_error& error) {
    throw ConfigError({path, 0, 0}, std::string("cannot be written: ") + error.what());
  }
}

}  // namespace zoom_proxy
