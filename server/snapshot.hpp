#pragma once
// What requests need of the settings, rules and secrets of the moment. Immutable and shared: a
// request keeps the one it began with, and a reload swaps the whole.

#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "rules/bulk/bulk_engine.hpp"
#include "rules/engine.hpp"

namespace zoom_proxy {

/// One of bulk.rules.
struct BulkSet {
  std::string name;
  std::string route;  ///< `/bulk/NAME`
  std::shared_ptr<const BulkEngine> engine;
};

/// What is made from the settings' rules.
struct Engines {
  std::shared_ptr<const Engine> api;
  std::vector<BulkSet> bulk;  ///< in their order in bulk.rules
};

struct Snapshot {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const Engine> engine;
  std::vector<BulkSet> bulk = {};  ///< in their order in bulk.rules; the first is for events
};

}  // namespace zoom_proxy
