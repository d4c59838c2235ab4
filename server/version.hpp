#pragma once
// What this build is called. CMake gives the words to version.cpp alone, so that a new commit
// compiles one file.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoom_proxy {

extern const std::string_view kVersion;
extern const std::string_view kCommit;     ///< empty when not known
extern const std::string_view kBuildType;  ///< "Release, GNU 12.2.0"

/// The libraries in use and their versions, as loaded where they can say it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace zoom_proxy
