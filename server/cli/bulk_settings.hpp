#pragma once
// The settings of `bulk`, for a file and for directories.

#include "server/cli/commands.hpp"

namespace zoom_proxy {

/// Throws ConfigError.
[[nodiscard]] Settings load_bulk_settings(const BulkCommandOptions& options,
                                          const Environment& environment);

}  // namespace zoom_proxy
