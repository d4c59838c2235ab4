#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each for SECONDS (2 without) from its corpus.
# Usage: tests/fuzz/run.sh [SECONDS [TARGET...]]. An input that fails stays in build/fuzz/found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-2}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(sanitizer rules json_path token body email route bulk)
found=build/fuzz/found
log=build/fuzz/log

command -v clang++-14 >/dev/null || {
  echo "clang++-14 is missing: run deploy/install-packages.sh, then start again." >&2
  exit 1
}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)"

mkdir -p "$found"
for target in "${targets[@]}"; do
  program=build/fuzz/tests/fuzz/${target}_fuzz
  new=$(mktemp -d)
  if ! "$program" -max_total_time="$seconds" -timeout=60 -print_final_stats=1 \
    -artifact_prefix="$found/$target-" "$new" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    cat "$log" >&2
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "The fuzz target $target failed; the reasons stand above. To see it again:" >&2
    echo "  $program ${input:-tests/fuzz/corpus/$target}" >&2
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "fuzz $target: $runs runs, $(grep -o 'cov: [0-9]*' "$log" | tail -n 1), nothing found"
  rm -r "$new"
done
