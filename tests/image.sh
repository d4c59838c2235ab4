#!/usr/bin/env bash
# Builds the container image without a Docker daemon, runs what is in it as a stranger to the
# machine (nobody's uid, a root file system that cannot be written), drives requests through it, and
# looks at its size, its files and the hardening of the program. Builds the program a second time
# elsewhere: the same commit gives the same bytes.
#
# Usage: tests/image.sh, as root. Installs mmdebstrap and buildah. Some ten minutes on two
# processors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ "$(id -u)" -eq 0 ] || { echo "Run this as root: it makes root file systems." >&2; exit 1; }
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
readonly kLimitBytes=60000000 kBase=localhost/debian:bookworm kImage=localhost/zoom-proxy:test
readonly kCanary=canary-of-a-secret-5f1c0d7e
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || true)

work=$(mktemp -d)
containers=() children=()
cleanup() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  for container in "${containers[@]}"; do buildah rm "$container" >/dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap cleanup EXIT

failures=0
# check SENTENCE COMMAND...: whether what the sentence says holds.
check() {
  local sentence=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    echo "ok: $sentence"
  else
    echo "NOT OK: $sentence" >&2
    sed 's/^/    /' "$work/said" >&2
    failures=$((failures + 1))
  fi
}
absent() { ! "$@"; }

# ---- build ----

