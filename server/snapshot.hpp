#pragma once
// What requests need of the settings, rules and secrets of the moment. Immutable and shared: a
// request keeps the one it began with, and a reload swaps the whole.

#include <memory>

#include "config/settings.hpp"
#include "rules/engine.hpp"

namespace zoom_proxy {

struct Snapshot {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const Engine> engine;
};

}  // namespace zoom_proxy
