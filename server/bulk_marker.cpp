#include "server/bulk_marker.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <system_error>

#include "server/bulk_file.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace fs = std::filesystem;
namespace json = boost::json;
namespace {

/// Ours have some 300 bytes.
constexpr std::size_t kMarkerBytes = 4096;

json::object members(const BulkMarker& marker) {
  return {{"inputBytes", marker.input.size},
          {"inputChangedNanoseconds", marker.input.changed},
          {"rulesSha", marker.rules_sha},
          {"saltFingerprint", marker.salt_fingerprint},
          {"settings", marker.settings}};
}

/// The begin of a file; nothing when it is not there.
std::string read_begin(const fs::path& path) {
  if (!version_of(path)) return {};
  FileSource file(path.string());
  std::array<char, kMarkerBytes> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const std::size_t count = file.read(std::span(buffer).subspan(size));
    if (count == 0) break;
    size += count;
  }
  return {buffer.data(), size};
}

}  // namespace

fs::path marker_file(const BulkPlaces& places, const std::string& name) {
  return places.out / kBulkMarkers / (name + ".json");
}

bool is_marked(const BulkPlaces& places, const std::string& name, const BulkMarker& marker) {
  boost::system::error_code damaged;
  const json::value found = json::parse(read_begin(marker_file(places, name)), damaged);
  if (damaged || !found.is_object()) return false;
  for (const auto& [key, value] : members(marker)) {
    const json::value* const there = found.get_object().if_contains(key);
    if (there == nullptr || *there != value) return false;
  }
  return true;
}

void remove_marker(const BulkPlaces& places, const std::string& name) {
  fs::remove(marker_file(places, name));
}

void write_marker(const BulkPlaces& places, const std::string& name, const BulkMarker& marker,
                  std::uint64_t rows) {
  json::object text = members(marker);
  text["rows"] = rows;
  text["version"] = kVersion;
  NewFile file(marker_file(places, name).string());
  file.write(json::serialize(text) + '\n');
  file.commit();
}

}  // namespace zoom_proxy
