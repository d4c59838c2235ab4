#pragma once
// Whether files hold what they held: by content, since Kubernetes changes a whole folder of secrets
// by one link and a mount may not tell the time of a change.

#include <map>
#include <string>

namespace zoom_proxy {

/// Path -> digest_of() that path.
using FileDigests = std::map<std::string, std::string>;

/// Stands for the file's content, links followed. All files that cannot be read have the same
/// digest, and so have pipes and devices, which can be read only once. Throws nothing but
/// bad_alloc.
[[nodiscard]] std::string digest_of(const std::string& path);

/// The same paths, with what is there now.
[[nodiscard]] FileDigests look_again(const FileDigests& files);

}  // namespace zoom_proxy
