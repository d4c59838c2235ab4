#pragma once
// Files for results, on a disk or a bucket's mount: whole or not there.

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

/// One gzip file (RFC 1952). Until commit() it has a temporary name in the same directory, which
/// begins with a dot; without commit() its destruction removes it. A process that is killed leaves
/// the temporary file. Needs neither links nor locks of the file system.
///
/// Not thread-safe: one coroutine uses it, one call after the other. The calls wait for work that
/// is done on `files`, so that a slow file system holds up nobody else, and throw
/// std::system_error, whose text names no path, or boost's when the coroutine is cancelled; after
/// that only destruction is left.
class OutputFile {
 public:
  struct Options {
    asio::any_io_executor files;  ///< for work that may block: not an event loop's; outlives it
    Seconds patience{30};         ///< how long each call waits
  };

  /// Creates it (0640) and the directory that it stands in (0750).
  [[nodiscard]] static Task<OutputFile> create(Options options, std::string path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  /// Appends, uncompressed bytes.
  [[nodiscard]] Task<> write(std::string bytes);
  /// Puts what was written on the disk, and the file in its place: over one that has its name.
  [[nodiscard]] Task<> commit();

 private:
  struct State;
  OutputFile(Options options, std::shared_ptr<State> state);
  [[nodiscard]] Task<> run(std::function<void()> work);

  Options options_;
  std::shared_ptr<State> state_;  ///< shared with the work under way
};

/// For start-up: throws ConfigError when a directory of `output` or
/// bulk.output_directory cannot be written to.
void check_output_directories(const Settings& settings);

}  // namespace zoom_proxy
