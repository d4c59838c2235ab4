#!/usr/bin/env bash
# Proves that rules/ needs neither Boost.Asio nor Boost.Beast: compiles each of its sources, syntax
# only, against an include path in which the two do not exist.
#   without_asio.sh COMPILER PROJECT_DIR WORK_DIR
set -euo pipefail
compiler=$1 project=$2 work=$3

# A copy, by symbolic links, of /usr/include without the two libraries.
rm -rf "$work"
mkdir -p "$work/include/boost"
find /usr/include -mindepth 1 -maxdepth 1 ! -name boost -exec ln -s -t "$work/include" {} +
find /usr/include/boost -mindepth 1 -maxdepth 1 \
  ! -name asio ! -name asio.hpp ! -name beast ! -name beast.hpp \
  -exec ln -s -t "$work/include/boost" {} +

# The compiler's own include path, with the copy in place of /usr/include.
flags=(-std=c++20 -fsyntax-only -nostdinc -I "$project")
while read -r directory; do
  if [ "$directory" = /usr/include ]; then directory=$work/include; fi
  flags+=(-isystem "$directory")
done < <("$compiler" -E -v -x c++ /dev/null 2>&1 |
  sed -n '/^#include <...> search starts here/,/^End of search list/s/^ //p' |
  xargs --no-run-if-empty realpath --canonicalize-missing)

# The check itself is checked: it lets JSON in and keeps Asio and Beast out.
try() { echo "#include <boost/$1>" | "$compiler" "${flags[@]}" -x c++ - 2>"$work/errors"; }
try json.hpp || { cat "$work/errors"; echo "boost/json.hpp does not compile here" >&2; exit 1; }
for library in asio beast; do
  if try "$library.hpp"; then echo "boost/$library.hpp is still in the path" >&2; exit 1; fi
done

mapfile -t sources < <(find "$project/rules" -name '*.cpp' | sort)
[ ${#sources[@]} -gt 0 ] || { echo "No sources in $project/rules" >&2; exit 1; }
printf '%s\0' "${sources[@]}" |
  xargs --null --max-args=1 --max-procs="$(nproc)" "$compiler" "${flags[@]}"
echo "${#sources[@]} sources of rules/ compile without Boost.Asio and Boost.Beast."
