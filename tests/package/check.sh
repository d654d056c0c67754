#!/usr/bin/env bash
# Installs banoff and builds against it from outside: static and shared, with find_package and with pkg-config; then
# builds it as a subdirectory of another project. Usage: check.sh WORK_DIR [CMAKE_OPTION…]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
shift
options=(--log-level=WARNING "$@")

# The dev preset's flags, so that a compiler cache serves all of these builds.
configure_banoff() { (cd "$root" && cmake --preset dev "${options[@]}" "$@"); }
configure_user() { cmake -G Ninja -DCMAKE_BUILD_TYPE=Debug --log-level=WARNING "$@"; }
build_and_run() { cmake --build "$1" && ctest --test-dir "$1" --output-on-failure --no-tests=error; }

check_installed() { # static|shared ON|OFF
  local build=$work/$1 prefix=$work/$1-prefix moved=$work/$1-moved pc flags
  configure_banoff -B "$build" -DBUILD_SHARED_LIBS="$2" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DBANOFF_TESTS=OFF
  cmake --build "$build"
  rm -rf "$prefix" "$moved"
  cmake --install "$build" >/dev/null
  mv "$prefix" "$moved" # the installed tree must not remember where it was built or installed
  configure_user -S "$here/installed" -B "$build-consumer" -DCMAKE_PREFIX_PATH="$moved"
  build_and_run "$build-consumer"

  pc=$(dirname "$(find "$moved" -name banoff.pc)")
  flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs "--$1" banoff)
  # shellcheck disable=SC2086 # the flags are words
  c++ -std=c++20 "$here/consumer.cpp" $flags -Wl,-rpath,"$(dirname "$pc")" -o "$work/$1-pkg-config"
  "$work/$1-pkg-config" "$root/configs/demo/classifier.yaml"
}

check_installed static OFF
check_installed shared ON
configure_user -S "$here/subdirectory" -B "$work/subdirectory" "${options[@]}"
build_and_run "$work/subdirectory"
