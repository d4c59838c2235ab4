#include "server/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include "rules/error.hpp"
#include "rules/format/gzip.hpp"
#include "server/blocking_work.hpp"

namespace zoom_proxy {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// In the same directory, so that renaming is enough; the dot keeps it out of listings.
std::string temporary_path(const std::string& path) {
  std::random_device random;
  char suffix[20];
  std::snprintf(suffix, sizeof suffix, ".%08x%08x", random(), random());
  const std::size_t name = path.rfind('/') + 1;
  return path.substr(0, name) + '.' + path.substr(name) + suffix;
}

/// A descriptor of a new file, or -1 and errno.
int create_exclusively(const std::string& path) noexcept {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode);
}

}  // namespace

/// All of it is used on the other threads only, by one piece of work at a time.
struct OutputFile::State {
  explicit State(std::string at) : path(std::move(at)), temporary(temporary_path(path)) {}
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
    if (exists) ::unlink(temporary.c_str());
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void open();
  void write(std::string_view bytes);
  void write_coded();
  void commit();

  std::string path;
  std::string temporary;
  bool exists = false;  ///< the temporary file
  std::atomic<bool> given_up{false};
  int descriptor = -1;
  Deflater gzip;
  std::string coded;
};

void OutputFile::State::open() {
  const std::string directory = path.substr(0, path.rfind('/'));
  if (::mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) fail("mkdir");
  descriptor = create_exclusively(temporary);
  if (descriptor < 0) fail("open");
  exists = true;
}

void OutputFile::State::write(std::string_view bytes) {
  gzip.deflate(bytes, coded);
  write_coded();
}

void OutputFile::State::write_coded() {
  for (std::string_view rest = coded; !rest.empty();) {
    const ssize_t count = ::write(descriptor, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  coded.clear();
}

void OutputFile::State::commit() {
  gzip.finish(coded);
  write_coded();
  if (::fsync(descriptor) != 0) fail("fsync");
  // A bucket's mount may find out only now that it cannot store the file.
  if (::close(std::exchange(descriptor, -1)) != 0) fail("close");
  if (given_up.load()) {  // while this was under way: nobody will tell that it is there
    errno = ECANCELED;
    fail("rename");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename");
  exists = false;
}

OutputFile::OutputFile(Options options, std::shared_ptr<State> state)
    : options_(std::move(options)), state_(std::move(state)) {}
OutputFile::OutputFile(OutputFile&& other) noexcept = default;

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(options_, other.options_);
  std::swap(state_, other.state_);
  return *this;
}

/// Removing a file may block, too.
OutputFile::~OutputFile() {
  if (!state_) return;
  state_->given_up = true;
  try {
    asio::post(options_.files, [state = std::move(state_)] {});
  } catch (const std::exception&) {
    // No memory: the state ends here and now.
  }
}

Task<OutputFile> OutputFile::create(Options options, std::string path) {
  OutputFile file(std::move(options), std::make_shared<State>(std::move(path)));
  std::function<void()> opening = [state = file.state_] { state->open(); };
  co_await file.run(std::move(opening));
  co_return file;
}

Task<> OutputFile::write(std::string bytes) {
  return run([state = state_, piece = std::move(bytes)] { state->write(piece); });
}

Task<> OutputFile::commit() {
  return run([state = state_] { state->commit(); });
}

Task<> OutputFile::run(std::function<void()> work) {
  return run_blocking(options_.files, options_.patience, std::move(work));
}

namespace {

void check_writable(const char* setting, const std::string& directory) {
  if (directory.empty()) return;
  const std::string probe = temporary_path(directory + "/check");
  const int descriptor = create_exclusively(probe);
  if (descriptor < 0) {
    throw ConfigError({}, std::string(setting) + ": cannot write to " + directory + ": " +
                              std::generic_category().message(errno) +
                              "; create the directory or mount the bucket there, and let the "
                              "server's user write to it");
  }
  ::close(descriptor);
  const std::string renamed = probe + ".renamed";
  const bool can_rename = ::rename(probe.c_str(), renamed.c_str()) == 0;
  if (!can_rename || ::unlink(renamed.c_str()) != 0) {
    const int error = errno;
    ::unlink(probe.c_str());
    throw ConfigError({}, std::string(setting) + ": cannot rename or remove files in " + directory +
                              ": " + std::generic_category().message(error) +
                              "; choose a mount that can (gcsfuse can, mountpoint-s3 only with "
                              "directory buckets)");
  }
}

}  // namespace

void check_output_directories(const Settings& settings) {
  check_writable("output.async_directory", settings.output.async_directory);
  check_writable("output.side_directory", settings.output.side_directory);
  check_writable("bulk.output_directory", settings.bulk.output_directory);
}

}  // namespace zoom_proxy