install_tools() {
  deploy/install-packages.sh
  local missing=()
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  command -v buildah >/dev/null || missing+=(buildah)
  command -v pgrep >/dev/null || missing+=(procps)
  [ ${#missing[@]} -eq 0 ] && return
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
    "${missing[@]}" >/dev/null
}

make_base() {
  mmdebstrap --quiet --format=tar --variant=minbase bookworm "$work/base.tar"
  local base
  base=$(buildah from scratch)
  containers+=("$base")
  buildah add --quiet "$base" "$work/base.tar" / >/dev/null
  buildah commit --quiet "$base" "$kBase" >/dev/null
  rm "$work/base.tar"
}

# A copy of the sources, in which secrets lie about as they may in anybody's.
make_context() {
  mkdir "$work/context"
  tar --create --exclude=./build --exclude=./.git . | tar --extract --directory "$work/context"
  local place
  for place in .env secrets/client-secret salt zoom-proxy.yaml config/zoom-proxy.yaml server/.env \
    deploy/image/key.pem; do
    install -D -m 644 /dev/stdin "$work/context/$place" <<<"client_secret: $kCanary"
  done
}

build_image() {
  buildah bud --network host --build-arg "BASE=$kBase" --build-arg "COMMIT=$commit" \
    --tag "$kImage" "$work/context" >"$work/log" 2>&1 || { tail -n 50 "$work/log" >&2; exit 1; }
}

# ---- what is in it ----

check_files() {
  local bytes
  bytes=$(du --summarize --bytes "$root" | cut -f1)
  echo "the image's files: $bytes bytes"
  check "it has less than $kLimitBytes bytes" test "$bytes" -lt $kLimitBytes
  check "it has no shell and no package manager" test -z "$(find "$root" -not -type d \
    \( -name sh -o -name bash -o -name dash -o -name busybox -o -name dpkg -o -name apt-get \))"
  local programs
  programs=$(find "$root" -type f -perm /111 -not -name '*.so*' -printf '/%P\n')
  check "the program is all that can be run" test "$programs" = /usr/bin/zoom-proxy
  check "nothing is setuid, setgid or writable by all" test -z \
    "$(find "$root" \( -perm /6000 -o -perm -002 \) -not -type l -not -path "$root/tmp")"
  check "it has the CAs" grep -q 'BEGIN CERTIFICATE' "$root/etc/ssl/certs/ca-certificates.crt"
  check "it has time zones" test -s "$root/usr/share/zoneinfo/Europe/Berlin"
  check "it has our licence" grep -q 'Apache License' "$root/usr/share/doc/zoom-proxy/copyright"
  local package
  for package in "$root"/var/lib/dpkg/status.d/*; do
    package=${package##*/}
    check "it has the licence of $package" test -s "$root/usr/share/doc/$package/copyright"
  done
}

# traces_of TEXT DIRECTORY: the blobs of that OCI directory which hold the text: layers, with files
# that a later one takes away, and the configuration with its history.
traces_of() {
  local blob
  for blob in "$2"/blobs/sha256/*; do
    # Counted, as a grep that stops at the first one breaks the pipe.
    if gzip --decompress --force --stdout "$blob" | grep -caF "$1" >&2; then echo "$blob"; fi
  done | grep .
}

check_traces() {
  buildah push --quiet "$kImage" "oci:$work/oci"
  check "what is in the image can be found" traces_of 'BEGIN CERTIFICATE' "$work/oci"
  check "no secret leaves traces" absent traces_of "$kCanary" "$work/oci"
}

check_sbom() {
  python3 - "$root" <<'PY'
import json, hashlib, os, sys
root = sys.argv[1]
with open(f"{root}/usr/share/doc/zoom-proxy/sbom.spdx.json") as file:
    sbom = json.load(file)
assert sbom["spdxVersion"] == "SPDX-2.3" and sbom["dataLicense"] == "CC0-1.0"
names = {package["name"] for package in sbom["packages"]}
recorded = set(os.listdir(f"{root}/var/lib/dpkg/status.d"))
assert names == recorded | {"zoom-proxy"}, names ^ recorded
for package in sbom["packages"]:
    assert package["versionInfo"] and package["SPDXID"].startswith("SPDXRef-")
ids = {package["SPDXID"] for package in sbom["packages"]} | {"SPDXRef-DOCUMENT"}
assert len(ids) == len(sbom["packages"]) + 1
for relation in sbom["relationships"]:
    assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= ids
PY
}

check_configuration() {
  buildah inspect --type image "$kImage" | python3 -c '
import json, sys
config = json.load(sys.stdin)["OCIv1"]["config"]
assert config["User"] == "65532:65532", config["User"]
assert config["Entrypoint"] == ["/usr/bin/zoom-proxy"] and config["Cmd"] == ["serve"]
assert config["StopSignal"] == "SIGTERM"
assert set(config["ExposedPorts"]) == {"8080/tcp", "9090/tcp"}
labels = config["Labels"]
for name in "title", "description", "licenses", "version":
    assert labels["org.opencontainers.image." + name], name
assert "org.opencontainers.image.revision" in labels
assert not any("SECRET" in entry or "SALT" in entry for entry in config.get("Env", []))'
}

check_hardening() {
  local program=$root/usr/bin/zoom-proxy
  readelf --wide --file-header --program-headers --dynamic --notes "$program" >"$work/elf"
  readelf --wide --dyn-syms "$program" >"$work/symbols"
  check "position independent (PIE)" grep -q 'Type:.*DYN (Position-Independent' "$work/elf"
  check "read-only relocations (RELRO)" grep -q GNU_RELRO "$work/elf"
  check "bound at start (BIND_NOW)" grep -q 'FLAGS.*NOW' "$work/elf"
  check "no executable stack" absent grep -q 'GNU_STACK.*RWE' "$work/elf"
  check "stack protector" grep -q __stack_chk_fail "$work/symbols"
  check "fortified (FORTIFY_SOURCE)" grep -qE '__(mem|str|read|v?snprintf|fprintf)[a-z]*_chk' \
    "$work/symbols"
  if [ "$(uname -m)" = x86_64 ]; then
    check "control-flow enforcement (CET)" grep -q 'x86 feature: IBT, SHSTK' "$work/elf"
  fi
  check "no RPATH" absent grep -qE '\((RPATH|RUNPATH)\)' "$work/elf"
  check "no path of the build in it" absent grep -q /src/server "$program"
}

# The same sources in another folder give the same program.
check_twice() {
  local builder
  builder=$(buildah from "$kBase")
  containers+=("$builder")
  buildah copy --quiet --contextdir "$PWD" --ignorefile .dockerignore "$builder" "$PWD" \
    /elsewhere >/dev/null || return
  # shellcheck disable=SC2016 # it is the shell inside that knows them
  buildah run --network host "$builder" -- bash -c '
    set -e
    cd /elsewhere
    deploy/install-packages.sh build
    cmake --preset release -DZOOM_PROXY_TESTS=OFF -DZOOM_PROXY_COMMIT="$1" >/dev/null
    cmake --build --preset release --parallel "$(nproc)" --target zoom-proxy >/dev/null
    strip -o /program build/release/zoom-proxy' _ "$commit" || return
  cmp "$(buildah mount "$builder")/program" "$root/usr/bin/zoom-proxy"
}

# ---- running it ----

# inside ARG...: runs the program in the image: a root that cannot be written but for /tmp, and
# nobody's uid, which takes all capabilities off.
inside() {
  # shellcheck disable=SC2016 # it is the shell inside that knows them
  unshare --mount --pid --fork bash -c '
    set -e
    root=$1 scratch=$2
    shift 2
    mount --bind "$root" "$root"
    mount --bind "$scratch" "$root/tmp"
    mount -t proc proc "$root/proc"
    : >"$root/etc/hosts"  # as container engines do
    mount --bind /etc/hosts "$root/etc/hosts"
    mount -o remount,bind,ro "$root"
    exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$root" \
      /usr/bin/zoom-proxy "$@"' _ "$root" "$work/scratch" "$@"
}

# field NAME: that member of the JSON document on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# await FD TEXT: the first line from FD that holds TEXT.
await() {
  local line
  while IFS= read -r -t 60 -u "$1" line; do
    if [[ $line == *"$2"* ]]; then echo "$line"; return; fi
    echo "$line" >&2
  done
  echo "It did not start: no line with $2 came." >&2
  return 1
}

serve_and_ask() {
  local simulator proxy ready zoom port served
  exec {simulator}< <(exec build/release/zoom-simulator --directory "$work/scratch")
  children+=($!)
  ready=$(await "$simulator" '"ca_file"')
  zoom=https://localhost:$(field port <<<"$ready")
  cp "$(field ca_file <<<"$ready")" "$work/scratch/zoom-ca.pem"
  chmod 644 "$work/scratch/zoom-ca.pem"
  exec {proxy}< <(
    export PSOXY_ZOOM_ACCOUNT_ID=simulator-account PSOXY_ZOOM_CLIENT_ID=simulator-client
    export PSOXY_ZOOM_CLIENT_SECRET=simulator-secret ZOOM_PROXY_INBOUND_AUTH_MODE=platform
    export PSOXY_SALT=0123456789abcdef0123456789abcdef PSOXY_ENCRYPTION_KEY=a-key-for-this-test
    export ZOOM_PROXY_ZOOM_API_URL=$zoom ZOOM_PROXY_ZOOM_TOKEN_URL=$zoom/oauth/token
    export ZOOM_PROXY_ZOOM_CA_FILE=/tmp/zoom-ca.pem ZOOM_PROXY_LISTEN_ADDRESS=127.0.0.1
    export PORT=0 ZOOM_PROXY_ADMIN_PORT=0
    inside serve
  )
  children+=($!)
  ready=$(await "$proxy" '"startup"')
  port=$(field port <<<"$ready")
  served=$(pgrep --newest --full '^/usr/bin/zoom-proxy serve')
  check "it runs as nobody" test "$(stat --format=%u "/proc/$served")" = 65532
  check "it is ready" curl --fail --silent --show-error "http://127.0.0.1:$port/health/ready"
  check "it answers" curl --fail-with-body --silent --show-error --output "$work/users" \
    "http://127.0.0.1:$port/v2/users?page_size=30"
  check "with pseudonyms" grep -q '"email":"t~[^@"]*@' "$work/users"
  check "and with no address" absent grep -q '"[^"~]*@' "$work/users"
  check "what the rules do not name is refused" test 403 = \
    "$(curl --silent --output /dev/null --write-out '%{http_code}' \
      "http://127.0.0.1:$port/v2/phone/users")"
  kill -TERM "$served"
  check "it ends in order" await "$proxy" '"shutdown"'
}

sanitize_a_file() {
  printf 'User Name,Email,Department\nAda,ada@corp.example,Sales\n' >"$work/scratch/metrics.csv"
  PSOXY_SALT=0123456789abcdef0123456789abcdef inside bulk --rules zoom-ai-metrics \
    /tmp/metrics.csv /tmp/sanitized.csv &&
  grep -q '^t~.*,t~.*@corp.example$' "$work/scratch/sanitized.csv"
}

install_tools
make_base
make_context
build_image
builder=$(buildah from "$kImage")
containers+=("$builder")
root=$(buildah mount "$builder")
install -d -m 1777 "$work/scratch"

check_files
check_traces
check "the SBOM names what is there" check_sbom
check "user, ports, labels, signal are right; no secrets" check_configuration
check_hardening
cmake --preset release >/dev/null
cmake --build --preset release --parallel "$(nproc)" --target zoom-simulator >/dev/null
serve_and_ask
check "bulk files, too" sanitize_a_file
check "the same commit gives the same program, built elsewhere" check_twice

[ $failures -eq 0 ] || { echo "$failures checks failed." >&2; exit 1; }
echo "The image is good."
