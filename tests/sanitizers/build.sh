#!/usr/bin/env bash
# Builds zoom-proxy with the sanitizers of a preset and shows that it starts. The integration tests
# then run once more against it. Usage: tests/sanitizers/build.sh asan|tsan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=$1

cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --parallel "$(nproc)" --target zoom-proxy
if ! "build/$preset/zoom-proxy" --version; then
  echo "The build of preset $preset does not start. Where its message says \"unexpected memory" \
    "mapping\": this kernel spreads addresses wider than the sanitizer can bear; run" \
    "\`sysctl vm.mmap_rnd_bits=28\` as root, then start again." >&2
  exit 1
fi
