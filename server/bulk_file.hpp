#pragma once
// One bulk file into another one, whole or not at all.

#include <string>

#include "server/bulk_job.hpp"

namespace zoom_proxy {

/// Reads a file from its begin.
class FileSource : public BulkSource {
 public:
  /// Throws std::system_error, which names no file.
  explicit FileSource(const std::string& path);
  [[nodiscard]] static FileSource standard_input();
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  [[nodiscard]] std::size_t read(std::span<char> into) override;
  /// Bytes; 0 for what is no regular file.
  [[nodiscard]] std::uint64_t size() const;

 private:
  explicit FileSource(int descriptor);

  int descriptor_;
};

/// Standard output.
class StandardOutput : public BulkSink {
 public:
  void write(std::string_view bytes) override;
};

/// A file that appears whole: written under a temporary name beside its own (`.NAME.NUMBER.part`),
/// and renamed by commit(). Without commit() nothing is left of it. Not thread-safe.
class NewFile : public BulkSink {
 public:
  /// Makes directories that are missing. A symbolic link to a file stays one. Throws
  /// std::system_error, which names no file, also when there is something else than a file.
  explicit NewFile(std::string path);
  ~NewFile() override;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes) override;
  /// On the disk, then visible. Replaces a file of that name. On a mount that cannot rename,
  /// readers may see the file grow: what says that it is whole must come after it.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

/// Removes what NewFile made under that path, through a symbolic link, too. Another thing than a
/// file, or nothing, stays as it is. Throws std::system_error, which names no file.
void remove_file(const std::string& path);

/// Removes what the NewFiles of this process have not committed yet, and ends it at once. For
/// signals, on a thread of their own.
[[noreturn]] void exit_without_unfinished_files(int exit_code);

}  // namespace zoom_proxy
