#include "server/bulk_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <system_error>
#include <utility>

namespace zoom_proxy {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Paths of temporary files that exist. Each is made, renamed and removed under the lock.
struct Unfinished {
  std::mutex mutex;
  std::set<std::string> paths;
};

Unfinished& unfinished() {
  static Unfinished& all = *new Unfinished;  // may be needed while the process ends
  return all;
}

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      fail("write");
    }
  }
}

/// Where the file must go: a symbolic link stays one. Names no file in what it throws.
std::string target_of(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);  // an error shows when it is opened
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                            "only a file may be replaced");
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path target = fs::weakly_canonical(path, error);
  if (error) throw std::system_error(error, "symbolic link");
  return target.string();
}

/// In the same directory, so that renaming is enough; the dot keeps it out of listings. A number of
/// its own, which the process' id is not among containers that share a directory.
std::string temporary_for(const fs::path& path) {
  const std::string name =
      '.' + path.filename().string() + '.' + std::to_string(std::random_device{}()) + ".part";
  return (path.parent_path() / name).string();
}

/// What mounts say that cannot give a file another name.
bool cannot_rename(int error) {
  return error == EXDEV || error == ENOTSUP || error == ENOSYS || error == EPERM;
}

/// Leaves nothing when it fails.
void copy_into_place(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) {
    const int copy = ::open(to.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (copy < 0 || ::fsync(copy) != 0) error.assign(errno, std::generic_category());
    if (copy >= 0) ::close(copy);
  }
  if (!error) return;
  ::unlink(to.c_str());
  throw std::system_error(error, "copy");
}

}  // namespace

FileSource::FileSource(const std::string& path)
    : FileSource(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

FileSource::FileSource(int descriptor) : descriptor_(descriptor) {
  if (descriptor_ < 0) fail("open");
  ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);  // a hint alone
}

FileSource FileSource::standard_input() {
  return FileSource(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

FileSource::~FileSource() { ::close(descriptor_); }

std::size_t FileSource::read(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail("read");
  }
}

std::uint64_t FileSource::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("stat");
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void StandardOutput::write(std::string_view bytes) { write_all(STDOUT_FILENO, bytes); }

NewFile::NewFile(std::string path) : path_(target_of(path)), temporary_(temporary_for(path_)) {
  const fs::path directory = fs::path(path_).parent_path();
  std::error_code error;
  if (!directory.empty()) fs::create_directories(directory, error);
  if (error) throw std::system_error(error, "mkdir");
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.insert(temporary_);
  constexpr mode_t kMode = 0666;  // less what the umask takes
  descriptor_ =
      ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (descriptor_ >= 0) return;
  const int reason = errno;
  unfinished().paths.erase(temporary_);
  throw std::system_error(reason, std::generic_category(), "open");
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  const std::lock_guard lock(unfinished().mutex);
  if (unfinished().paths.erase(temporary_) > 0) ::unlink(temporary_.c_str());
}

void NewFile::write(std::string_view bytes) { write_all(descriptor_, bytes); }

void NewFile::commit() {
  if (::fsync(descriptor_) != 0) fail("fsync");
  // A bucket's mount may find out only now that it cannot store the file.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("close");
  const std::lock_guard lock(unfinished().mutex);
  if (::rename(temporary_.c_str(), path_.c_str()) == 0) {
    unfinished().paths.erase(temporary_);
  } else if (cannot_rename(errno)) {
    copy_into_place(temporary_, path_);
  } else {
    fail("rename");
  }
}

void remove_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::none) throw std::system_error(error, "stat");
  if (!fs::is_regular_file(status)) return;
  if (::unlink(target_of(path).c_str()) != 0 && errno != ENOENT) fail("unlink");
}

void exit_without_unfinished_files(int exit_code) {
  unfinished().mutex.lock();  // for good: no file is made or put in place any more
  for (const std::string& path : unfinished().paths) ::unlink(path.c_str());
  ::_exit(exit_code);
}

}  // namespace zoom_proxy
