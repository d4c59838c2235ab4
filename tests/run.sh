#!/usr/bin/env bash
# Builds the release and runs every test, on a bare Debian 12 too: installs what is missing first.
# Ends with ctest's summary and its exit code. Arguments go to ctest: tests/run.sh -R vectors
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deploy/install-packages.sh
tests/deploy/install-types.sh
# A root file system that is no machine of its own may lack the terminals that some tests sit at.
if [ ! -e /dev/pts/ptmx ] && [ "$(id -u)" -eq 0 ]; then
  mkdir -p /dev/pts
  mount -t devpts devpts /dev/pts || true  # the tests say so, too
fi
cmake --preset release
cmake --build --preset release --parallel "$(nproc)"
exec ctest --preset release --parallel "$(nproc)" "$@"
