#!/usr/bin/env bash
# Installs banoff and builds against it from outside: static and shared, with find_package and with pkg-config; then
# builds it as a subdirectory of another project. Everything goes into WORK-static, WORK-shared and so on.
# Usage: check.sh WORK [CMAKE_OPTION…]
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
here=$root/tests/package
mkdir -p "$(dirname "$1")"
work=$(realpath "$1")
shift
options=(--log-level=WARNING "$@")

# The dev preset's flags, and folders as deep as its own, so that what a compiler cache has of it serves here too.
configure_banoff() { (cd "$root" && cmake --preset dev "${options[@]}" "$@"); }
configure_user() { cmake -G Ninja -DCMAKE_BUILD_TYPE=Debug --log-level=WARNING "$@"; }
build_and_run() { cmake --build "$1" -j "$jobs" && ctest --test-dir "$1" --output-on-failure --no-tests=error; }

check_installed() { # static|shared ON|OFF
  local build=$work-$1 prefix=$work-$1-prefix moved=$work-$1-moved pc flags
  configure_banoff -B "$build" -DBUILD_SHARED_LIBS="$2" -DCMAKE_INSTALL_PREFIX="$prefix" -DBANOFF_TESTS=OFF
  cmake --build "$build" -j "$jobs"
  rm -rf "$prefix" "$moved"
  cmake --install "$build" >/dev/null
  mv "$prefix" "$moved" # the installed tree must not remember where it was built or installed
  configure_user -S "$here/installed" -B "$build-consumer" -DCMAKE_PREFIX_PATH="$moved"
  build_and_run "$build-consumer"

  pc=$(dirname "$(find "$moved" -name banoff.pc)")
  flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs "--$1" banoff)
  # shellcheck disable=SC2086 # the flags are words
  c++ -std=c++20 "$here/consumer.cpp" $flags -Wl,-rpath,"$(dirname "$pc")" -o "$work-$1-pkg-config"
  "$work-$1-pkg-config" "$root/configs/demo/classifier.yaml"
}

check_installed static OFF
check_installed shared ON
flags=$(sed -n 's/^CMAKE_CXX_FLAGS_DEBUG:[^=]*=//p' "$work-static/CMakeCache.txt")
configure_user -S "$here/subdirectory" -B "$work-subdirectory" -DCMAKE_CXX_FLAGS_DEBUG="$flags" "${options[@]}"
build_and_run "$work-subdirectory"
