#pragma once
// Two directories for bulk files, and what tests do in them.

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "server/bulk_places.hpp"

namespace zoom_proxy {

/// They go with it.
class BulkDirectories {
 public:
  BulkDirectories() {
    std::string name = (std::filesystem::temp_directory_path() / "bulk-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    top_ = std::filesystem::canonical(name);
    places = {top_ / "in", top_ / "out"};
    std::filesystem::create_directory(places.in);
  }
  ~BulkDirectories() { std::filesystem::remove_all(top_); }
  BulkDirectories(const BulkDirectories&) = delete;
  BulkDirectories& operator=(const BulkDirectories&) = delete;

  BulkPlaces places;

  /// Writes an input file, and the directories it stands in.
  void put(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = places.in / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  /// As if it had been written again, an hour later.
  void touch(const std::string& name) const {
    const std::filesystem::path path = places.in / name;
    std::filesystem::last_write_time(
        path, std::filesystem::last_write_time(path) + std::chrono::hours(1));
  }
  /// An output, or what stands for none.
  [[nodiscard]] std::string output(const std::string& name) const {
    std::ifstream file(places.out / name, std::ios::binary);
    if (!file) return "(none)";
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path top_;
};

}  // namespace zoom_proxy
