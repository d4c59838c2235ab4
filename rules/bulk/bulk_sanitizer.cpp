#include "rules/bulk/bulk_sanitizer.hpp"

namespace zoom_proxy {

void BulkCounts::add(const BulkCounts& other) {
  rows += other.rows;
  for (const auto& [name, count] : other.changed) changed[name] += count;
  for (const auto& [name, count] : other.addresses) addresses[name] += count;
}

}  // namespace zoom_proxy
