#pragma once
// Which version of an input was done with what: a small JSON file for each finished one,
// OUT/.zoom-proxy/NAME.json.

#include <cstdint>
#include <filesystem>
#include <string>

#include "server/bulk_places.hpp"

namespace zoom_proxy {

/// All that a result depends on.
struct BulkMarker {
  FileVersion input;
  std::string rules_sha;
  std::string salt_fingerprint;
  std::string settings;  ///< whatever else it depends on, as one text

  friend bool operator==(const BulkMarker&, const BulkMarker&) = default;
};

/// `name`: checked already, as of input_file().
[[nodiscard]] std::filesystem::path marker_file(const BulkPlaces& places, const std::string& name);

/// The file of that name was finished with exactly this. A marker that is damaged counts as none.
/// Throws std::system_error when it cannot be read.
[[nodiscard]] bool is_marked(const BulkPlaces& places, const std::string& name,
                             const BulkMarker& marker);

/// Call before the output changes: a marker never stands beside another output than its own. Throws
/// std::system_error.
void remove_marker(const BulkPlaces& places, const std::string& name);

/// Call once the output is there. The marker also tells people the rows and this program's version.
/// Throws std::system_error.
void write_marker(const BulkPlaces& places, const std::string& name, const BulkMarker& marker,
                  std::uint64_t rows);

}  // namespace zoom_proxy
