#pragma once
// Zoom's token: whether the credentials bring one, and what its scopes allow.

#include <memory>
#include <string>
#include <vector>

#include "server/doctor/finding.hpp"
#include "server/snapshot.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

/// A token, or null when Zoom gives none. All must live until it ends.
[[nodiscard]] Task<std::shared_ptr<const AccessToken>> check_credentials(TokenCache& tokens,
                                                                         Clock::time_point deadline,
                                                                         const Report& report);

/// Compares the token's scopes with what the rules need: those that it lacks, as far as Zoom tells.
[[nodiscard]] std::vector<std::string> check_scopes(const Engine& engine, const AccessToken& token,
                                                    const Report& report);

}  // namespace zoom_proxy
