#pragma once
// The two directories of bulk files: which names count in them, and which files are there.
//
// A file's name is its path relative to the input directory, `/` between its parts. Parts that
// begin with a dot are hidden: they are neither read nor written, except our own.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/shard.hpp"

namespace zoom_proxy {

struct BulkPlaces {
  std::filesystem::path in;
  std::filesystem::path out;  ///< not inside `in`, nor around it; need not be there yet
};

/// Throws std::invalid_argument when one of them is inside the other, links resolved: outputs would
/// become inputs. Throws std::system_error when `in` is not there.
void check_places(const BulkPlaces& places);

/// What tells a file from what it was before.
struct FileVersion {
  std::uint64_t size = 0;    ///< bytes
  std::int64_t changed = 0;  ///< last change of the content, nanoseconds since 1970

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

/// Nothing when there is no regular file. Follows links. Throws std::system_error.
[[nodiscard]] std::optional<FileVersion> version_of(const std::filesystem::path& file);

/// The input file of that name, without links. Throws std::invalid_argument when the name is no
/// relative path of visible parts in UTF-8 without control characters, or when a link leads out of
/// the directory; std::system_error when it is not there.
[[nodiscard]] std::filesystem::path input_file(const BulkPlaces& places, const std::string& name);

struct BulkInputFile {
  std::string name;
  FileVersion version;
};

/// The shard's input files by name. Links to files count, links to directories are not followed.
/// Takes memory for each file's name. Throws std::system_error.
[[nodiscard]] std::vector<BulkInputFile> list_inputs(const BulkPlaces& places, const Shard& shard);

/// Behind the name of an output that is gzip.
inline constexpr std::string_view kGzipEnding = ".gz";

/// The names that an output of that input may have: its own, and with `.gz` behind it unless that
/// is another input's. Throws std::system_error.
[[nodiscard]] std::vector<std::string> possible_outputs(const BulkPlaces& places,
                                                        const std::string& name);

/// The name for logs: where one of its parts holds an e-mail address, that part is cut there.
[[nodiscard]] std::string masked_name(const std::string& name);

/// Where what belongs to us stands: markers.
inline constexpr const char* kBulkMarkers = ".zoom-proxy";

/// Removes what a crash has left of unfinished files of that shard: call while none of them is
/// under way. Throws std::system_error.
void remove_temporaries(const BulkPlaces& places, const Shard& shard);

}  // namespace zoom_proxy
