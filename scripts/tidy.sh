#!/usr/bin/env bash
# Runs clang-tidy on banoff's own sources, by the compile commands of the dev preset. A file that was found clean is
# checked again only when it, a header of ours that it includes, or the checks change.
# Usage: scripts/tidy.sh [FILE…]. TIDY_SECONDS limits the time: files not reached by then are named, exit code 77.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/banoff-tidy

# key_of FILE: names the state of everything that decides what clang-tidy says about the file.
key_of() {
  local headers
  headers=$(clang++ -std=c++20 -I. -Iruntime/include -MM -MG "$1" | sed 's/^[^:]*: //; s/\\$//')
  # shellcheck disable=SC2086 # the headers are words; those that are not ours are not found
  { clang-tidy --version; clang-tidy -p build/tidy --dump-config "$1"; cat $headers 2>/dev/null || true; } |
    sha256sum | cut -c1-40
}

check_one() { # FILE DEADLINE LEFT
  local key
  key=$(key_of "$1")
  [[ -e $cache/$key ]] && return 0
  if (($(date +%s) >= $2)); then
    echo "$1" >>"$3"
    return 0
  fi
  clang-tidy -p build/tidy --quiet "$1" 2> >(grep -v 'warnings\? generated' >&2) || return 1
  touch "$cache/$key"
}

if [[ ${1-} == --one ]]; then
  check_one "${@:2}"
  exit
fi

# Clang cannot read the headers that GCC precompiled.
cmake --preset dev -B build/tidy --log-level=WARNING -DBANOFF_WERROR=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
mkdir -p "$cache"
find "$cache" -type f -mtime +30 -delete
left=$(mktemp)
trap 'rm -f "$left"' EXIT
deadline=$(($(date +%s) + ${TIDY_SECONDS:-86400}))
if (($#)); then printf '%s\0' "$@"; else git ls-files -z '*.cpp' ':!tests/package'; fi |
  xargs -0 -P "$jobs" -I{} "${BASH_SOURCE[0]}" --one {} "$deadline" "$left"
if [[ -s $left ]]; then
  echo "SKIPPED: clang-tidy ran out of time before $(wc -l <"$left") files: $(paste -sd' ' "$left")"
  exit 77
fi
