#!/usr/bin/env bash
# Puts together the root file system of the image: the program, stripped; the libraries that it
# loads, from Debian's packages; CA certificates; time zone data; the licence of each of these; and
# the lists that scanners read: dpkg's records and an SPDX file.
# Usage: deploy/image/root.sh PROGRAM ROOT
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1 root=$2

install -d -m 755 "$root"/{dev,etc/ssl/certs,proc,sys,tmp,usr/bin,usr/lib/ssl,usr/lib64} \
  "$root/usr/share/doc/zoom-proxy" "$root/var/lib/dpkg/status.d"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
install -m 755 --strip "$program" "$root/usr/bin/zoom-proxy"
install -m 644 "$here/../../LICENSE" "$root/usr/share/doc/zoom-proxy/copyright"

# With their path behind the links of a merged /usr, which dpkg may know under either name.
mapfile -t libraries < <(ldd "$program" | grep -o '/[^ ]*' | sort -u)
packages=(ca-certificates tzdata)
for library in "${libraries[@]}"; do
  install -D -m 755 "$library" "$root/usr/${library#/usr}"
  # It complains of the names that it does not know.
  owner=$({ dpkg-query --search "/usr${library#/usr}" "${library#/usr}" 2>/dev/null || true; } |
    head -n 1)
  [ -n "$owner" ] || { echo "No package has $library" >&2; exit 1; }
  packages+=("${owner%%:*}")
done
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)

# One file, where OpenSSL looks for it.
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
cp -a /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root"/usr/share/zoneinfo/{posix,right}

for package in "${packages[@]}"; do
  install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
done
python3 "$here/sbom.py" "$root/usr/bin/zoom-proxy" "${packages[@]}" \
  >"$root/usr/share/doc/zoom-proxy/sbom.spdx.json"

echo 'nonroot:x:65532:65532:nonroot:/nonexistent:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
