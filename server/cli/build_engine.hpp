#pragma once
// From settings to engines, the same way for every command.

#include <memory>

#include "config/settings.hpp"
#include "rules/bulk/bulk_engine.hpp"
#include "rules/engine.hpp"
#include "server/snapshot.hpp"

namespace zoom_proxy {

/// Derives the keys and compiles the rules that the settings name: some tens of milliseconds.
/// Throws ConfigError, also when the rules make reversible tokens and there is no encryption key.
[[nodiscard]] std::shared_ptr<const Engine> build_engine(const Settings& settings);
/// The same, and bulk.rules with the same keys. Throws ConfigError, also when two of these have one
/// name, or a name that cannot stand in a URL.
[[nodiscard]] Engines build_engines(const Settings& settings);
/// The same for bulk rules, where `rules.file` names such.
[[nodiscard]] std::shared_ptr<const BulkEngine> build_bulk_engine(const Settings& settings);

}  // namespace zoom_proxy
