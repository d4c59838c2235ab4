#pragma once
// What the log tells of Zoom's access token and of the keys of ID tokens.

#include <string_view>

#include "rules/engine.hpp"
#include "server/auth/key_source.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {

[[nodiscard]] std::string_view name_of(TokenEvent::Result result) noexcept;

/// Says which scopes a new token lacks for what these rules let through.
void log_token_event(const TokenEvent& event, const Engine& engine);

void log_key_event(const KeyEvent& event);

}  // namespace zoom_proxy
