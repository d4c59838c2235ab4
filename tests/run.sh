#!/usr/bin/env bash
# Builds the release and runs every test, on a bare Debian 12 too: installs what is missing first.
# Ends with ctest's summary and its exit code. Arguments go to ctest: tests/run.sh -R vectors
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deploy/install-packages.sh
tests/deploy/install-types.sh
cmake --preset release
cmake --build --preset release --parallel "$(nproc)"
exec ctest --preset release --parallel "$(nproc)" "$@"
