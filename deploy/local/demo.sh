#!/usr/bin/env bash
# Shows what the proxy does: builds it, starts it and a Zoom look-alike on loopback, and puts Zoom's
# answers before and after sanitizing side by side. Keeps running until Ctrl-C, so that you can send
# requests of your own; with --once it stops after showing.
set -euo pipefail
case ${1-} in
  '' | --once) ;;
  *) echo "Usage: deploy/local/demo.sh [--once]" >&2; exit 2 ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deploy/install-packages.sh
cmake --preset release >/dev/null
cmake --build --preset release --parallel "$(nproc)" --target zoom-proxy zoom-simulator

home=$(mktemp -d)
children=()
cleanup() {
  trap '' INT TERM  # an impatient second Ctrl-C must not leave anything behind
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  rm -rf "$home"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# field NAME: that member of the JSON document on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# await FD TEXT: the first line from FD that holds TEXT; fails when the program ends before.
await() {
  local line earlier=
  while IFS= read -r -t 60 -u "$1" line; do
    if [[ $line == *"$2"* ]]; then echo "$line"; return; fi
    earlier+=$line$'\n'
  done
  printf '%sIt did not start: no line with %s came.\n' "$earlier" "$2" >&2
  return 1
}

# The look-alike: thousands of made-up users and meetings, over TLS with a CA of its own.
exec {simulator}< <(exec build/release/zoom-simulator --directory "$home")
children+=($!)
ready=$(await "$simulator" '"ca_file"')
zoom=https://localhost:$(field port <<<"$ready")
ca_file=$(field ca_file <<<"$ready")

# The proxy, with the settings it needs and no more.
cat >"$home/zoom-proxy.yaml" <<YAML
listen: { address: 127.0.0.1, port: 0 }
admin: { port: 0 }
inbound_auth: { mode: platform }
zoom:
  api_url: $zoom
  token_url: $zoom/oauth/token
  account_id: simulator-account
  client_id: simulator-client
  client_secret: simulator-secret
  ca_file: $ca_file
pseudonyms:
  salt: the salt of the demo is known to everybody
  encryption_key: the encryption key of the demo is known to everybody
YAML
# Of the environment nothing counts: it may hold the settings of another proxy.
exec {proxy_log}< <(exec env -i build/release/zoom-proxy serve --config "$home/zoom-proxy.yaml")
children+=($!)
started=$(await "$proxy_log" '"startup"')
proxy=http://127.0.0.1:$(field port <<<"$started")
admin=http://127.0.0.1:$(field adminPort <<<"$started")

token=$(curl --silent --show-error --fail --cacert "$ca_file" \
  --user simulator-client:simulator-secret \
  --data 'grant_type=account_credentials&account_id=simulator-account' "$zoom/oauth/token" |
  field access_token)
from_zoom() {
  curl --silent --show-error --fail --cacert "$ca_file" -H "Authorization: Bearer $token" "$zoom$1"
}
from_proxy() { curl --silent --show-error --fail "$proxy$1"; }

# show PATH: the same request to both.
show() {
  from_zoom "$1" >"$home/before.json"
  from_proxy "$1" >"$home/after.json"
  printf '\nGET %s\n' "$1"
  printf 'Left: what Zoom answers. Right: what the proxy lets out. - removed, ~ changed\n\n'
  python3 deploy/local/side_by_side.py "$home/before.json" "$home/after.json"
}

show '/v2/users?page_size=2'
user=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["users"][0]["id"])' \
  "$home/after.json")
# The proxy reads its own tokens back: this asks Zoom for the real user's meetings.
meeting=$(from_proxy "/v2/users/$user/meetings" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["meetings"][0]["id"])')
show "/v2/meetings/$meeting"

[ "${1-}" != --once ] || exit 0
cat <<TEXT

Now you: the proxy listens on $proxy until you press Ctrl-C. Its log follows. Try

  curl -s '$proxy/v2/users?page_size=2'
  curl -s '$proxy/v2/users/$user/meetings'
  curl -si '$proxy/v2/users/$user/settings'     # not in the rules: refused

and look at the status page, $admin/ (metrics for Prometheus are at $admin/metrics).

TEXT
cat <&"$proxy_log"
