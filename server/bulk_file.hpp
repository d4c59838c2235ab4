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
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  [[nodiscard]] std::size_t read(std::span<char> into) override;
  /// Bytes; 0 for what is no regular file.
  [[nodiscard]] std::uint64_t size() const;

 private:
  int descriptor_;
};

/// A file that appears whole: written under a temporary name beside its own (`.NAME.PID.part`), and
/// renamed by commit(). Without commit() nothing is left of it.
class NewFile : public BulkSink {
 public:
  /// Makes directories that are missing. Throws std::system_error.
  explicit NewFile(std::string path);
  ~NewFile() override;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes) override;
  /// On the disk, then visible. Replaces a file of that name.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace zoom_proxy
