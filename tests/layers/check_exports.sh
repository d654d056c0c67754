#!/usr/bin/env bash
# What the command calls of the library must be exported by it: linked statically, as here, that goes unnoticed.
# Usage: check_exports.sh NM READELF LIBRARY USER…    (the library and its users, as archives or objects)
set -euo pipefail
nm=$1 readelf=$2 library=$3
shift 3
inner=$("$readelf" --wide --symbols "$library" | awk '$6 == "HIDDEN" && $7 != "UND" { print $8 }' | sort -u)
called=$("$nm" --format=posix --undefined-only "$@" | awk '$2 == "U" { print $1 }' | sort -u)
if [[ -z $inner || -z $called ]]; then
  echo "found no inner symbols in $library, or none that are called in $*"
  exit 1
fi
wrong=$(comm -12 <(echo "$inner") <(echo "$called"))
if [[ -n $wrong ]]; then
  echo "called from outside the library, which does not export it (BANOFF_API):"
  c++filt <<<"$wrong"
  exit 1
fi
echo "$(wc -l <<<"$called") symbols called, none of $(wc -l <<<"$inner") inner ones"
