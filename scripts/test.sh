#!/usr/bin/env bash
# Installs what banoff needs (Debian, only what is missing), builds it and runs its tests.
# Usage: scripts/test.sh [PRESET] [CMAKE_OPTION…]; the preset is `dev` unless given.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
preset=dev
if (($#)) && [[ $1 != -* ]]; then
  preset=$1
  shift
fi

packages=("${packages_build[@]}" "${packages_test[@]}")
[[ $preset =~ ^(clang|asan|tsan)$ ]] && packages+=(clang libomp-dev)
install_packages "${packages[@]}"

cd "$root"
say "configuring and building ($preset)"
cmake --preset "$preset" --log-level=WARNING "$@"
cmake --build --preset "$preset" -j "$jobs"

say "testing ($preset)"
status=0
ctest --preset "$preset" || status=$?
read -r passed failed skipped < <(awk -f scripts/lib/count_tests.awk "build/$preset/Testing/Temporary/LastTest.log")
if ((skipped)); then
  grep -h '^SKIPPED:' "build/$preset/Testing/Temporary/LastTest.log" | sort -u || true
fi
printf '%s: %d cases passed, %d failed, %d skipped\n' "$preset" "$passed" "$failed" "$skipped"
exit "$status"
