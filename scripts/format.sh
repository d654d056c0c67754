#!/usr/bin/env bash
# Formats every C++ file as .clang-format says. With --check only tells which files differ.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
mode=(-i)
[[ ${1-} == --check ]] && mode=(--dry-run -Werror)
git ls-files -z '*.cpp' '*.hpp' '*.h' '*.c' '*.cu' '*.cuh' | xargs -0 clang-format "${mode[@]}"
