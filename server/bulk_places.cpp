#include "server/bulk_places.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "rules/format/encoding.hpp"
#include "rules/identity/email.hpp"

namespace zoom_proxy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMarkerEnding = ".json";
constexpr std::string_view kTemporaryEnding = ".part";

/// `inner` is `outer` or below it; both canonical.
bool within(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

bool is_hidden(std::string_view part) { return part.starts_with('.'); }

void check_name(const std::string& name) {
  Utf8Check utf8;
  if (!utf8.feed(name) || !utf8.complete()) {
    throw std::invalid_argument("the file's name is not UTF-8: rename it");
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    throw std::invalid_argument("the file's name has control characters: rename it");
  }
  std::string_view rest = name;
  for (bool more = true; more;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty()) throw std::invalid_argument("the file's name is no relative path");
    if (is_hidden(part)) {
      throw std::invalid_argument("the file's name has a part that begins with a dot");
    }
    more = slash != rest.npos;
    if (more) rest.remove_prefix(slash + 1);
  }
}

/// Calls `visit` for what is below `top`, with the relative name: true enters a directory.
/// What vanishes meanwhile counts as not there.
void walk(const fs::path& top,
          const std::function<bool(const fs::directory_entry&, const std::string& name)>& visit) {
  std::vector<std::string> left{""};
  while (!left.empty()) {
    const std::string folder = std::move(left.back());
    left.pop_back();
    std::error_code error;
    fs::directory_iterator entries(top / folder, error);
    if (error == std::errc::no_such_file_or_directory && !folder.empty()) continue;
    while (!error && entries != fs::directory_iterator()) {
      const std::string name = folder + entries->path().filename().string();
      if (visit(*entries, name)) left.push_back(name + '/');
      entries.increment(error);
    }
    if (error) throw std::system_error(error, "directory");
  }
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code vanished;
  return !entry.is_symlink(vanished) && entry.is_directory(vanished);
}

bool ends_with_removed(std::string& text, std::string_view ending) {
  if (!text.ends_with(ending)) return false;
  text.resize(text.size() - ending.size());
  return true;
}

/// The output or marker for which `.NAME.PID.part` is the temporary name, its folder kept.
std::optional<std::string> final_name(std::string name) {
  const std::size_t file = name.rfind('/') + 1;
  if (name[file] != '.' || !ends_with_removed(name, kTemporaryEnding)) return std::nullopt;
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot <= file + 1) return std::nullopt;
  const std::string_view process = std::string_view(name).substr(dot + 1);
  if (process.empty() || process.find_first_not_of("0123456789") != process.npos) {
    return std::nullopt;
  }
  name.resize(dot);
  name.erase(file, 1);
  return name;
}

/// Which input makes that output. That of `a.csv.gz` may be `a.csv`.
std::string input_of(const BulkPlaces& places, const std::string& output) {
  std::string shorter = output;
  if (version_of(places.in / output) || !ends_with_removed(shorter, kGzipEnding)) return output;
  return shorter;
}

}  // namespace

void check_places(const BulkPlaces& places) {
  const fs::path in = fs::canonical(places.in);
  const fs::path out = fs::weakly_canonical(fs::absolute(places.out));
  if (within(in, out) || within(out, in)) {
    throw std::invalid_argument(
        "the directories of inputs and outputs are inside one another: outputs would be taken for "
        "inputs; take two that stand side by side");
  }
}

std::optional<FileVersion> version_of(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), "stat");
  }
  if (!S_ISREG(found.st_mode)) return std::nullopt;
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileVersion{static_cast<std::uint64_t>(found.st_size),
                     found.st_mtim.tv_sec * kSecond + found.st_mtim.tv_nsec};
}

fs::path input_file(const BulkPlaces& places, const std::string& name) {
  check_name(name);
  const fs::path file = fs::canonical(places.in / name);
  if (!within(file, fs::canonical(places.in))) {
    throw std::invalid_argument("the file is a link that leads out of the input directory");
  }
  return file;
}

std::vector<BulkInputFile> list_inputs(const BulkPlaces& places, const Shard& shard) {
  std::vector<BulkInputFile> files;
  walk(places.in, [&](const fs::directory_entry& entry, const std::string& name) {
    if (is_hidden(entry.path().filename().native())) return false;
    if (is_folder(entry)) return true;
    if (!shard.owns(name)) return false;
    if (const auto version = version_of(entry.path())) files.push_back({name, *version});
    return false;
  });
  std::ranges::sort(files, {}, &BulkInputFile::name);
  return files;
}

std::vector<std::string> possible_outputs(const BulkPlaces& places, const std::string& name) {
  std::vector<std::string> outputs{name};
  if (name.ends_with(kGzipEnding)) return outputs;
  std::string zipped = name + std::string(kGzipEnding);
  if (!version_of(places.in / zipped)) outputs.push_back(std::move(zipped));
  return outputs;
}

std::string masked_name(const std::string& name) {
  std::string masked;
  std::string_view rest = name;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    const std::size_t address = find_email(part);
    masked += part.substr(0, address);
    if (address != part.npos) masked += "(e-mail address)";
    rest.remove_prefix(part.size());
    if (rest.empty()) break;
    masked += '/';
    rest.remove_prefix(1);
  }
  return masked;
}

void remove_temporaries(const BulkPlaces& places, const Shard& shard) {
  const auto remove_below = [&](const fs::path& top, bool markers) {
    if (!fs::exists(top)) return;
    walk(top, [&](const fs::directory_entry& entry, const std::string& name) {
      if (is_folder(entry)) return !is_hidden(entry.path().filename().native());
      std::optional<std::string> made = final_name(name);
      if (!made || (markers && !ends_with_removed(*made, kMarkerEnding))) return false;
      if (shard.owns(markers ? *made : input_of(places, *made))) fs::remove(entry.path());
      return false;
    });
  };
  remove_below(places.out, false);
  remove_below(places.out / kBulkMarkers, true);
}

}  // namespace zoom_proxy
