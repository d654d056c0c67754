#!/usr/bin/env bash
# The own kernels on NEON against the float64 reference: cross compiled, and run under QEMU. Exits with 77, for skipped,
# where Debian's libraries for arm64 are not to be had.
# Usage: scripts/check_neon.sh [--all]; with it all of banoff is built, the cpu device passes the table of op cases, and
# sessions run networks.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
case ${1:-} in
  '' | --all) ;;
  *) die "usage: scripts/check_neon.sh [--all]" ;;
esac
build=$root/build/aarch64
prefix=$build/prefix

missing=()
for package in "${packages_neon[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
((${#missing[@]} == 0)) || die "packages are missing: apt-get install ${missing[*]}"

# Unpacks the arm64 packages of what banoff needs, and of what that needs, into the prefix: apt is told of a machine that
# has nothing, whose state lies in the build folder.
fetch_libraries() {
  local package wanted=() state=$build/apt
  for package in "${packages_build[@]}" "${packages_test[@]}"; do
    case $package in
      libonnx-dev | libprotobuf-dev | libbenchmark-dev) ;; # of parts that are left out
      *-dev) wanted+=("$package") ;;
    esac
  done
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  : >"$state/status"
  local apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User= -o Dir::State="$state"
    -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state"
    -o Dir::Cache::archives="$state/archives")
  say "fetching arm64 libraries"
  "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends --download-only "${wanted[@]}" || return
  for package in "$state"/archives/*.deb; do dpkg-deb --extract "$package" "$prefix.part" || return; done
  mv "$prefix.part" "$prefix"
  rm -rf "$state"
}
if [[ ! -e $prefix ]] && ! fetch_libraries; then
  echo "SKIPPED: libraries for arm64 are not to be had here"
  exit 77
fi

cd "$root"
cmake --preset dev -B "$build" --log-level=WARNING -DBANOFF_WERROR=ON -DBANOFF_ONNX=OFF -DBANOFF_CLI=OFF -DBANOFF_INSTALL=OFF \
  -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/aarch64-linux-gnu.cmake" -DBANOFF_AARCH64_PREFIX="$prefix"
cmake --build "$build" -j "$jobs" --target test_own_kernels
ctest --test-dir "$build" --output-on-failure --no-tests=error -R '^own_kernels$'
if [[ ${1:-} == --all ]]; then
  cmake --build "$build" -j "$jobs" --target test_onednn test_session
  export OMP_WAIT_POLICY=passive
  emulated=(qemu-aarch64-static -cpu cortex-a72 -L "$prefix")
  # The other cases of this program are about what oneDNN has on x86.
  "${emulated[@]}" "$build/tests/onednn/test_onednn" -tc='the CPU device passes the table*,the CPU device keeps a NaN*'
  "${emulated[@]}" "$build/tests/session/test_session" --source-file-exclude='*test_zoo*'
fi
