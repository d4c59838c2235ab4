#!/usr/bin/env bash
# Installs what manifests are compared with: the npm packages of package-lock.json, each with its
# checksum, into build/tools. Does nothing when they are there; no package runs a script of its own.
# The lock is kept by hand, as npm would add what the packages need to run; here types alone matter:
# for another version change both files, with `npm view NAME@VERSION dist.integrity`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tools=build/tools
lock=tests/deploy/package-lock.json
cmp --silent "$lock" "$tools/node_modules/installed-lock.json" && exit 0
echo "Installing the types of Kubernetes' and Cloud Run's APIs"
mkdir -p "$tools"
cp tests/deploy/package.json "$lock" "$tools"
npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
cp "$lock" "$tools/node_modules/installed-lock.json"
