#!/usr/bin/env bash
# Installs what building, testing and the demo need: packages of Debian 12, nothing else.
# `install-packages.sh build`: only what the product is built with, without tests and demo.
# Needs root or sudo; does nothing when all of them are there. docs/dependencies.md says why each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  # build
  g++ cmake ninja-build pkg-config
  # libraries
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libyaml-cpp-dev
  libpcre2-dev zlib1g-dev libisal-dev libspdlog-dev libcli11-dev libcjose-dev libjansson-dev
  prometheus-cpp-dev
  # of the image: a list of its contents, CAs, time zones
  python3 ca-certificates tzdata
)
[ "${1:-}" = build ] || packages+=(
  # tests and demo
  libgtest-dev libbenchmark-dev clang-14 libclang-rt-14-dev curl
  # tests of pages
  chromium chromium-driver python3-selenium fonts-dejavu-core
  # tests of manifests
  python3-yaml shellcheck npm
)

missing=()
for package in "${packages[@]}"; do
  [ "$package" != npm ] || ! command -v npm >/dev/null || continue  # another than Debian's will do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
promtool=build/tools/promtool
if [ "${1:-}" = build ] || command -v promtool "$promtool" >/dev/null; then promtool=; fi
[ ${#missing[@]} -gt 0 ] || [ -n "$promtool" ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "These packages are missing: ${missing[*]} ${promtool:+prometheus}" >&2
    echo "Run this script as root, or install sudo, and start again." >&2
    exit 1
  }
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} Debian packages: ${missing[*]} ${promtool:+and promtool}"
apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
"${apt_get[@]}" update
[ ${#missing[@]} -eq 0 ] ||
  "${apt_get[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null

# Its package would also start a Prometheus, now and at every boot, on the port of our own status
# page: only the one program is taken out of it.
if [ -n "$promtool" ]; then
  mkdir -p "$(dirname "$promtool")"
  (
    cd "$(dirname "$promtool")"
    "${apt_get[@]}" -o APT::Sandbox::User=root download prometheus
    dpkg-deb --fsys-tarfile prometheus_*.deb |
      tar --extract --to-stdout ./usr/bin/promtool >promtool
    rm -f prometheus_*.deb
    chmod +x promtool
  )
fi
