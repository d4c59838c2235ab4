#pragma once
// `zoom-proxy bulk` as a process, against `gzip -6` as one, over the same made-up file.

#include <vector>

#include "tests/bench/ratios.hpp"

namespace zoom_proxy::bench {

[[nodiscard]] std::vector<Ratio> bulk_ratios();

}  // namespace zoom_proxy::bench
