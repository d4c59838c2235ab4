#pragma once
// A file that is there as a whole or not at all.

#include <string>
#include <string_view>

namespace zoom_proxy {

/// Writes beside `path` under another name, then puts it in place: who reads `path` sees the old
/// bytes or the new ones. A symbolic link stays one. Throws ConfigError with the path and the
/// system's reason, leaving what was there.
void write_whole_file(const std::string& path, std::string_view text);

}  // namespace zoom_proxy
