#pragma once
// What the settings mean for bulk directories.

#include <string>

#include "config/settings.hpp"

namespace zoom_proxy {

/// For start-up: throws ConfigError when bulk.input_directory is not there, or one directory lies
/// inside the other, links resolved.
void check_bulk_directories(const Settings& settings);

/// What of the settings changes a result, but for rules and salt: BulkDirectoryJob::settings.
[[nodiscard]] std::string marker_settings(const Settings& settings);

}  // namespace zoom_proxy
